import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { codeFolder } from '../support/compilers.ts'
import { openNewer, openOlder } from '../support/language-servers.ts'
import type { Editor } from '../support/language-servers.ts'

const header = `
import PocketBase, { expanded } from 'pocketbase-typescript'
import type { Schema } from '../../test/support/blog.ts'
const pb = new PocketBase<Schema>('/')
const posts = pb.collection('posts')
`.trimStart()

const relations = [
  'author',
  'comments_via_post',
  'notes',
  'parent',
  'post_stats_via_post',
  'posts_via_parent',
  'secret',
  'tags',
]

/** Where the cursor `|` is, and what is offered: all of it, unless it says `some`. */
const cases: readonly { code: string; offers: readonly string[]; some?: boolean }[] = [
  {
    code: `pb.collection('|')`,
    offers: [
      '_superusers',
      'comments',
      'notes',
      'post_stats',
      'posts',
      'profiles',
      'secrets',
      'tags',
      'users',
    ],
  },
  { code: `posts.getOne('1', { expand: '|' })`, offers: ['', ...relations] },
  {
    code: `posts.getOne('1', { expand: 'author.|' })`,
    offers: [
      'author.comments_via_user',
      'author.post_stats_via_author',
      'author.posts_via_author',
      'author.profiles_via_user',
    ],
  },
  {
    code: `posts.getOne('1', { expand: 'author,comments_via_post.|' })`,
    offers: ['author,comments_via_post.post', 'author,comments_via_post.user'],
  },
  {
    code: `posts.getOne('1', { expand: 'author,|' })`,
    offers: relations.map((name) => `author,${name}`),
  },
  {
    code: `posts.getOne('1', { expand: ['author', 'comments_via_post.|'] })`,
    offers: ['author', 'comments_via_post.post', 'comments_via_post.user'],
  },
  { code: `posts.getFullList({ expand: '|' })`, offers: ['', ...relations] },
  { code: `posts.getFullList({ sort: '-cr|' })`, offers: ['-created'], some: true },
  {
    code: `posts.getOne('1', { fields: 'id,expand.comments_via_post.|' })`,
    offers: [
      'collectionId',
      'collectionName',
      'id',
      'message',
      'post',
      'user',
      'created',
      '*',
      'expand',
    ].map((name) => `id,expand.comments_via_post.${name}`),
  },
  { code: `posts.getList(1, 1, { sort: '|' })`, offers: ['title', 'created'], some: true },
  { code: `posts.getList(1, 1, { sort: 'title,-|' })`, offers: ['title,-created'], some: true },
  {
    code: `posts.getList(1, 1, { sort: '-comments_via_post.|' })`,
    offers: ['collectionId', 'collectionName', 'id', 'message', 'post', 'user', 'created'].map(
      (name) => `-comments_via_post.${name}`,
    ),
  },
  { code: `posts.getOne('1', { ex| })`, offers: ['expand'], some: true },
  { code: `posts.create({ title: 'x', author: 'y', | })`, offers: ['status', 'cover'], some: true },
  { code: `posts.update('1', { '|' })`, offers: ['tags+', '+tags', 'tags-'], some: true },
  {
    code: `expanded(await posts.getOne('1', { expand: 'author,comments_via_post.user' }), '|')`,
    offers: ['author', 'comments_via_post', 'comments_via_post.user'],
  },
]

const hovers: readonly (readonly [code: string, shows: string])[] = [
  [`const |post = await posts.getOne('1')`, 'const post: PostsRecord'],
  [
    `const |post = await posts.getOne('1', { expand: 'author,comments_via_post.user' })`,
    'const post: Expanded<Schema, "posts", "author" | "comments_via_post.user">',
  ],
  [
    `const |expand = (await posts.getOne('1', { expand: 'author,comments_via_post.user' })).expand`,
    `const expand: {
    author?: UsersRecord;
    comments_via_post?: Expanded<Schema, "comments", "user">[];
} | undefined`,
  ],
  [
    `const |post = await posts.getOne('1', { fields: 'id,title' })`,
    'const post: Pick<PostsRecord, "id" | "title">',
  ],
  [`const |post = await posts.getOne<{ mine: 1 }>('1')`, 'const post: {\n    mine: 1;\n}'],
  [`const |record = pb.authStore.record`, 'const record: UsersRecord | null'],
  [`const |service = posts`, 'const service: TypedRecordService<Schema, "posts">'],
]

describe.each([
  ['5.9', openOlder],
  ['7', openNewer],
] as const)('an editor with TypeScript %s', (_, open) => {
  let code: ReturnType<typeof codeFolder>
  let editor: Editor
  beforeAll(async () => {
    code = codeFolder({ 'main.ts': header })
    editor = await open(code.folder, header)
  })
  afterAll(() => {
    editor.close()
    code[Symbol.dispose]()
  })

  test.each(cases)('offers what can follow in $code', async ({ code: at, offers, some }) => {
    const offered = await editor.completions(at)
    if (some) expect(offered).toEqual(expect.arrayContaining([...offers]))
    else expect(offered.toSorted()).toEqual(offers.toSorted())
  })

  test.each(hovers)('shows for %s what a person can read', async (at, shows) => {
    const text = await editor.hover(at)
    expect(text.replaceAll('\t', '    ')).toContain(shows)
  })
})
