import type { PocketBase } from '../../src/index.ts'

import { open } from './rules.ts'

const created = { name: 'created', type: 'autodate', onCreate: true }
const updated = { name: 'updated', type: 'autodate', onCreate: true, onUpdate: true }
const text = (name: string): object => ({ name, type: 'text' })

/** Makes the collections of `blog.ts` on a new server. `users` is there already. */
export async function createBlog(admin: PocketBase, version: string): Promise<void> {
  const { collections } = admin
  const base = async (name: string, fields: object[], more: object = {}): Promise<string> => {
    const made = await collections.create({ name, type: 'base', ...open, ...more, fields })
    return made.id
  }
  const one = (name: string, collectionId: string): object => ({
    name,
    type: 'relation',
    collectionId,
    maxSelect: 1,
  })
  const many = (name: string, collectionId: string): object => ({
    ...one(name, collectionId),
    maxSelect: 9,
  })

  const { id: users } = await collections.update('users', { ...open, viewRule: 'name != "cat"' })
  const tags = await base('tags', [{ ...text('name'), required: true }])
  const notes = await base('notes', [text('text'), { name: 'isOpen', type: 'bool' }], {
    viewRule: 'isOpen = true',
  })
  const secrets = await base('secrets', [text('word')], { viewRule: null })
  await base('profiles', [text('bio'), one('user', users)], {
    indexes: ['CREATE UNIQUE INDEX idx_profile_of ON profiles (user)'],
  })
  const postFields = [
    { ...text('title'), required: true },
    { name: 'body', type: 'editor' },
    { name: 'status', type: 'select', values: ['draft', 'live'], maxSelect: 1 },
    { name: 'labels', type: 'select', values: ['news', 'it\'s "big"'], maxSelect: 2 },
    { name: 'views', type: 'number' },
    { name: 'featured', type: 'bool' },
    { name: 'meta', type: 'json' },
    { name: 'cover', type: 'file', maxSelect: 1 },
    { name: 'attachments', type: 'file', maxSelect: 9 },
    // Places are there since 0.27. Before, their JSON is the next best.
    { name: 'place', type: version.startsWith('0.23') ? 'json' : 'geoPoint' },
    { name: 'website', type: 'url' },
    { name: 'contact', type: 'email' },
    { name: 'publishedAt', type: 'date' },
    { ...one('author', users), required: true },
    many('tags', tags),
    many('notes', notes),
    one('secret', secrets),
    created,
    updated,
  ]
  const posts = await base('posts', postFields, { viewRule: 'views >= 0' })
  const { fields } = await collections.getOne(posts)
  await collections.update(posts, { fields: [...fields, one('parent', posts)] })
  await base('comments', [
    { ...text('message'), required: true },
    { ...one('post', posts), required: true },
    one('user', users),
    created,
  ])
  await collections.create({
    name: 'post_stats',
    type: 'view',
    listRule: '',
    viewRule: 'comments > 0',
    viewQuery: `SELECT p.id, p.author, p.id AS post, COUNT(c.id) AS comments, MAX(c.created) AS last
      FROM posts p LEFT JOIN comments c ON c.post = p.id GROUP BY p.id`,
  })
}

/** Where relations lead, back-relations included, by collection. */
export const relations: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  comments: { post: 'posts', user: 'users' },
  notes: { posts_via_notes: 'posts' },
  post_stats: { author: 'users', post: 'posts' },
  posts: {
    author: 'users',
    tags: 'tags',
    parent: 'posts',
    notes: 'notes',
    secret: 'secrets',
    comments_via_post: 'comments',
    post_stats_via_post: 'post_stats',
    posts_via_parent: 'posts',
  },
  profiles: { user: 'users' },
  secrets: { posts_via_secret: 'posts' },
  tags: { posts_via_tags: 'posts' },
  users: {
    comments_via_user: 'comments',
    post_stats_via_author: 'post_stats',
    posts_via_author: 'posts',
    profiles_via_user: 'profiles',
  },
}

/**
 * A few records of each collection, so that guests find every relation empty, or what it leads to hidden, in some record, and not
 * in another.
 *
 * @returns a user to sign in with.
 */
export async function fillBlog(admin: PocketBase): Promise<{ email: string; password: string }> {
  const make = async (collection: string, body: object): Promise<string> => {
    const { id } = await admin.collection(collection).create(body)
    return id
  }
  const password = 'correct horse'
  const user = async (name: string, emailVisibility: boolean): Promise<string> =>
    make('users', {
      name,
      email: `${name}@example.com`,
      emailVisibility,
      password,
      passwordConfirm: password,
    })
  const [ann, bob] = [await user('ann', true), await user('bob', false)]
  const cat = await user('cat', false)
  await user('dan', false)
  await make('profiles', { bio: 'Writes', user: ann })
  await make('profiles', { bio: 'Nobody' })
  const [red, green] = [await make('tags', { name: 'red' }), await make('tags', { name: 'green' })]
  await make('tags', { name: 'unused' })
  const openNote = await make('notes', { text: 'open', isOpen: true })
  const closedNote = await make('notes', { text: 'closed' })
  await make('notes', { text: 'unused', isOpen: true })
  const secret = await make('secrets', { word: 'sesame' })
  await make('secrets', { word: 'unused' })
  const place = { lon: 23.32, lat: 42.69 }
  const first = await make('posts', {
    title: 'First <b>post</b>',
    status: 'live',
    labels: ['news', 'it\'s "big"'],
    views: 1.5,
    featured: true,
    meta: { seo: 'x', links: [{ url: 'https://example.com', at: 1 }] },
    cover: new Blob(['cover']),
    attachments: [new Blob(['a']), new Blob(['b'])],
    place,
    website: 'https://example.com',
    contact: 'a@example.com',
    publishedAt: new Date(),
    author: ann,
    tags: [red, green],
    notes: [openNote, closedNote],
    secret,
  })
  const second = await make('posts', {
    title: 'Second',
    place,
    author: bob,
    parent: first,
    tags: [red],
    notes: [closedNote],
  })
  await make('posts', { title: 'Third', place, author: ann, parent: second, secret })
  await make('comments', { message: 'Hello <i>there</i>', post: first, user: bob })
  await make('comments', { message: 'Anonymous', post: first })
  await make('comments', { message: 'Again', post: second, user: ann })
  // Guests and users may view neither this post nor its author.
  const hidden = await make('posts', { title: 'Hidden', views: -1, place, author: cat })
  await make('comments', { message: 'Why?', post: hidden, user: cat })
  return { email: 'bob@example.com', password }
}
