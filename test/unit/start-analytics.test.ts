import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { startAnalytics } from '../../src/analytics/index.ts'
import type { Analytics, StartAnalyticsOptions } from '../../src/analytics/index.ts'
import type { AnalyticsEvent, PocketBase, PocketBaseOptions } from '../../src/index.ts'
import { json, observed } from '../support/observed.ts'
import type { SentRequest } from '../support/observed.ts'

beforeEach(() => {
  vi.useFakeTimers()
  vi.spyOn(console, 'warn').mockImplementation(() => {})
})

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** What the console was told. */
function warnings(): string[] {
  return vi.mocked(console.warn).mock.calls.map((told) => told.join(' '))
}

function eventsOf({ init }: SentRequest): AnalyticsEvent[] {
  return JSON.parse(init.body as string).events
}

type Status = number | 'lost'

/** A collector outside of a page, whose server gives these answers, and 202 afterwards. */
function collecting(
  statuses: Status[] = [],
  options: StartAnalyticsOptions = {},
  clientOptions: PocketBaseOptions = {},
): { analytics: Analytics; client: PocketBase; requests: SentRequest[]; names: () => string[] } {
  const { client, requests } = observed((_, index) => {
    const status = statuses[index] ?? 202
    if (status === 'lost') throw new TypeError('fetch failed')
    const message = "The requested resource wasn't found."
    return json({ accepted: 1, message, status, data: {} }, { status })
  }, clientOptions)
  const analytics = startAnalytics(client, options)
  return {
    analytics,
    client,
    requests,
    names: () => requests.flatMap(eventsOf).map(({ event }) => event),
  }
}

test('events are sent together, five seconds after the first of them', async () => {
  const { analytics, requests, names } = collecting()
  analytics.track('one')
  await vi.advanceTimersByTimeAsync(4000)
  analytics.track('two', { of: 2 })
  expect(requests).toEqual([])
  await vi.advanceTimersByTimeAsync(1000)
  expect(requests).toHaveLength(1)
  expect(names().sort()).toEqual(['one', 'two'])
  await vi.advanceTimersByTimeAsync(60_000)
  expect(requests).toHaveLength(1)
})

test('a request is one that browsers send to other origins without asking first, and after the end of a page', async () => {
  const { analytics, client, requests } = collecting([], {}, { traceparent: true })
  client.authStore.save('token', { id: 'u', collectionId: 'c', collectionName: 'users' })
  analytics.track('one')
  await analytics.flush()
  expect(requests[0]!.init).toMatchObject({ method: 'POST', keepalive: true })
  expect(requests[0]!.init.headers).toEqual({ 'Content-Type': 'text/plain' })
})

test('an event has the session, an id and the time when it happened', async () => {
  const { analytics, requests } = collecting()
  vi.setSystemTime('2026-01-31T10:00:00Z')
  analytics.identify('ada')
  analytics.track('one', { a: 1 })
  vi.setSystemTime('2026-01-31T10:29:00Z')
  analytics.identify(null)
  analytics.track('two')
  vi.setSystemTime('2026-01-31T10:59:00Z')
  analytics.track('three')
  await analytics.flush()
  const [one, two, three] = requests.flatMap(eventsOf)
  expect(one).toMatchObject({ uid: 'ada', props: { a: 1 }, ts: Date.UTC(2026, 0, 31, 10) })
  expect(two).not.toHaveProperty('uid')
  expect(two!.sid).toBe(one!.sid)
  // Half an hour without anything.
  expect(three!.sid).not.toBe(one!.sid)
  expect(new Set([one!.id, two!.id, three!.id]).size).toBe(3)
})

test('what was not answered is sent again, under the same id, after ever longer pauses', async () => {
  const { analytics, requests, names } = collecting(['lost', 503, 429])
  analytics.track('one')
  await vi.advanceTimersByTimeAsync(5000)
  expect(requests).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(9999)
  expect(requests).toHaveLength(1)
  analytics.track('two')
  await vi.advanceTimersByTimeAsync(1)
  expect(requests).toHaveLength(2)
  await vi.advanceTimersByTimeAsync(20_000)
  expect(requests).toHaveLength(3)
  await vi.advanceTimersByTimeAsync(40_000)
  expect(requests).toHaveLength(4)
  expect(eventsOf(requests[3]!)).toEqual(eventsOf(requests[1]!))
  await vi.advanceTimersByTimeAsync(600_000)
  expect(requests).toHaveLength(4)
  expect(names().filter((name) => name === 'one')).toHaveLength(4)
  expect(warnings()).toEqual([])
})

test('while a request is under way, others take what came since, and waiting is for all of them', async () => {
  const answers: (() => void)[] = []
  const { client, requests } = observed(
    async () =>
      new Promise((resolve) => {
        answers.push(() => resolve(json({ accepted: 1 }, { status: 202 })))
      }),
  )
  const analytics = startAnalytics(client)
  analytics.track('one')
  void analytics.flush()
  analytics.track('two')
  let isDone = false
  const flushed = analytics.flush().then(() => (isDone = true))
  expect(requests.map((request) => eventsOf(request).map(({ event }) => event))).toEqual([
    ['one'],
    ['two'],
  ])
  answers[1]!()
  await vi.advanceTimersByTimeAsync(0)
  expect(isDone).toBe(false)
  answers[0]!()
  await flushed
})

test('no request is larger than browsers send after the end of a page', async () => {
  const { analytics, requests, names } = collecting()
  for (let i = 0; i < 900; i++) analytics.track(`e${i}`, { text: '語'.repeat(i % 100) })
  await analytics.flush()
  expect(new Set(names()).size).toBe(900)
  expect(names()).toHaveLength(900)
  for (const request of requests) {
    expect(Buffer.byteLength(request.init.body as string)).toBeLessThan(64 * 1024)
    expect(eventsOf(request).length).toBeLessThanOrEqual(500)
  }
})

test('the latest events wait, as many as the limits let', async () => {
  const { analytics, names } = collecting([], { maxQueued: 3 })
  for (let i = 0; i < 10; i++) {
    analytics.track(`e${i}`)
    vi.advanceTimersByTime(1)
  }
  await analytics.flush()
  expect(names()).toEqual(['e7', 'e8', 'e9'])

  const small = collecting([], { maxQueuedBytes: 5000 })
  for (let i = 0; i < 10; i++) {
    small.analytics.track(`e${i}`, { text: 'x'.repeat(1000) })
    vi.advanceTimersByTime(1)
  }
  await small.analytics.flush()
  expect(small.names()).toEqual(['e8', 'e9'])
})

test('where there is no pack one warning says how to install it, and then there is silence', async () => {
  const { analytics, requests } = collecting([404])
  analytics.track('one')
  await analytics.flush()
  analytics.track('two')
  await vi.advanceTimersByTimeAsync(3_600_000)
  await analytics.flush()
  expect(requests).toHaveLength(1)
  expect(warnings()).toEqual([
    expect.stringMatching(/^Analytics: nothing is counted\..*npx pbts hooks install/),
  ])
})

test('what a server refuses for good is not sent again, and what comes later is', async () => {
  const { analytics, names } = collecting([400])
  analytics.track('refused')
  await analytics.flush()
  analytics.track('later')
  await vi.advanceTimersByTimeAsync(600_000)
  expect(names()).toEqual(['refused', 'later'])
})

test('what cannot be sent is told on the console, and leaves the rest alone', async () => {
  const { analytics, names } = collecting()
  const props: { [key: string]: unknown } = {}
  props['props'] = props
  analytics.track('a circle', props)
  analytics.track('too large', { text: 'x'.repeat(20_000) })
  analytics.track('fine')
  await analytics.flush()
  expect(names()).toEqual(['fine'])
  expect(warnings()).toEqual([
    expect.stringContaining('circular'),
    expect.stringContaining('too large'),
  ])
})

test('who has opted out is not heard of, and what waits is forgotten', async () => {
  const { analytics, requests, names } = collecting()
  analytics.track('before')
  analytics.optOut()
  analytics.track('after')
  await analytics.flush()
  expect(requests).toEqual([])
  analytics.optIn()
  analytics.track('again')
  await analytics.flush()
  expect(names()).toEqual(['again'])
})

test('nothing is collected before somebody opts in, where that is wanted', async () => {
  const { analytics, names } = collecting([], { optedOut: true })
  analytics.track('before')
  analytics.optIn()
  analytics.track('after')
  await analytics.flush()
  expect(names()).toEqual(['after'])
})

test('closing the client sends what waits', async () => {
  const { analytics, client, names } = collecting()
  analytics.track('one')
  await client.close()
  expect(names()).toEqual(['one'])
  analytics.track('two')
  await vi.advanceTimersByTimeAsync(600_000)
  expect(names()).toEqual(['one'])
})

test('what is stopped leaves the client as it was, and no timer', async () => {
  const { client } = observed(() => json({ accepted: 1 }, { status: 202 }))
  const closing = (): unknown => Reflect.get(client, 'close')
  const before = closing()
  const analytics = startAnalytics(client)
  expect(closing()).not.toBe(before)
  analytics.track('one')
  await analytics.stop()
  expect(closing()).toBe(before)
  expect(vi.getTimerCount()).toBe(0)
})
