import { describe, expect, test } from 'vitest'

import { ClientResponseError } from '../../src/index.ts'
import type { PocketBase } from '../../src/index.ts'
import { json, observed } from '../support/observed.ts'

/** Calls whose path holds a value, and what stands before and after it. */
const calls: {
  [name: string]: [
    before: string,
    after: string,
    (pb: PocketBase, value: string) => Promise<unknown>,
  ]
} = {
  'getOne by id': [
    '/api/collections/posts/records/',
    '',
    (pb, id) => pb.collection('posts').getOne(id),
  ],
  'update by id': [
    '/api/collections/posts/records/',
    '',
    (pb, id) => pb.collection('posts').update(id, {}),
  ],
  'delete by id': [
    '/api/collections/posts/records/',
    '',
    (pb, id) => pb.collection('posts').delete(id),
  ],
  'getList of a collection': [
    '/api/collections/',
    '/records',
    (pb, name) => pb.collection(name).getList(),
  ],
  'create in a collection': [
    '/api/collections/',
    '/records',
    (pb, name) => pb.collection(name).create({}),
  ],
  'authWithPassword of a collection': [
    '/api/collections/',
    '/auth-with-password',
    (pb, name) => pb.collection(name).authWithPassword('a', 'b'),
  ],
  'a collection by name': ['/api/collections/', '', (pb, name) => pb.collections.getOne(name)],
  'delete of a collection': ['/api/collections/', '', (pb, name) => pb.collections.delete(name)],
}

/** The path that a call with this value asks for, as a server would see it. */
async function pathFor(name: string, value: string): Promise<string> {
  const { client, requests } = observed(() => json({ id: 'a', items: [], token: 't' }))
  await calls[name]![2](client, value)
  expect(requests).toHaveLength(1)
  return new URL(requests[0]!.url).pathname
}

const odd = [
  'a/b',
  '../a',
  'a/../b',
  '%2e%2e',
  '%2F',
  'a?b=c',
  'a#b',
  'ä ö',
  '日本',
  'a+b',
  'a;b',
  '...',
]

describe.each(Object.keys(calls))('%s', (name) => {
  const [before, after, call] = calls[name]!

  test.each(odd)('keeps %j in its place', async (value) => {
    const path = await pathFor(name, value)
    expect(path).toBe(before + encodeURIComponent(value) + after)
    // What the server decodes is the value, in one segment.
    const segment = path.slice(before.length, path.length - after.length)
    expect(segment).not.toContain('/')
    expect(decodeURIComponent(segment)).toBe(value)
  })

  test.each(['.', '..', '\ud800'])('refuses %j, and nothing is sent', async (value) => {
    const { client, requests } = observed(() => json({}))
    const work = async (): Promise<unknown> => call(client, value)
    await expect(work()).rejects.toThrow(TypeError)
    await expect(work()).rejects.not.toBeInstanceOf(ClientResponseError)
    expect(requests).toEqual([])
  })
})

test('a refusal says which path and which value', async () => {
  const { client } = observed(() => json({}))
  await expect(client.collection('posts').delete('..')).rejects.toThrow(/"\.\."/)
  await expect(client.collection('..').getList()).rejects.toThrow(/\/api\/collections\/.*"\.\."/)
})

describe('an empty value', () => {
  test('is refused where it would make another path', async () => {
    const { client, requests } = observed(() => json({}))
    const posts = client.collection('posts')
    await expect(posts.update('', {})).rejects.toThrow(TypeError)
    await expect(posts.delete('')).rejects.toThrow(TypeError)
    await expect(client.collection('').getList()).rejects.toThrow(TypeError)
    await expect(client.collection('').authRefresh()).rejects.toThrow(TypeError)
    await expect(client.collections.delete('')).rejects.toThrow(TypeError)
    expect(requests).toEqual([])
  })

  test('is what JavaScript callers pass by undefined, null and NaN', async () => {
    const { client, requests } = observed(() => json({}))
    const posts = client.collection('posts')
    for (const nothing of [undefined, null]) {
      await expect(posts.delete(nothing as unknown as string)).rejects.toThrow(TypeError)
    }
    expect(requests).toEqual([])
  })

  test('gives a 404 to getOne, as in the official client, and asks no server', async () => {
    const { client, requests } = observed(() => json({}))
    const error: unknown = await client
      .collection('posts')
      .getOne('')
      .catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ClientResponseError)
    expect(error).toMatchObject({
      status: 404,
      isAbort: false,
      url: 'http://pb.test/api/collections/posts/records/',
      response: { status: 404, data: {} },
    })
    expect(requests).toEqual([])
  })
})

describe('a path given to send', () => {
  test('is taken as it is, with or without a slash before it', async () => {
    const { client, requests } = observed(() => json({}))
    await client.send('/api/a%2Fb?x=1', {})
    await client.send('api/c', {})
    expect(requests.map(({ url }) => url)).toEqual([
      'http://pb.test/api/a%2Fb?x=1',
      'http://pb.test/api/c',
    ])
  })

  test('goes below the base URL, with the path of a proxy and with or without a slash', async () => {
    const { client, requests } = observed(() => json({}))
    for (const baseURL of ['http://pb.test/sub', 'http://pb.test/sub/']) {
      client.baseURL = baseURL
      await client.send('/api/x', { query: { a: 1 } })
    }
    expect(requests.map(({ url }) => url)).toEqual([
      'http://pb.test/sub/api/x?a=1',
      'http://pb.test/sub/api/x?a=1',
    ])
  })
})

describe('the URL of a file', () => {
  const record = { id: 'r1', collectionId: 'c1', collectionName: 'posts' }

  test('holds collection, record and name, each in its place', () => {
    const { client } = observed(() => json({}))
    const { files } = client
    expect(files.getURL(record, 'a.png')).toBe('http://pb.test/api/files/c1/r1/a.png')
    expect(files.getURL({ ...record, id: 'a/b' }, '../x y.png')).toBe(
      'http://pb.test/api/files/c1/a%2Fb/..%2Fx%20y.png',
    )
    expect(files.getURL({ id: 'r1', collectionName: 'posts' }, 'a.png')).toBe(
      'http://pb.test/api/files/posts/r1/a.png',
    )
  })

  test('is empty where something is missing', () => {
    const { client } = observed(() => json({}))
    expect(client.files.getURL(record, '')).toBe('')
    expect(client.files.getURL({}, 'a.png')).toBe('')
    expect(client.files.getURL({ id: 'r1' }, 'a.png')).toBe('')
    expect(client.files.getURL({ collectionId: 'c1' }, 'a.png')).toBe('')
  })

  test('is refused for names that would climb', () => {
    const { client } = observed(() => json({}))
    expect(() => client.files.getURL(record, '..')).toThrow(TypeError)
    expect(() => client.files.getURL({ ...record, id: '.' }, 'a.png')).toThrow(TypeError)
  })
})
