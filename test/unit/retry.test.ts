import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { createFile } from '../../src/index.ts'
import type { ClientResponseError, PocketBase, SendOptions } from '../../src/index.ts'
import { json, observed } from '../support/observed.ts'

beforeEach(() => {
  vi.useFakeTimers()
  vi.setSystemTime('2026-01-31T10:00:00Z')
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
})

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** A failure, as a status or as what `fetch` throws. */
type Failure = number | Response | Error

/** Fails this often in this way, then answers. */
function failing(...failures: Failure[]) {
  return (_: unknown, index: number): Response => {
    const failure = failures[index]
    if (failure === undefined) return json({ id: 'a', items: [], token: 't' })
    if (failure instanceof Error) throw failure
    return failure instanceof Response ? failure : json({}, { status: failure })
  }
}

/** What Node's fetch throws, with the system's code. */
function networkFailure(code?: string): TypeError {
  const cause = code ? Object.assign(new Error(`it failed: ${code}`), { code }) : undefined
  return new TypeError('fetch failed', { cause })
}

/** `done`, or the kind of the error that a call ends with. */
function outcomeOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'done',
    (error: unknown) => (error as ClientResponseError).kind,
  )
}

/** How many requests a call makes until it has ended, and its outcome. */
async function attempts(
  failures: Failure[],
  call: (client: PocketBase) => Promise<unknown>,
): Promise<[count: number, outcome: string]> {
  const { client, requests } = observed(failing(...failures), { retry: 2 })
  const outcome = outcomeOf(call(client))
  await vi.runAllTimersAsync()
  return [requests.length, await outcome]
}

/** The pauses before the second, third, … request in milliseconds. */
async function pausesMs(failures: Failure[], options: SendOptions): Promise<number[]> {
  const times: number[] = []
  const answer = failing(...failures)
  const { client } = observed((request, index) => {
    times.push(performance.now())
    return answer(request, index)
  })
  const call = client.send('/api/x', options).catch(() => {})
  await vi.runAllTimersAsync()
  await call
  return times.slice(1).map((time, index) => Math.round(time - times[index]!))
}

function retryAfter(value: string, status = 429): Response {
  return json({}, { status, headers: { 'Retry-After': value } })
}

describe('without the option', () => {
  test('nothing is sent twice', async () => {
    const { client, requests } = observed(failing(503, 429))
    await expect(client.send('/api/x', {})).rejects.toMatchObject({ status: 503 })
    await expect(client.send('/api/x', {})).rejects.toMatchObject({ status: 429 })
    expect(requests).toHaveLength(2)
  })
})

describe('a read', () => {
  const read = (client: PocketBase): Promise<unknown> => client.collection('posts').getOne('a')

  for (const status of [429, 502, 503, 504]) {
    test(`is sent again after ${status}`, async () => {
      expect(await attempts([status, status], read)).toEqual([3, 'done'])
    })
  }

  for (const status of [400, 401, 403, 404, 413, 500, 501, 505, 507]) {
    test(`is not sent again after ${status}`, async () => {
      expect((await attempts([status, status], read))[0]).toBe(1)
    })
  }

  test('is sent again when the connection failed, or was cut while the answer came in', async () => {
    const body = new ReadableStream({ pull: (controller) => controller.error(new Error('cut')) })
    expect(await attempts([networkFailure(), new Response(body)], read)).toEqual([3, 'done'])
  })

  test('is not sent again when the answer is garbage', async () => {
    expect(await attempts([new Response('<html>')], read)).toEqual([1, 'decode'])
  })

  test('fails with the last error when the attempts are used up', async () => {
    expect(await attempts([503, 502, 429, 503], read)).toEqual([3, 'api'])
  })

  test('with HEAD is one too', async () => {
    const head = (client: PocketBase): Promise<unknown> => client.send('/', { method: 'HEAD' })
    expect(await attempts([503], head)).toEqual([2, 'done'])
  })

  test('of a silent server is sent again', async () => {
    const { client, requests } = observed((_, index) =>
      index === 0 ? new Promise(() => {}) : json({}),
    )
    const call = client.send('/api/x', { retry: 1, timeout: 100 })
    await vi.runAllTimersAsync()
    expect(await call).toEqual({})
    expect(requests).toHaveLength(2)
    expect(requests.map(({ init }) => init.signal?.aborted)).toEqual([true, false])
  })
})

describe('a write', () => {
  const writes: { [name: string]: (client: PocketBase) => Promise<unknown> } = {
    'send with POST': (client) => client.send('/api/x', { method: 'POST', body: { a: 1 } }),
    'send with PUT': (client) => client.send('/api/x', { method: 'PUT' }),
    update: (client) => client.collection('posts').update('a', { 'n+': 1 }),
    delete: (client) => client.collection('posts').delete('a'),
    authWithPassword: (client) => client.collection('users').authWithPassword('a', 'b'),
    authRefresh: (client) => client.collection('users').authRefresh(),
    'create with an id of the caller': (client) => client.collection('posts').create({ id: 'x' }),
    'create with form data': (client) => client.collection('posts').create(new FormData()),
    'create of a collection': (client) => client.collections.create({ name: 'a' }),
    'update of settings': (client) => client.settings.update({ logs: { maxDays: 1 } }),
  }

  for (const [name, write] of Object.entries(writes)) {
    test(`that the server may have done is not sent again: ${name}`, async () => {
      expect((await attempts([503], write))[0]).toBe(1)
      expect(await attempts([networkFailure('ECONNRESET')], write)).toEqual([1, 'network'])
    })

    test(`that the server has surely not done is sent again: ${name}`, async () => {
      expect(await attempts([429, networkFailure('ECONNREFUSED')], write)).toEqual([3, 'done'])
    })
  }

  test('is not sent again after a silence', async () => {
    const { client, requests } = observed(() => new Promise<never>(() => {}))
    const options = { method: 'POST', retry: 3, timeout: 100 }
    const outcome = outcomeOf(client.send('/api/x', options))
    await vi.runAllTimersAsync()
    expect(await outcome).toBe('timeout')
    expect(requests).toHaveLength(1)
  })

  for (const code of ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']) {
    test(`never left when the connection failed with ${code}`, async () => {
      expect(await attempts([networkFailure(code)], writes['update']!)).toEqual([2, 'done'])
    })
  }

  test('with a body that can be read once is sent once', async () => {
    const { client, requests } = observed(async (request, index) => {
      await new Response(request.init.body as ReadableStream).text()
      return failing(429)(request, index)
    })
    const options = { method: 'POST', body: new Response('x').body, retry: 2 }
    const outcome = outcomeOf(client.send('/api/x', options))
    await vi.runAllTimersAsync()
    expect(await outcome).toBe('api')
    expect(requests).toHaveLength(1)
  })

  test('with a stream that a hook has put in is sent once', async () => {
    const { client, requests } = observed(async (request, index) => {
      await new Response(request.init.body as ReadableStream).text()
      return failing(429)(request, index)
    })
    const body = new Response('x').body
    client.beforeSend = (_url, options) => ({ options: { ...options, body } })
    const outcome = outcomeOf(client.send('/api/x', { method: 'POST', body: {}, retry: 2 }))
    await vi.runAllTimersAsync()
    expect(await outcome).toBe('api')
    expect(requests).toHaveLength(1)
  })
})

describe('a create', () => {
  test('becomes repeatable by an id that the client makes', async () => {
    const { client, requests } = observed(failing(503, networkFailure('ECONNRESET')), { retry: 2 })
    const call = client.collection('posts').create({ title: 'a' })
    await vi.runAllTimersAsync()
    await call
    const bodies = requests.map(({ init }) => JSON.parse(init.body as string) as { id: string })
    expect(bodies).toHaveLength(3)
    expect(bodies[0]).toEqual({ title: 'a', id: expect.stringMatching(/^[a-z0-9]{15}$/) })
    expect(new Set(bodies.map(({ id }) => id)).size).toBe(1)
  })

  test('becomes repeatable with a file in it', async () => {
    const { client, requests } = observed(failing(503), { retry: 2 })
    const call = client.collection('posts').create({ title: 'a', file: createFile('a.txt', 'x') })
    await vi.runAllTimersAsync()
    await call
    const ids = requests.map(({ init }) => {
      const form = init.body as FormData
      expect(form.get('file')).toBeInstanceOf(File)
      return (JSON.parse(form.get('@jsonPayload') as string) as { id: string }).id
    })
    expect(ids).toHaveLength(2)
    expect(ids[0]).toMatch(/^[a-z0-9]{15}$/)
    expect(ids[1]).toBe(ids[0])
  })

  test('lets the server make the id where nothing is retried', async () => {
    const { client, requests } = observed(failing(), { retry: 2 })
    await client.collection('posts').create({ title: 'a' }, { retry: 0 })
    expect(requests[0]?.init.body).toBe('{"title":"a"}')
  })

  test('changes nothing of the caller’s body', async () => {
    const { client } = observed(failing(), { retry: 2 })
    const body = Object.freeze({ title: 'a' })
    await client.collection('posts').create(body)
    expect(body).toEqual({ title: 'a' })
  })
})

describe('the option', () => {
  test('of the call wins over the client’s', async () => {
    const more = (client: PocketBase): Promise<unknown> => client.health.check({ retry: 3 })
    const none = (client: PocketBase): Promise<unknown> => client.health.check({ retry: 0 })
    expect((await attempts([503, 503, 503, 503, 503], more))[0]).toBe(4)
    expect((await attempts([503], none))[0]).toBe(1)
  })

  test('never reaches the server', async () => {
    const { client, requests } = observed(failing())
    await client.send('/api/x', { retry: { times: 2 } })
    expect(requests[0]?.url).toBe('http://pb.test/api/x')
  })
})

describe('the pause', () => {
  test('is half of 300 ms on average, and doubles', async () => {
    expect(await pausesMs([503, 503, 503, 503], { retry: 4 })).toEqual([150, 300, 600, 1200])
  })

  test('is anything from nothing up to that length, by chance', async () => {
    vi.mocked(Math.random).mockReturnValue(0)
    expect(await pausesMs([503, 503], { retry: 2 })).toEqual([0, 0])
    vi.mocked(Math.random).mockReturnValue(0.999_99)
    expect(await pausesMs([503, 503], { retry: 2 })).toEqual([299, 599])
  })

  test('begins with delayMs and ends with maxDelayMs', async () => {
    const retry = { times: 4, delayMs: 1000, maxDelayMs: 3000 }
    expect(await pausesMs([503, 503, 503, 503], { retry })).toEqual([500, 1000, 1500, 1500])
  })

  test('is never over 30 seconds by default', async () => {
    vi.mocked(Math.random).mockReturnValue(1)
    const pauses = await pausesMs(
      Array.from({ length: 12 }, () => 503),
      { retry: 12 },
    )
    expect(pauses).toHaveLength(12)
    expect(Math.max(...pauses)).toBe(30_000)
  })

  test('is as long as Retry-After asks, in seconds, and some by chance', async () => {
    expect(await pausesMs([retryAfter('2')], { retry: 1 })).toEqual([2150])
    expect(await pausesMs([retryAfter('2', 503)], { retry: 1 })).toEqual([2150])
  })

  test('is as long as Retry-After asks, as a date', async () => {
    const soon = retryAfter('Sat, 31 Jan 2026 10:00:05 GMT')
    expect(await pausesMs([soon], { retry: 1 })).toEqual([5150])
    vi.setSystemTime('2026-01-31T10:00:00Z')
    const past = retryAfter('Sat, 31 Jan 2026 09:00:00 GMT')
    expect(await pausesMs([past], { retry: 1 })).toEqual([150])
  })

  for (const value of ['0', '-5', 'soon', '']) {
    test(`is the usual one after the Retry-After ${JSON.stringify(value)}`, async () => {
      expect(await pausesMs([retryAfter(value)], { retry: 1 })).toEqual([150])
    })
  }

  test('is not made where the server asks for more than maxDelayMs', async () => {
    expect(await pausesMs([retryAfter('31')], { retry: 1 })).toEqual([])
    expect(await pausesMs([retryAfter('30')], { retry: 1 })).toEqual([30_000])
    const retry = { times: 1, maxDelayMs: 1000 }
    expect(await pausesMs([retryAfter('2')], { retry })).toEqual([])
  })

  test('ends at once when the call is cancelled, and nothing more is sent', async () => {
    const controller = new AbortController()
    const { client, requests } = observed(failing(503, 503))
    const signalled = client.send('/api/x', { retry: 2, signal: controller.signal })
    const cancelled = client.send('/api/y', { retry: 2 })
    const ended = Promise.allSettled([signalled, cancelled])
    await vi.advanceTimersByTimeAsync(1)
    expect([requests.length, vi.getTimerCount()]).toEqual([2, 2])
    controller.abort('enough')
    client.cancelRequest('GET /api/y')
    expect(await ended).toMatchObject([
      { reason: { kind: 'abort', cause: 'enough' } },
      { reason: { kind: 'abort' } },
    ])
    expect(vi.getTimerCount()).toBe(0)
    expect(requests).toHaveLength(2)
  })
})

test('hooks and middleware see every attempt', async () => {
  const { client } = observed(failing(503, 503), { retry: 2 })
  const seen: string[] = []
  client.beforeSend = () => {
    seen.push('before')
    return {}
  }
  client.use((request, next) => {
    seen.push('use')
    return next(request)
  })
  client.afterSend = (response, data: unknown) => {
    seen.push(`after ${response.status}`)
    return data
  }
  const call = client.send('/api/x', {})
  await vi.runAllTimersAsync()
  await call
  const attempt = ['before', 'use']
  expect(seen).toEqual([...attempt, 'after 503', ...attempt, 'after 503', ...attempt, 'after 200'])
})

test('a newer read cancels one that is waiting to be sent again', async () => {
  const { client, requests } = observed(failing(503), { retry: 2 })
  const first = outcomeOf(client.send('/api/x', {}))
  await vi.advanceTimersByTimeAsync(1)
  await client.send('/api/x', {})
  expect(await first).toBe('abort')
  expect(requests).toHaveLength(2)
})
