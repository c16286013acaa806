import { describe, expect, test } from 'vitest'

import {
  ClientResponseError,
  normalizeUnknownQueryParams,
  serializeQueryParams,
} from '../../src/index.ts'
import type { SendOptions } from '../../src/index.ts'
import { json, observed } from '../support/observed.ts'

/** What stands behind the question mark of the URL that is asked for. */
async function queryOf(options: SendOptions, path = '/api/x'): Promise<string> {
  const { client, requests } = observed(() => json({}))
  await client.send(path, options)
  expect(requests).toHaveLength(1)
  return requests[0]!.url.replace(/^[^?]*\??/, '')
}

describe('a query', () => {
  test('is the option query, encoded', async () => {
    const query = { filter: 'a = "ä & b"', page: 1, skipTotal: true, 'a b': '+' }
    expect(await queryOf({ query })).toBe(
      'filter=a%20%3D%20%22%C3%A4%20%26%20b%22&page=1&skipTotal=true&a%20b=%2B',
    )
  })

  test('leaves out null and undefined, and keeps what is empty, zero or false', async () => {
    const query = { a: null, b: undefined, c: '', d: 0, e: false, f: [null, undefined], g: [] }
    expect(await queryOf({ query })).toBe('c=&d=0&e=false')
  })

  test('repeats the key of a list', async () => {
    expect(await queryOf({ query: { a: [1, 'b', null, true] } })).toBe('a=1&a=b&a=true')
  })

  test('holds a Date as the server compares it', async () => {
    const query = { since: new Date('2026-01-31T10:00:00.5Z') }
    expect(await queryOf({ query })).toBe('since=2026-01-31%2010%3A00%3A00.500Z')
  })

  test('holds an object as JSON', async () => {
    const query = { a: { b: [1] }, list: [{ c: 2 }] }
    expect(await queryOf({ query })).toBe('a=%7B%22b%22%3A%5B1%5D%7D&list=%7B%22c%22%3A2%7D')
  })

  test('joins lists of sort, expand and fields with commas, as the server reads them', async () => {
    const options = {
      sort: ['-created', 'id'],
      expand: ['a', 'b.c'],
      query: { fields: ['id', 't'] },
    }
    const read = new URLSearchParams(await queryOf(options))
    expect(Object.fromEntries(read)).toEqual({
      sort: '-created,id',
      expand: 'a,b.c',
      fields: 'id,t',
    })
  })

  test('follows the one that the path has', async () => {
    expect(await queryOf({ query: { b: 2 } }, '/api/x?a=1')).toBe('a=1&b=2')
    expect(await queryOf({}, '/api/x?a=1')).toBe('a=1')
  })

  test('that is empty adds no question mark', async () => {
    const { client, requests } = observed(() => json({}))
    await client.send('/api/x', { query: {} })
    await client.send('/api/x', { query: { a: null } })
    expect(requests.map(({ url }) => url)).toEqual(['http://pb.test/api/x', 'http://pb.test/api/x'])
  })

  test.each([
    ['half a character', { a: '\ud800' }, '"a"'],
    ['half a character in a key', { '\udc00': 1 }, 'query parameter'],
    ['half a character in a list', { list: ['x', '\ud83d'] }, '"list"'],
    ['an invalid Date', { at: new Date(Number.NaN) }, '"at"'],
  ])('of %s is refused at once, and nothing is sent', async (_, query, name) => {
    const { client, requests } = observed(() => json({}))
    const call = client.send('/api/x', { query })
    await expect(call).rejects.toThrow(TypeError)
    await expect(call).rejects.toThrow(name)
    await expect(call).rejects.not.toBeInstanceOf(ClientResponseError)
    expect(requests).toEqual([])
  })
})

describe('an unknown option', () => {
  test('is a query parameter', async () => {
    expect(await queryOf({ expand: 'author', myOwn: 1 })).toBe('expand=author&myOwn=1')
  })

  test('wins over the same name in query, which wins over params', async () => {
    const options = { a: 1, query: { a: 2, b: 2 }, params: { a: 3, b: 3, c: 3 } }
    const read = new URLSearchParams(await queryOf(options))
    expect(Object.fromEntries(read)).toEqual({ a: '1', b: '2', c: '3' })
  })

  test('does not reach fetch', async () => {
    const { client, requests } = observed(() => json({}))
    await client.send('/api/x', { expand: 'a', query: { b: 1 }, params: { c: 1 } })
    for (const key of ['expand', 'params']) expect(requests[0]?.init).not.toHaveProperty(key)
  })
})

describe('what fetch knows', () => {
  const members = {
    cache: 'no-store',
    credentials: 'include',
    integrity: 'sha256-x',
    keepalive: true,
    mode: 'cors',
    redirect: 'error',
    referrer: 'about:client',
    referrerPolicy: 'no-referrer',
    window: null,
    // Members that some platforms alone know.
    priority: 'high',
    duplex: 'half',
    next: { revalidate: 60 },
    cf: { cacheTtl: 5 },
    dispatcher: {},
  }

  test.each(Object.entries(members))('reaches it, and never the URL: %s', async (key, value) => {
    const { client, requests } = observed(() => json({}))
    await client.send('/api/x', { [key]: value })
    expect(requests[0]?.url).toBe('http://pb.test/api/x')
    expect(requests[0]?.init).toHaveProperty(key, value)
  })

  test('reaches it through a service too', async () => {
    const { client, requests } = observed(() => json({ items: [], id: 'a' }))
    const options = { next: { tags: ['posts'] }, cache: 'force-cache' } as const
    await client.collection('posts').getList(1, 2, options)
    await client.collection('posts').getFullList(options)
    await client.collection('posts').getOne('a', options)
    for (const { url, init } of requests) {
      expect(init).toMatchObject(options)
      expect(url).not.toMatch(/next|cache/)
    }
  })

  test('is not made up: modes that servers’ platforms refuse are never set', async () => {
    const { client, requests } = observed(() => json({}))
    await client.send('/api/x', {})
    for (const key of ['mode', 'credentials', 'cache', 'keepalive', 'redirect']) {
      expect(requests[0]?.init).not.toHaveProperty(key)
    }
  })
})

describe('serializeQueryParams', () => {
  test('is what calls do', () => {
    expect(serializeQueryParams({ a: [1, 2], b: null, c: new Date(0), d: 'x y' })).toBe(
      'a=1&a=2&c=1970-01-01%2000%3A00%3A00.000Z&d=x%20y',
    )
    expect(serializeQueryParams({})).toBe('')
  })
})

describe('normalizeUnknownQueryParams', () => {
  test('moves what is unknown into query, in place', () => {
    const options: SendOptions = { method: 'GET', headers: {}, expand: 'a', query: { b: 1 } }
    normalizeUnknownQueryParams(options)
    expect(options).toEqual({ method: 'GET', headers: {}, query: { b: 1, expand: 'a' } })
  })

  test('needs no options', () => {
    expect(() => normalizeUnknownQueryParams()).not.toThrow()
    expect(() => normalizeUnknownQueryParams(undefined)).not.toThrow()
  })
})
