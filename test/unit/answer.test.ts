import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { ApiError, ClientResponseError, DecodeError, NetworkError } from '../../src/index.ts'
import type { PocketBase } from '../../src/index.ts'
import { seed } from '../support/seed.ts'
import { json, observed } from '../support/observed.ts'

/** One call for each thing that an endpoint promises, with an answer that keeps the promise. */
const promises: { [shape: string]: [good: unknown, call: (pb: PocketBase) => Promise<unknown>] } = {
  list: [{ items: [], page: 1 }, (pb) => pb.collection('posts').getList()],
  'full list': [{ items: [] }, (pb) => pb.collection('posts').getFullList()],
  'first item': [{ items: [{ id: 'a' }] }, (pb) => pb.collection('posts').getFirstListItem('a=1')],
  record: [{ id: 'a' }, (pb) => pb.collection('posts').getOne('a')],
  'created record': [{ id: 'a' }, (pb) => pb.collection('posts').create({})],
  'updated record': [{ id: 'a' }, (pb) => pb.collection('posts').update('a', {})],
  token: [{ token: 't', record: {} }, (pb) => pb.collection('users').authWithPassword('a', 'b')],
  'new token': [{ token: 't', record: {} }, (pb) => pb.collection('users').authRefresh()],
  'file token': [{ token: 't' }, (pb) => pb.files.getToken()],
  settings: [{}, (pb) => pb.settings.getAll()],
  health: [{ code: 200 }, (pb) => pb.health.check()],
  'auth methods': [{ password: {} }, (pb) => pb.collection('users').listAuthMethods()],
  collection: [{ id: 'a' }, (pb) => pb.collections.getOne('a')],
}

const garbage: { [name: string]: () => Response } = {
  'a page of HTML': () => html('<!doctype html><title>Welcome</title>'),
  'HTML that says it is JSON': () => text('<html>', 'application/json'),
  'cut JSON': () => text('{"items":[{"id":"a"', 'application/json'),
  'two values': () => text('{} {}', 'application/json'),
  nothing: () => text('', 'application/json'),
  'an empty 204': () => new Response(null, { status: 204 }),
  'another charset': () =>
    text('{"id":"a","items":[],"token":"t"}', 'application/json; charset=utf-16'),
  null: () => json(null),
  'a list': () => json([]),
  'a text': () => json('welcome'),
  'a number': () => json(1),
  true: () => json(true),
}

function text(body: string, type: string): Response {
  return new Response(body, { headers: { 'content-type': type } })
}

function html(body: string): Response {
  return text(body, 'text/html; charset=utf-8')
}

async function expectDecodeError(call: Promise<unknown>): Promise<DecodeError> {
  const error: unknown = await call.then(
    (value) => value,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(DecodeError)
  return error as DecodeError
}

describe.each(Object.keys(promises))('where a %s is due', (shape) => {
  const [good, call] = promises[shape]!

  test('it is returned', async () => {
    const { client } = observed(() => json(good))
    await expect(call(client)).resolves.toBeDefined()
  })

  test.each(Object.keys(garbage))('%s is an error', async (name) => {
    const { client } = observed(garbage[name]!)
    await expectDecodeError(call(client))
  })
})

describe('where a record is due', () => {
  const wrong = {
    'a page of records': { items: [], page: 1, perPage: 30 },
    'an object without id': { title: 'a' },
    'an id that is no text': { id: 1 },
  }

  test.each(Object.entries(wrong))('%s is an error', async (_, body) => {
    const { client } = observed(() => json(body))
    await expectDecodeError(client.collection('posts').getOne('a'))
  })

  test('the id may be missing where the caller picked other fields', async () => {
    const { client } = observed(() => json({ title: 'a' }))
    const posts = client.collection('posts')
    expect(await posts.getOne('a', { fields: 'title' })).toEqual({ title: 'a' })
    expect(await posts.create({}, { query: { fields: 'title' } })).toEqual({ title: 'a' })
  })
})

test('where a list is due, items must be one', async () => {
  const { client } = observed(() => json({ items: { 0: { id: 'a' } } }))
  await expectDecodeError(client.collection('posts').getList())
})

test('where a token is due, it must be a text, and nobody is signed in else', async () => {
  const { client } = observed(() => json({ token: 1, record: { id: 'a' } }))
  client.authStore.save('before')
  await expectDecodeError(client.collection('users').authWithPassword('a', 'b'))
  expect(client.authStore.token).toBe('before')
})

describe('where the caller’s own route answers', () => {
  const values = [{ a: 1 }, [1], 'text', 1, true, false, null]

  test.each(values)('any JSON will do: %j', async (value) => {
    const { client } = observed(() => json(value))
    expect(await client.send('/api/x', {})).toEqual(value)
  })

  test('nothing reads as {}', async () => {
    const { client } = observed((_, index) =>
      index === 0 ? new Response('') : new Response(null, { status: 204 }),
    )
    expect(await client.send('/api/x', {})).toEqual({})
    expect(await client.send('/api/x', { method: 'DELETE' })).toEqual({})
  })

  test('the content type is not what decides', async () => {
    const { client } = observed(() => text('{"a":1}', 'text/plain'))
    expect(await client.send('/api/x', {})).toEqual({ a: 1 })
  })

  test('HTML and cut JSON are errors', async () => {
    const { client } = observed((_, index) => (index === 0 ? html('<html>') : text('{"a":', '')))
    await expectDecodeError(client.send('/api/x', {}))
    await expectDecodeError(client.send('/api/x', {}))
  })
})

describe('delete', () => {
  test('is true for an empty 204', async () => {
    const { client } = observed(() => new Response(null, { status: 204 }))
    expect(await client.collection('posts').delete('a')).toBe(true)
    expect(await client.collections.import([])).toBe(true)
  })

  test('is an error for a page of HTML', async () => {
    const { client } = observed(() => html('<html>'))
    await expectDecodeError(client.collection('posts').delete('a'))
    await expectDecodeError(client.collections.import([]))
  })
})

describe('a DecodeError', () => {
  test('says what was due, what came, of which type, and how it began', async () => {
    const { client } = observed(() => html(`<!doctype html>${'x'.repeat(1000)}`))
    const error = await expectDecodeError(client.collection('posts').getList())
    expect(error).toMatchObject({ status: 200, method: 'GET', isAbort: false })
    expect(error.path).toBe('/api/collections/posts/records')
    expect(error.headers?.get('content-type')).toContain('text/html')
    const line = error.describe()
    expect(line).toContain('GET /api/collections/posts/records failed with 200')
    expect(line).toMatch(/list/)
    expect(line).toContain('text/html')
    expect(line).toContain('<!doctype html>')
    expect(line.length).toBeLessThan(400)
    expect(line).not.toContain('\n')
  })

  test('stays one line whatever the bytes', async () => {
    const { client } = observed(() => text('a\r\nb\u001b[31m\0', 'text/plain'))
    // oxlint-disable-next-line no-control-regex -- a terminal must not obey an answer
    expect((await expectDecodeError(client.send('/api/x', {}))).describe()).not.toMatch(/[\0-\x1f]/)
  })

  test('holds no token that came in the wrong place', async () => {
    const token = 'eyJhbGciOiJIUzI1NiJ9.eyJpZCI6ImEifQ.sig'
    const { client } = observed(() => text(`{"token":"${token}"`, 'application/json'))
    const error = await expectDecodeError(client.collection('users').authWithPassword('a', 'b'))
    expect(error.describe()).not.toContain('eyJpZCI6ImEifQ')
    expect(JSON.stringify(error)).not.toContain('eyJpZCI6ImEifQ')
  })

  test('has the parser’s error as its cause', async () => {
    const { client } = observed(() => text('{', 'application/json'))
    const error = await expectDecodeError(client.send('/api/x', {}))
    expect(error.cause).toBeInstanceOf(SyntaxError)
    expect(error.originalError).toBe(error.cause)
  })
})

describe('a body', () => {
  test('may be cut anywhere on its way, inside characters too', async () => {
    const bytes = new TextEncoder().encode('{"a":"ü日🎉"}')
    const body = new ReadableStream({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte))
        controller.close()
      },
    })
    const { client } = observed(() => new Response(body))
    expect(await client.send('/api/x', {})).toEqual({ a: 'ü日🎉' })
  })

  test('that ends within a character is garbage', async () => {
    const bytes = new Uint8Array([...new TextEncoder().encode('{"a":1}'), 0xc3])
    const { client } = observed(() => new Response(bytes))
    await expectDecodeError(client.send('/api/x', {}))
  })

  test('that breaks off is a NetworkError, with a reason', async () => {
    const body = new ReadableStream({
      pull(controller) {
        controller.error(new TypeError('terminated', { cause: new Error('other side closed') }))
      },
    })
    const { client } = observed(() => new Response(body))
    const error: unknown = await client.send('/api/x', {}).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(NetworkError)
    expect((error as NetworkError).describe()).toContain('other side closed')
  })

  test('of an error that breaks off leaves the status', async () => {
    const body = new ReadableStream({ pull: (controller) => controller.error(new Error('cut')) })
    const { client } = observed(() => new Response(body, { status: 403 }))
    await expect(client.send('/api/x', {})).rejects.toMatchObject({ status: 403, response: {} })
  })

  test('may be JSON with the byte order mark that some proxies add', async () => {
    const { client } = observed(() => new Response('\ufeff{"a":1}'))
    expect(await client.send('/api/x', {})).toEqual({ a: 1 })
  })
})

describe('a stand-in for fetch', () => {
  /** As tests of applications have it. */
  function standIn(response: object): Promise<Response> {
    return Promise.resolve(response as Response)
  }

  test('may have nothing but json()', async () => {
    const { client } = observed(() => standIn({ status: 200, json: async () => ({ a: 1 }) }))
    expect(await client.send('/api/x', {})).toEqual({ a: 1 })
  })

  test('may have nothing but json() and no status', async () => {
    const { client } = observed(() => standIn({ json: async () => ({ id: 'a' }) }))
    expect(await client.collection('posts').getOne('a')).toEqual({ id: 'a' })
  })

  test('may have ok and text()', async () => {
    const { client } = observed(() => standIn({ ok: true, text: async () => '{"a":1}' }))
    expect(await client.send('/api/x', {})).toEqual({ a: 1 })
  })

  test('may say that it failed', async () => {
    const body = { message: 'No.' }
    const { client } = observed(() => standIn({ status: 404, json: async () => body }))
    await expect(client.send('/api/x', {})).rejects.toMatchObject({ status: 404, message: 'No.' })
    const { client: other } = observed(() => standIn({ ok: false, json: async () => body }))
    await expect(other.send('/api/x', {})).rejects.toMatchObject({ message: 'No.' })
  })

  test('is held to what the endpoint promises', async () => {
    const { client } = observed(() => standIn({ status: 200, json: async () => ({}) }))
    await expectDecodeError(client.collection('posts').getList())
  })
})

describe('an error body', () => {
  test('of any JSON is a ClientResponseError with the status', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 400, max: 599 }),
        fc.oneof(
          fc.jsonValue(),
          fc.record({ message: fc.jsonValue(), data: fc.jsonValue(), status: fc.jsonValue() }),
          fc.record({ data: fc.record({ requests: fc.jsonValue() }), mfaId: fc.jsonValue() }),
        ),
        async (status, body) => {
          const { client } = observed(() => new Response(JSON.stringify(body), { status }))
          const error: unknown = await client.send('/api/x', {}).catch((reason: unknown) => reason)
          expect(error).toBeInstanceOf(ApiError)
          const { message, ...rest } = error as ApiError
          expect(rest).toMatchObject({ status, method: 'GET', path: '/api/x' })
          expect(typeof message).toBe('string')
          expect((error as ApiError).describe()).toContain(`failed with ${status}:`)
          expect(typeof (error as ApiError).fieldErrors).toBe('object')
          expect(() => JSON.stringify(error)).not.toThrow()
        },
      ),
      { seed, numRuns: 300 },
    )
  })

  test('nested deeper than a stack is no worse than others', async () => {
    const deep = `{"data":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`
    const { client } = observed(() => new Response(deep, { status: 400 }))
    const error: unknown = await client.send('/api/x', {}).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ClientResponseError)
  })
})
