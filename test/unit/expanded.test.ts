import { expect, test } from 'vitest'

import { expanded } from '../../src/index.ts'

const ann = { id: 'u1', collectionName: 'users', name: 'Ann' }
const bob = { id: 'u2', collectionName: 'users', name: 'Bob' }
const comment = (id: string, user?: object) => ({
  id,
  collectionName: 'comments',
  user: 'u1',
  ...(user && { expand: { user } }),
})

test('expanded() finds a record, and a list', () => {
  const post = { id: 'p1', expand: { author: ann, comments: [comment('c1')] } }
  expect(expanded(post, 'author')).toBe(ann)
  expect(expanded(post, 'comments')).toEqual([comment('c1')])
})

test('expanded() follows a path through single records', () => {
  const post = { id: 'p1', expand: { author: { ...ann, expand: { boss: bob } } } }
  expect(expanded(post, 'author.boss')).toBe(bob)
})

test('expanded() makes one flat list of a path through many, in their order', () => {
  const comments = [comment('c1', bob), comment('c2', ann), comment('c3', bob)]
  expect(expanded({ id: 'p1', expand: { comments } }, 'comments.user')).toEqual([bob, ann, bob])
  const tags = [{ posts: 1, expand: { posts: [ann, bob] } }, { expand: { posts: [ann] } }]
  expect(expanded({ expand: { tags } }, 'tags.posts')).toEqual([ann, bob, ann])
})

test('expanded() is a list of one where a path through many ends in one', () => {
  expect(expanded({ expand: { comments: [comment('c1', bob)] } }, 'comments.user')).toEqual([bob])
})

test('expanded() is [] for a relation to many that is empty by its own field', () => {
  const post: { tags: string[]; expand?: { tags?: { expand?: { posts?: object[] } }[] } } = {
    tags: [],
    expand: {},
  }
  expect(expanded(post, 'tags')).toEqual([])
  expect(expanded(post, 'tags.posts')).toEqual([])
})

interface Post {
  id: string
  collectionName: string
  author: string | string[]
  expand?: { author?: object }
}

const left: [string, Post][] = [
  ['an empty relation', { id: 'p1', collectionName: 'posts', author: '', expand: {} }],
  ['a hidden one', { id: 'p1', collectionName: 'posts', author: 'u1', expand: {} }],
  ['one that was not asked for', { id: 'p1', collectionName: 'posts', author: 'u1' }],
  ['many that are hidden', { id: 'p1', collectionName: 'posts', author: ['u1'], expand: {} }],
]

test.each(left)('expanded() names the record and the relation of %s', (_, post) => {
  expect(() => expanded(post, 'author')).toThrow(TypeError)
  expect(() => expanded(post, 'author')).toThrow('The record posts/p1 has no expand.author: ')
})

test('expanded() names the record on the way', () => {
  const comments = [comment('c1', bob), comment('c2')]
  const read = () => expanded({ expand: { comments } }, 'comments.user')
  expect(read).toThrow('The record comments/c2 has no expand.user: ')
})

test('expanded() names no record that has no id', () => {
  const post: { expand?: { author: object } } = {}
  expect(() => expanded(post, 'author')).toThrow('The record has no expand.author: ')
})
