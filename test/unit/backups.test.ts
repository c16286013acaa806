import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { AbortError, NetworkError } from '../../src/index.ts'
import { observed } from '../support/observed.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('a restore that waits, where no stream of events comes', () => {
  const silence = () => new Promise<Response>(() => {})

  test('is a NetworkError, and nothing is restored', async () => {
    const { client, requests } = observed(silence)
    const done = client.backups.restore('a.zip', { wait: true }).catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(60_000)
    const error = await done
    expect(error).toBeInstanceOf(NetworkError)
    expect(error).toMatchObject({
      isAbort: false,
      message: expect.stringMatching(/^No stream of events/),
    })
    expect(requests.map(({ init }) => init.method)).toEqual(['GET'])
  })

  test.each(['before', 'meanwhile'])('ends with a signal that is aborted %s', async (when) => {
    const { client, requests } = observed(silence)
    const controller = new AbortController()
    const { signal } = controller
    if (when === 'before') controller.abort('enough')
    const done = client.backups
      .restore('a.zip', { wait: true, signal })
      .catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(100)
    controller.abort('enough')
    const error = await done
    expect(error).toBeInstanceOf(AbortError)
    expect(error).toMatchObject({ cause: 'enough' })
    expect(requests.filter(({ init }) => init.method === 'POST')).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
  })
})
