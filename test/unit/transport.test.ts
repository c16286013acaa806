import { afterEach, describe, expect, test, vi } from 'vitest'

import { AsyncAuthStore, MemoryAuthStore, NetworkError, PocketBase } from '../../src/index.ts'
import type { PocketBaseOptions, SendOptions } from '../../src/index.ts'
import { json, observed } from '../support/observed.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

/** The headers that are sent, by their names in lower case. A name that stands there twice fails. */
async function headersOf(
  options: SendOptions = {},
  clientOptions: PocketBaseOptions = {},
): Promise<{ [name: string]: string }> {
  const { client, requests } = observed(() => json({}), clientOptions)
  client.authStore.save('stored-token')
  await client.send('/api/x', options)
  const entries = Object.entries(requests[0]!.init.headers)
  const lower = entries.map(([name, value]) => [name.toLowerCase(), value] as const)
  expect(new Set(lower.map(([name]) => name)).size).toBe(entries.length)
  return Object.fromEntries(lower)
}

describe('headers', () => {
  const usual = {
    'accept-language': 'en-US',
    authorization: 'stored-token',
    'content-type': 'application/json',
  }

  test('are token, language and content type', async () => {
    expect(await headersOf()).toEqual(usual)
  })

  test('have no Authorization for guests', async () => {
    const { client, requests } = observed(() => json({}))
    await client.send('/api/x', {})
    expect(Object.keys(requests[0]!.init.headers)).not.toContain('Authorization')
  })

  test('of the call come to them, or replace them in any case', async () => {
    const headers = { 'X-A': '1', authorization: 'mine', 'CONTENT-TYPE': 'text/plain' }
    expect(await headersOf({ headers })).toEqual({
      ...usual,
      'x-a': '1',
      authorization: 'mine',
      'content-type': 'text/plain',
    })
  })

  test('of the client come to them, and those of the call win in any case', async () => {
    const clientHeaders = { 'X-A': 'client', 'x-b': 'client', 'Accept-Language': 'de' }
    const headers = { 'x-a': 'call' }
    expect(await headersOf({ headers }, { headers: clientHeaders })).toEqual({
      ...usual,
      'accept-language': 'de',
      'x-a': 'call',
      'x-b': 'client',
    })
  })

  test('may be instances of Headers, or lists of pairs', async () => {
    const headers = new Headers({ 'X-A': '1', Authorization: 'mine' })
    const pairs = [['X-B', '2']]
    const options = { headers } as unknown as SendOptions
    expect(await headersOf(options, { headers: pairs as HeadersInit })).toEqual({
      ...usual,
      authorization: 'mine',
      'x-a': '1',
      'x-b': '2',
    })
  })

  test('that are undefined are none', async () => {
    const headers = {
      'X-A': undefined,
      Authorization: undefined,
    } as unknown as SendOptions['headers']
    expect(await headersOf({ headers: headers! })).toEqual(usual)
  })

  test('of an empty Authorization leave the token at home', async () => {
    expect((await headersOf({ headers: { Authorization: '' } }))['authorization'] ?? '').toBe('')
  })

  test('follow the language of the client', async () => {
    const { client, requests } = observed(() => json({}), { lang: 'de-AT' })
    await client.send('/api/x', {})
    client.lang = 'fr'
    await client.send('/api/x', {})
    expect(requests.map(({ init }) => init.headers['Accept-Language'])).toEqual(['de-AT', 'fr'])
  })

  test('have no content type for what brings its own', async () => {
    const form = new FormData()
    const bodies = [form, new Blob(['x'], { type: 'text/plain' }), new URLSearchParams('a=1')]
    for (const body of [...bodies, { file: new Blob(['x']) }]) {
      expect(await headersOf({ method: 'POST', body })).not.toHaveProperty('content-type')
    }
  })

  test('are an object of its own for every request', async () => {
    const { client, requests } = observed(() => json({}))
    client.beforeSend = (_, options) => {
      options.headers = Object.assign(options.headers ?? {}, { 'X-Once': '1' })
      return {}
    }
    await client.send('/api/x', {})
    delete client.beforeSend
    await client.send('/api/x', {})
    expect(requests[1]?.init.headers).not.toHaveProperty('X-Once')
  })
})

describe('the token', () => {
  test('is the one that the store holds when the request leaves', async () => {
    const { client, requests } = observed(() => json({}))
    client.authStore.save('first')
    await client.send('/api/x', {})
    client.authStore.save('second')
    await client.send('/api/x', {})
    client.authStore.clear()
    await client.send('/api/x', {})
    const sent = requests.map(({ init }) => init.headers['Authorization'])
    expect(sent).toEqual(['first', 'second', undefined])
  })

  test('is that of a store that was put in its place', async () => {
    const { client, requests } = observed(() => json({}))
    const other = new MemoryAuthStore()
    other.save('other')
    client.authStore = other
    await client.send('/api/x', {})
    expect(requests[0]?.init.headers['Authorization']).toBe('other')
  })

  test('is waited for where the store still reads it', async () => {
    let ready!: (stored: string) => void
    const initial = new Promise<string>((resolve) => {
      ready = resolve
    })
    const authStore = new AsyncAuthStore({ save: async () => {}, initial })
    const { client, requests } = observed(() => json({}), { authStore })
    const call = client.send('/api/x', {})
    await new Promise(setImmediate)
    expect(requests).toEqual([])
    ready(JSON.stringify({ token: 'stored', record: null }))
    await call
    expect(requests[0]?.init.headers['Authorization']).toBe('stored')
  })
})

describe('fetch', () => {
  test('is the global one, looked up at every call', async () => {
    const client = new PocketBase('http://pb.test', new MemoryAuthStore())
    vi.stubGlobal('fetch', async () => json({ from: 'first' }))
    expect(await client.send('/api/x', {})).toEqual({ from: 'first' })
    vi.stubGlobal('fetch', async () => json({ from: 'second' }))
    expect(await client.send('/api/x', {})).toEqual({ from: 'second' })
  })

  test('is called without a receiver, as browsers demand', async () => {
    const receivers: unknown[] = []
    const strict = async function fetch(this: unknown): Promise<Response> {
      receivers.push(this)
      return json({})
    }
    vi.stubGlobal('fetch', strict)
    const client = new PocketBase('http://pb.test', new MemoryAuthStore())
    await client.send('/api/x', {})
    await client.send('/api/x', { fetch: strict })
    const { client: other } = observed(() => json({}), { fetch: strict })
    await other.send('/api/x', {})
    expect(receivers.every((receiver) => receiver === undefined || receiver === globalThis)).toBe(
      true,
    )
    expect(receivers).toHaveLength(3)
  })

  test('of the call wins over the client’s, which wins over the global one', async () => {
    vi.stubGlobal('fetch', async () => json({ from: 'global' }))
    const { client } = observed(() => json({ from: 'client' }))
    expect(await client.send('/api/x', {})).toEqual({ from: 'client' })
    const fetch = async (): Promise<Response> => json({ from: 'call' })
    expect(await client.send('/api/x', { fetch })).toEqual({ from: 'call' })
    expect(await client.health.check({ fetch })).toEqual({ from: 'call' })
  })

  test('that throws at once fails the call like one that rejects', async () => {
    const { client } = observed(() => json({}), {
      fetch: () => {
        throw new TypeError('offline')
      },
    })
    const call = client.send('/api/x', {})
    await expect(call).rejects.toBeInstanceOf(NetworkError)
    await expect(call).rejects.toThrow(/offline/)
  })

  test('that rejects with anything at all fails the call with a NetworkError', async () => {
    for (const cause of ['offline', undefined, null, { code: 7 }, new Error('x', { cause: 'y' })]) {
      const { client } = observed(() => json({}), {
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- that is the point
        fetch: () => Promise.reject(cause),
      })
      const error: unknown = await client.send('/api/x', {}).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(NetworkError)
      expect((error as NetworkError).originalError).toBe(cause)
      expect((error as NetworkError).describe()).toMatch(/^GET \/api\/x failed: \S/)
    }
  })

  test('gets a signal, and no option of ours', async () => {
    const { client, requests } = observed(() => json({}))
    await client.send('/api/x', {
      method: 'POST',
      requestKey: 'k',
      timeout: 5,
      retry: 1,
      query: { a: 1 },
      body: {},
    })
    expect(requests[0]?.init.signal).toBeInstanceOf(AbortSignal)
    // Functions in the place of fetch have options of these names: ofetch would add the query again, ky retry once more.
    for (const own of ['query', 'params', 'requestKey', 'timeout', 'retry']) {
      expect(Object.keys(requests[0]!.init)).not.toContain(own)
    }
  })
})

describe('the base URL', () => {
  test('may change, and what is sent later follows', async () => {
    const { client, requests } = observed(() => json({}))
    client.baseURL = 'https://other.test/'
    await client.health.check()
    expect(requests[0]?.url).toBe('https://other.test/api/health')
    expect(client.buildURL('/api/x')).toBe('https://other.test/api/x')
    expect(client.buildURL('api/x')).toBe('https://other.test/api/x')
  })
})

describe('the constructor', () => {
  test('takes a store and a language, as the official one', async () => {
    const store = new MemoryAuthStore()
    const client = new PocketBase('http://pb.test', store, 'de')
    expect(client.authStore).toBe(store)
    expect(client.lang).toBe('de')
  })

  test('takes null and nothing', () => {
    expect(new PocketBase('http://pb.test', null).authStore).toBeDefined()
    expect(new PocketBase('http://pb.test').lang).toBe('en-US')
    expect(new PocketBase().baseURL).toBe('/')
  })

  test('gives every client a store of its own', () => {
    const one = new PocketBase('http://pb.test')
    const two = new PocketBase('http://pb.test')
    one.authStore.save('token')
    expect(two.authStore.token).toBe('')
  })
})
