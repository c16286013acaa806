import { getEventListeners } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { describe, expect, test } from 'vitest'

import {
  AbortError,
  AsyncAuthStore,
  ClientResponseError,
  MemoryAuthStore,
  PocketBase,
} from '../../src/index.ts'
import type { SendOptions } from '../../src/index.ts'
import { json, observed } from '../support/observed.ts'
import type { SentRequest } from '../support/observed.ts'
import { eventually } from '../support/wait.ts'

/** Answers in a while, or rejects as fetch does when its signal is aborted. */
function slowly(request: SentRequest): Promise<Response> {
  return new Promise((resolve, reject) => {
    request.init.signal!.addEventListener('abort', () => reject(reasonOf(request)))
    setImmediate(() => resolve(json({ url: request.url, id: 'a', items: [] })))
  })
}

/** Rejects when the signal is aborted, else never ends. */
function hanging(request: SentRequest): Promise<Response> {
  return new Promise((_, reject) => {
    request.init.signal!.addEventListener('abort', () => reject(reasonOf(request)))
  })
}

/** A `fetch` that knows no signals. */
function deaf(): Promise<Response> {
  return new Promise(() => {})
}

function reasonOf(request: SentRequest): Error {
  return request.init.signal!.reason as Error
}

/** `done`, or the kind of its error, of every call. */
async function outcomes(...calls: Promise<unknown>[]): Promise<string[]> {
  const results = await Promise.allSettled(calls)
  return results.map((result) =>
    result.status === 'fulfilled' ? 'done' : (result.reason as ClientResponseError).kind,
  )
}

async function failure(call: Promise<unknown>): Promise<ClientResponseError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(ClientResponseError)
  return error as ClientResponseError
}

describe('a newer read', () => {
  test('cancels the pending one with the same method and path, whatever their queries', async () => {
    const { client } = observed(slowly)
    const posts = client.collection('posts')
    expect(await outcomes(posts.getList(1), posts.getList(2))).toEqual(['abort', 'done'])
  })

  test('wins, when three start in one tick', async () => {
    const { client, requests } = observed(slowly)
    const send = (n: number) => client.send<{ url: string }>('/api/x', { query: { n } })
    const calls = [send(1), send(2), send(3)]
    expect(await outcomes(...calls)).toEqual(['abort', 'abort', 'done'])
    expect((await calls[2])?.url).toBe('http://pb.test/api/x?n=3')
    expect(requests.filter(({ init }) => !init.signal?.aborted)).toHaveLength(1)
  })

  test('tells fetch to stop', async () => {
    const { client, requests } = observed(slowly)
    const first = client.send('/api/x', {})
    // The first one is on its way.
    await Promise.resolve()
    await eventually(() => expect(requests.length).toBe(1))
    expect(await outcomes(first, client.send('/api/x', {}))).toEqual(['abort', 'done'])
    expect(requests.map(({ init }) => init.signal!.aborted)).toEqual([true, false])
  })

  test('leaves other paths, other methods and other clients alone', async () => {
    const { client } = observed(slowly)
    const { client: other } = observed(slowly)
    const calls = [
      client.send('/api/a', {}),
      client.send('/api/b', {}),
      client.send('/api/a', { method: 'HEAD' }),
      client.send('/api/a', { method: 'POST' }),
      other.send('/api/a', {}),
    ]
    expect(await outcomes(...calls)).toEqual(['done', 'done', 'done', 'done', 'done'])
  })

  test('still cancels the one that had cancelled another', async () => {
    const { client } = observed(slowly)
    const first = client.send('/api/x', {})
    const second = client.send('/api/x', {})
    expect(await outcomes(first)).toEqual(['abort'])
    // The end of the first one must not have forgotten the second.
    expect(await outcomes(second, client.send('/api/x', {}))).toEqual(['abort', 'done'])
  })

  test('leaves one that is done alone', async () => {
    const { client } = observed(slowly)
    const read = (): Promise<string[]> => outcomes(client.send('/api/x', {}))
    expect(await read()).toEqual(['done'])
    expect(await read()).toEqual(['done'])
  })

  test('leaves first items alone that match other filters', async () => {
    const { client } = observed(() => json({ items: [{ id: 'a' }] }))
    const posts = client.collection('posts')
    const calls = [
      posts.getFirstListItem('a = 1'),
      posts.getFirstListItem('a = 2'),
      posts.getFirstListItem(client.filter`a = ${3}`),
      posts.getFirstListItem(client.filter`a = ${4}`),
      posts.getFirstListItem(client.filter`a = ${4}`),
    ]
    expect(await outcomes(...calls)).toEqual(['done', 'done', 'done', 'abort', 'done'])
  })
})

describe('a write', () => {
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
    test(`with ${method} is not cancelled by the next one: the server may have done it`, async () => {
      const { client } = observed(slowly)
      const send = (): Promise<unknown> => client.send('/api/x', { method })
      expect(await outcomes(send(), send())).toEqual(['done', 'done'])
    })
  }

  test('is cancelled by a newer one with the requestKey that it was given', async () => {
    const { client } = observed(slowly)
    const send = (path: string): Promise<unknown> =>
      client.send(path, { method: 'POST', requestKey: 'save' })
    expect(await outcomes(send('/api/a'), send('/api/b'))).toEqual(['abort', 'done'])
  })
})

describe('a requestKey', () => {
  test('separates reads that would cancel each other', async () => {
    const { client } = observed(slowly)
    const read = (requestKey: string): Promise<unknown> => client.send('/api/x', { requestKey })
    expect(await outcomes(read('a'), read('b'), read('b'))).toEqual(['done', 'abort', 'done'])
  })

  test('of null keeps a read, and lets others be', async () => {
    const { client } = observed(slowly)
    const calls = [
      client.send('/api/x', { requestKey: null }),
      client.send('/api/x', {}),
      client.send('/api/x', { requestKey: null }),
    ]
    expect(await outcomes(...calls)).toEqual(['done', 'done', 'done'])
  })

  test('has older names: $cancelKey, and $autoCancel: false for null', async () => {
    const { client } = observed(slowly)
    const read = (options: SendOptions): Promise<unknown> => client.send('/api/x', options)
    const calls = [
      read({ $cancelKey: 'k' }),
      read({ requestKey: 'k' }),
      read({ $autoCancel: false }),
      read({ $autoCancel: false }),
    ]
    expect(await outcomes(...calls)).toEqual(['abort', 'done', 'done', 'done'])
  })

  test('of the client is every call’s that has none of its own', async () => {
    const { client } = observed(slowly, { requestKey: null })
    const calls = [
      client.send('/api/x', {}),
      client.send('/api/x', {}),
      client.send('/api/x', { requestKey: 'k' }),
      client.send('/api/x', { requestKey: 'k' }),
    ]
    expect(await outcomes(...calls)).toEqual(['done', 'done', 'abort', 'done'])
  })

  test('never reaches the server', async () => {
    const { client, requests } = observed(slowly)
    await client.send('/api/x', { requestKey: 'a', $cancelKey: 'b', $autoCancel: false })
    expect(requests[0]?.url).toBe('http://pb.test/api/x')
  })
})

describe('auto-cancellation', () => {
  test('can be switched off and on', async () => {
    const { client } = observed(slowly)
    const read = (): Promise<unknown> => client.send('/api/x', {})
    expect(client.autoCancellation(false)).toBe(client)
    expect(await outcomes(read(), read())).toEqual(['done', 'done'])
    client.autoCancellation(true)
    expect(await outcomes(read(), read())).toEqual(['abort', 'done'])
  })

  test('can be off from the start', async () => {
    const { client } = observed(slowly, { autoCancellation: false })
    expect(await outcomes(client.send('/a', {}), client.send('/a', {}))).toEqual(['done', 'done'])
  })

  test('is off for what nobody asked to cancel: a requestKey still counts', async () => {
    const { client } = observed(slowly, { autoCancellation: false })
    const read = (): Promise<unknown> => client.send('/api/x', { requestKey: 'k' })
    expect(await outcomes(read(), read())).toEqual(['abort', 'done'])
  })
})

describe('cancelRequest', () => {
  test('cancels by method and path, or by the key that a call was given', async () => {
    const { client } = observed(slowly)
    const calls = [
      client.health.check(),
      client.send('/api/x', { requestKey: 'mine' }),
      client.send('/api/y', {}),
    ]
    expect(client.cancelRequest('GET /api/health')).toBe(client)
    client.cancelRequest('mine').cancelRequest('nobody’s')
    expect(await outcomes(...calls)).toEqual(['abort', 'abort', 'done'])
  })

  test('cancels a write by its method and path, because someone asked for it', async () => {
    const { client } = observed(slowly)
    const call = client.send('/api/x', { method: 'POST' })
    client.cancelRequest('POST /api/x')
    expect(await outcomes(call)).toEqual(['abort'])
  })
})

test('cancelAllRequests cancels what is pending, writes and kept calls too, and nothing later', async () => {
  const { client } = observed(slowly)
  const calls = [
    client.send('/api/x', { method: 'POST' }),
    client.send('/api/x', { requestKey: null }),
    client.send('/api/y', {}),
  ]
  expect(client.cancelAllRequests()).toBe(client)
  const later = client.send('/api/y', {})
  expect(await outcomes(...calls, later)).toEqual(['abort', 'abort', 'abort', 'done'])
})

describe('a cancelled call', () => {
  test('rejects with an AbortError that names the call', async () => {
    const { client } = observed(hanging)
    const call = client.send('/api/x?token=secret', { query: { filter: 'secret' } })
    client.cancelAllRequests()
    const error = await failure(call)
    expect(error).toBeInstanceOf(AbortError)
    expect(error).toMatchObject({ isAbort: true, status: 0, method: 'GET', path: '/api/x' })
    expect(error.describe()).toMatch(/^GET \/api\/x failed: \S/)
    expect(error.describe()).not.toContain('secret')
  })

  test('says which key replaced it and how to keep both', async () => {
    const { client } = observed(slowly)
    const first = client.send('/api/x', {})
    const [error] = await Promise.all([failure(first), client.send('/api/x', {})])
    expect(error.describe()).toContain('GET /api/x')
    expect(error.describe()).toMatch(/requestKey/)
  })

  test('ends although its fetch knows no signals', async () => {
    const { client } = observed(deaf)
    const call = client.send('/api/x', {})
    await new Promise(setImmediate)
    client.cancelAllRequests()
    expect(await outcomes(call)).toEqual(['abort'])
  })

  test('ends while its body comes in', async () => {
    const { client, requests } = observed(() => new Response(new ReadableStream()))
    const call = client.send('/api/x', {})
    await eventually(() => expect(requests.length).toBe(1))
    await new Promise(setImmediate)
    client.cancelAllRequests()
    expect(await outcomes(call)).toEqual(['abort'])
    expect(requests[0]?.init.signal?.aborted).toBe(true)
  })

  test('ends while a hook or a store lets it wait', async () => {
    const forever = new Promise<never>(() => {})
    const { client: before, requests } = observed(slowly)
    before.beforeSend = () => forever
    const { client: after } = observed(() => json({}))
    after.afterSend = () => forever
    const { client: store } = observed(slowly, {
      authStore: new AsyncAuthStore({ save: async () => {}, initial: forever }),
    })
    const clients = [before, after, store]
    const calls = clients.map((client) => client.send('/api/x', {}))
    await new Promise(setImmediate)
    for (const client of clients) client.cancelAllRequests()
    expect(await outcomes(...calls)).toEqual(['abort', 'abort', 'abort'])
    expect(requests).toEqual([])
  })

  test('is one too when fetch itself gave up with an AbortError', async () => {
    const cause = new DOMException('The page is going away.', 'AbortError')
    const { client } = observed(() => {
      throw cause
    })
    const error = await failure(client.send('/api/x', {}))
    expect(error).toBeInstanceOf(AbortError)
    expect(error).toMatchObject({ isAbort: true, originalError: cause, cause })
  })
})

describe('the caller’s signal', () => {
  test('that is aborted already keeps the request from being sent', async () => {
    const { client, requests } = observed(hanging)
    const reason = new Error('too late')
    const error = await failure(client.send('/api/x', { signal: AbortSignal.abort(reason) }))
    expect(error).toBeInstanceOf(AbortError)
    expect(error).toMatchObject({ isAbort: true, cause: reason, originalError: reason })
    expect(error.describe()).toContain('too late')
    expect(requests).toEqual([])
  })

  test('stops the request, with its reason as cause', async () => {
    const { client, requests } = observed(hanging)
    const controller = new AbortController()
    const call = client.send('/api/x', { signal: controller.signal })
    await eventually(() => expect(requests.length).toBe(1))
    controller.abort('the user left')
    const error = await failure(call)
    expect(error).toMatchObject({ isAbort: true, cause: 'the user left' })
    expect(error.describe()).toContain('the user left')
    expect(requests[0]?.init.signal?.aborted).toBe(true)
  })

  test('needs no reason', async () => {
    const { client } = observed(hanging)
    const error = await failure(client.send('/api/x', { signal: AbortSignal.abort() }))
    expect(error.cause).toBeInstanceOf(DOMException)
    expect(error.isAbort).toBe(true)
  })

  test('may have anything as its reason, also what has no text', async () => {
    for (const reason of [null, 0, '', Symbol('left'), Object.create(null), { toString: null }]) {
      const { client } = observed(hanging)
      const error = await failure(client.send('/api/x', { signal: AbortSignal.abort(reason) }))
      expect(error).toMatchObject({ kind: 'abort', isAbort: true })
      expect(error.cause).toBe(reason)
    }
  })

  test('is obeyed also for a write, and beside a requestKey of null', async () => {
    const { client } = observed(hanging)
    const controller = new AbortController()
    const { signal } = controller
    const calls = [
      client.collection('posts').create({ title: 'a' }, { signal }),
      client.collection('posts').getOne('a', { signal, requestKey: null }),
      client.files.getToken({ signal }),
    ]
    controller.abort()
    expect(await outcomes(...calls)).toEqual(['abort', 'abort', 'abort'])
  })

  test('is not needed: null is no signal', async () => {
    const { client } = observed(slowly)
    expect(await outcomes(client.send('/api/x', { signal: null }))).toEqual(['done'])
  })

  test('combines with the client’s', async () => {
    const ofClient = new AbortController()
    const ofCall = new AbortController()
    const { client } = observed(hanging, { signal: ofClient.signal })
    const first = client.send('/api/x', { signal: ofCall.signal })
    const second = client.send('/api/y', { signal: ofCall.signal })
    const third = client.send('/api/z', {})
    ofCall.abort('call')
    expect((await failure(first)).cause).toBe('call')
    expect((await failure(second)).cause).toBe('call')
    ofClient.abort('client')
    expect((await failure(third)).cause).toBe('client')
    expect((await failure(client.send('/api/x', {}))).cause).toBe('client')
  })

  test('comes first: a cancellation after it changes nothing', async () => {
    const { client } = observed(deaf)
    const controller = new AbortController()
    const call = client.send('/api/x', { signal: controller.signal })
    controller.abort('first')
    client.cancelAllRequests()
    expect((await failure(call)).cause).toBe('first')
  })

  test('holds nothing of a call that has ended, however it ended', async () => {
    const ofClient = new AbortController()
    const ofCall = new AbortController()
    const answers = [
      () => json({}),
      () => json({}, { status: 404 }),
      () => new Response('<html>'),
      () => {
        throw new TypeError('fetch failed')
      },
    ]
    const { client } = observed((_, index) => answers[index % answers.length]!(), {
      signal: ofClient.signal,
    })
    const calls = Array.from({ length: 400 }, () =>
      client.send('/api/x', { signal: ofCall.signal, requestKey: null }),
    )
    expect(getEventListeners(ofCall.signal, 'abort')).toHaveLength(400)
    const replaced = [1, 2, 3].map(() => client.send('/api/y', { signal: ofCall.signal }))
    const results = await outcomes(...calls, ...replaced)
    expect(new Set(results)).toEqual(new Set(['done', 'api', 'decode', 'network', 'abort']))
    expect(getEventListeners(ofCall.signal, 'abort')).toEqual([])
    expect(getEventListeners(ofClient.signal, 'abort')).toEqual([])
    // And no abort of a later day reaches what has ended.
    ofCall.abort()
    expect(await calls[0]).toEqual({})
  })
})

test('nothing is kept of 10,000 requests that have ended, each with a path and a signal of its own', async () => {
  const signals: WeakRef<AbortSignal>[] = []
  const ofClient = new AbortController()
  const client = new PocketBase('http://pb.test', {
    authStore: new MemoryAuthStore(),
    signal: ofClient.signal,
    fetch: async (_, init) => {
      signals.push(new WeakRef(init!.signal!))
      return json({})
    },
  })
  for (let index = 0; index < 10_000; index++) {
    const { signal } = new AbortController()
    signals.push(new WeakRef(signal))
    await client.send(`/api/${index}`, { signal })
  }
  await new Promise(setImmediate)
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  collectGarbage()
  expect(signals).toHaveLength(20_000)
  // The last ones may still stand on a stack.
  expect(signals.filter((signal) => signal.deref()).length).toBeLessThan(10)
  // Both of which a collected client would make true.
  ofClient.abort()
  await expect(client.send('/api/x', {})).rejects.toMatchObject({ isAbort: true })
})

test('the caller’s options are read, not written', async () => {
  const { client } = observed(slowly)
  const controller = new AbortController()
  const options: SendOptions = {
    method: 'PATCH',
    headers: { 'X-A': '1' },
    query: { q: 1, list: [1, 2] },
    params: { old: 1 },
    body: { at: new Date(0), nested: { list: [new Blob(['x'])] }, file: new Blob(['x']) },
    signal: controller.signal,
    requestKey: 'k',
    unknown: 'goes to the query',
  }
  const copy = { ...options, headers: { ...options.headers }, query: { ...options.query } }
  const body = { ...(options.body as object) }
  for (const part of [options, options.headers, options.query, options.params, options.body]) {
    Object.freeze(part)
  }
  await client.send('/api/x', options)
  await client.collection('posts').update('a', options.body as object, options)
  await client.collection('posts').getList(1, 2, options)
  await client.collection('posts').getFullList(options)
  expect(options).toEqual({ ...copy, body })
  expect(options.signal).toBe(controller.signal)
})

describe('close', () => {
  test('cancels what is pending and refuses what comes later', async () => {
    const { client, requests } = observed(hanging)
    const calls = [client.send('/api/x', {}), client.send('/api/y', { method: 'POST' })]
    await eventually(() => expect(requests.length).toBe(2))
    await client.close()
    expect(await outcomes(...calls)).toEqual(['abort', 'abort'])
    const error = await failure(client.health.check())
    expect(error).toMatchObject({ kind: 'abort', isAbort: true, path: '/api/health' })
    expect(error.describe()).toMatch(/closed/)
    expect(requests).toHaveLength(2)
  })

  test('can be called again', async () => {
    const { client } = observed(hanging)
    await client.close()
    await expect(client.close()).resolves.toBeUndefined()
  })

  test('is what the end of an `await using` block does', async () => {
    let call: Promise<unknown>
    let kept: PocketBase
    {
      await using client = new PocketBase('http://pb.test', {
        authStore: new MemoryAuthStore(),
        fetch: deaf,
      })
      kept = client
      call = client.send('/api/x', {})
    }
    expect(await outcomes(call, kept.send('/api/x', {}))).toEqual(['abort', 'abort'])
  })

  test('leaves the caller’s signals without listeners', async () => {
    const { signal } = new AbortController()
    const { client } = observed(hanging)
    const call = client.send('/api/x', { signal })
    await client.close()
    expect(await outcomes(call)).toEqual(['abort'])
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})
