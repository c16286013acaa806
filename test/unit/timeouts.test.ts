import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { createFile, TimeoutError } from '../../src/index.ts'
import type {
  ClientResponseError,
  PocketBase,
  PocketBaseOptions,
  SendOptions,
} from '../../src/index.ts'
import { json, observed } from '../support/observed.ts'
import type { SentRequest } from '../support/observed.ts'

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.restoreAllMocks()
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

/** A server that accepts and says nothing. */
function silent(): Promise<Response> {
  return new Promise(() => {})
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}

/** What has become of a call by now: `pending`, `done`, or the kind of its error. */
function watch(call: Promise<unknown>): { state: string; error?: ClientResponseError } {
  const seen: { state: string; error?: ClientResponseError } = { state: 'pending' }
  call.then(
    () => (seen.state = 'done'),
    (error: unknown) => Object.assign(seen, { state: (error as ClientResponseError).kind, error }),
  )
  return seen
}

/** Expects a call against a silent server to give up after so many milliseconds, and not before. */
async function expectPatience(
  ms: number,
  call: (client: PocketBase) => Promise<unknown>,
  options: PocketBaseOptions = {},
): Promise<void> {
  const { client } = observed(silent, options)
  const seen = watch(call(client))
  const aDayMs = 24 * 60 * 60 * 1000
  await vi.advanceTimersByTimeAsync(Math.min(ms, aDayMs) - 1)
  expect(seen.state).toBe('pending')
  await vi.advanceTimersByTimeAsync(2)
  expect(seen.state).toBe(ms < aDayMs ? 'timeout' : 'pending')
  await client.close()
}

describe('a silent server', () => {
  test('is given up after 30 seconds', async () => {
    await expectPatience(30_000, (client) => client.health.check())
  })

  test('gives an error with its length and the call, and stops the request', async () => {
    const { client, requests } = observed(silent)
    const seen = watch(client.send('/api/x?token=secret', { timeout: 250, method: 'POST' }))
    await vi.advanceTimersByTimeAsync(249)
    expect(seen.state).toBe('pending')
    await vi.advanceTimersByTimeAsync(2)
    expect(seen.error).toBeInstanceOf(TimeoutError)
    expect(seen.error).toMatchObject({ status: 0, isAbort: false, method: 'POST', path: '/api/x' })
    expect(seen.error?.describe()).toMatch(/^POST \/api\/x failed: .*\b250 ms/)
    expect(requests[0]?.init.signal?.aborted).toBe(true)
  })

  test('is given up although its fetch knows no signals, and while the body comes in', async () => {
    const { client } = observed(() => new Response(new ReadableStream()))
    const seen = watch(client.send('/api/x', { timeout: 100 }))
    await vi.advanceTimersByTimeAsync(101)
    expect(seen.state).toBe('timeout')
  })
})

describe('a slow server', () => {
  /** Answers with the headers, then with a byte of JSON every so often. */
  function drip({ init }: SentRequest, everyMs: number, text: string): Response {
    let at = 0
    const body = new ReadableStream({
      start(controller) {
        init.signal!.addEventListener('abort', () => {
          at = text.length
          controller.error(init.signal!.reason)
        })
      },
      async pull(controller) {
        await sleep(everyMs)
        if (at < text.length) controller.enqueue(new TextEncoder().encode(text[at++]))
        else if (!init.signal!.aborted) controller.close()
      },
    })
    return new Response(body)
  }

  test('has all the time it wants while something arrives', async () => {
    const { client } = observed((request) => drip(request, 29_000, '{"a": 1}'))
    const call = client.send('/api/x', {})
    await vi.advanceTimersByTimeAsync(9 * 29_000)
    expect(await call).toEqual({ a: 1 })
  })

  test('is given up when the body falls silent', async () => {
    const { client } = observed((request) => drip(request, 400, '{"a": 1}'))
    const seen = watch(client.send('/api/x', { timeout: 300 }))
    await vi.advanceTimersByTimeAsync(301)
    expect(seen.state).toBe('timeout')
    // The pause of the stand-in.
    await vi.advanceTimersByTimeAsync(400)
  })

  test('shows a sign of life with the headers', async () => {
    const { client } = observed(async (request) => {
      await sleep(250)
      return drip(request, 250, '{}')
    })
    const call = client.send('/api/x', { timeout: 300 })
    await vi.advanceTimersByTimeAsync(4 * 250)
    expect(await call).toEqual({})
  })
})

describe('the option timeout', () => {
  const check = (client: PocketBase): Promise<unknown> => client.health.check()

  test('of the client is every call’s', async () => {
    await expectPatience(1000, check, { timeout: 1000 })
  })

  test('of the call wins', async () => {
    await expectPatience(500, (client) => client.health.check({ timeout: 500 }), { timeout: 1000 })
    await expectPatience(500, (client) => client.health.check({ timeout: 500 }), { timeout: 0 })
  })

  test('of 0 switches it off, for a call or for the client', async () => {
    await expectPatience(Infinity, (client) => client.health.check({ timeout: 0 }))
    await expectPatience(Infinity, check, { timeout: 0 })
  })

  test('can be longer than timers can, up to forever', async () => {
    for (const timeout of [2 ** 31, 1e12, Infinity]) {
      const setTimer = vi.spyOn(globalThis, 'setTimeout')
      const { client } = observed(silent)
      const seen = watch(client.send('/api/x', { timeout }))
      await vi.advanceTimersByTimeAsync(1000)
      expect(seen.state).toBe('pending')
      // A timer of more than 2^31 ms ends at once, and would again and again.
      expect(setTimer.mock.calls.length).toBeLessThan(10)
      setTimer.mockRestore()
      client.cancelAllRequests()
      await vi.advanceTimersByTimeAsync(0)
    }
  })

  test('is no query parameter', async () => {
    const { client, requests } = observed(() => json({}))
    await client.send('/api/x', { timeout: 500 })
    expect(requests[0]?.url).toBe('http://pb.test/api/x')
  })
})

describe('a body of files', () => {
  const form = new FormData()
  form.append('file', new Blob(['x']), 'a.txt')
  const bodies = {
    'form data': form,
    'a plain object with a file': { file: createFile('a.txt', 'x') },
    'a plain object with a list of files': { files: ['old.txt', new Blob(['x'])] },
    'a blob': new Blob(['x']),
    bytes: new Uint8Array(3),
    'a stream': new ReadableStream(),
  }

  for (const [name, body] of Object.entries(bodies)) {
    test(`may take any time: ${name}`, async () => {
      const options: SendOptions = { method: 'POST', body }
      await expectPatience(Infinity, (client) => client.send('/api/x', options))
    })

    test(`may take as long as the call says: ${name}`, async () => {
      const options: SendOptions = { method: 'POST', body, timeout: 700 }
      await expectPatience(700, (client) => client.send('/api/x', options))
    })
  }

  test('is none that is JSON or text', async () => {
    for (const body of [{ title: 'a' }, '{}']) {
      const options: SendOptions = { method: 'POST', body }
      await expectPatience(30_000, (client) => client.send('/api/x', options))
    }
  })
})

test('the import of collections may take any time', async () => {
  await expectPatience(Infinity, (client) => client.collections.import([]))
  await expectPatience(500, (client) => client.collections.import([], false, { timeout: 500 }))
})

test('each attempt has the whole time, and the pause between them is none of it', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
  const { client, requests } = observed(silent)
  const options = { timeout: 100, retry: { times: 1, delayMs: 1000 } }
  const seen = watch(client.send('/api/x', options))
  await vi.advanceTimersByTimeAsync(100 + 500)
  expect([requests.length, seen.state]).toEqual([2, 'pending'])
  await vi.advanceTimersByTimeAsync(99)
  expect(seen.state).toBe('pending')
  await vi.advanceTimersByTimeAsync(1)
  expect(seen.state).toBe('timeout')
})

test('a call that is done leaves no timer', async () => {
  const { client } = observed((_, index) => (index === 0 ? json({}) : json({}, { status: 400 })))
  await client.send('/api/x', {})
  expect(vi.getTimerCount()).toBe(0)
  await expect(client.send('/api/x', {})).rejects.toThrow()
  expect(vi.getTimerCount()).toBe(0)
})
