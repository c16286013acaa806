import { expect, test } from 'vitest'

import { ApiError, DecodeError, NotFoundError } from '../../src/index.ts'
import type { AnalyticsEvent } from '../../src/index.ts'
import { json, observed, queryOf } from '../support/observed.ts'
import type { SentRequest } from '../support/observed.ts'

function eventsOf({ init }: SentRequest): AnalyticsEvent[] {
  return JSON.parse(init.body as string).events
}

/** Answers as the pack does. */
function accepting(request: SentRequest): Response {
  const { length } = eventsOf(request)
  return json({ accepted: length, total: length }, { status: 202 })
}

test('what is not an option of the request becomes a member of the event', async () => {
  const { client, requests } = observed(accepting)
  const { signal } = new AbortController()
  const options = { sid: 's', props: { plan: 'pro' }, perf_ms: 3, headers: { 'X-A': '1' }, signal }
  await client.analytics.trackEvent('signup', '/pricing', 'https://example.com', options)
  const [event] = eventsOf(requests[0]!)
  expect(event).toEqual({
    event: 'signup',
    path: '/pricing',
    referrer: 'https://example.com',
    sid: 's',
    id: expect.stringMatching(/^[a-z0-9]{15}$/) as string,
    props: { plan: 'pro' },
    perf_ms: 3,
  })
  expect(requests[0]!.url).toBe('http://pb.test/api/analytics/events')
  expect(requests[0]!.init.headers['X-A']).toBe('1')
  expect(options).toHaveProperty('sid')
})

test('events of a service are of one session, and each has an id of its own', async () => {
  const { client, requests } = observed(accepting)
  await client.analytics.trackEvent('one', '/')
  await client.analytics.trackEvents([{ event: 'two' }, { event: 'three', sid: 'own', id: 'mine' }])
  const [one, two, three] = requests.flatMap(eventsOf)
  expect(two!.sid).toBe(one!.sid)
  expect(two!.id).not.toBe(one!.id)
  expect(three).toEqual({ event: 'three', sid: 'own', id: 'mine' })
})

test('no request has more than 500 events or 256 KiB, and all arrive in their order', async () => {
  const { client, requests } = observed(accepting)
  const many = Array.from({ length: 1001 }, (_, index) => ({ event: `e${index}` }))
  expect(await client.analytics.trackEvents(many)).toEqual({ accepted: 1001, total: 1001 })
  expect(requests.flatMap(eventsOf).map(({ event }) => event)).toEqual(
    many.map(({ event }) => event),
  )
  const large = Array.from({ length: 40 }, () => ({ event: 'large', title: '語'.repeat(10_000) }))
  await client.analytics.trackEvents(large)
  for (const { init } of requests) {
    expect(Buffer.byteLength(init.body as string)).toBeLessThanOrEqual(256 * 1024)
    expect(JSON.parse(init.body as string).events.length).toBeLessThanOrEqual(500)
  }
  expect(requests.flatMap(eventsOf)).toHaveLength(1041)
})

test('no events are no request', async () => {
  const { client, requests } = observed(accepting)
  expect(await client.analytics.trackEvents([])).toEqual({ accepted: 0, total: 0 })
  expect(requests).toEqual([])
})

test('events are sent again with the same ids, where the client retries', async () => {
  const { client, requests } = observed(
    (request, index) => (index ? accepting(request) : new Response('{}', { status: 502 })),
    { retry: { times: 1, delayMs: 1 } },
  )
  await client.analytics.trackEvent('once', '/')
  expect(requests).toHaveLength(2)
  expect(requests[1]!.init.body).toBe(requests[0]!.init.body)
})

test('what a server says of bots has no total: nothing was accepted', async () => {
  const { client } = observed(() => json({ accepted: 0, message: 'bot traffic ignored' }))
  expect(await client.analytics.trackEvent('a', '/')).toEqual({ accepted: 0, total: 1 })
})

test('statistics ask for seven days and ten rows, unless told otherwise', async () => {
  const { client, requests } = observed(() => json({}))
  await client.analytics.getStats()
  await client.analytics.getTopPages('30d', 5)
  await client.analytics.getTopSources()
  await client.analytics.getDevices('today', { fields: 'os' })
  expect(requests.map((request) => [new URL(request.url).pathname, queryOf(request)])).toEqual([
    ['/api/analytics/stats', { range: '7d' }],
    ['/api/analytics/top-pages', { range: '30d', limit: '5' }],
    ['/api/analytics/top-sources', { range: '7d', limit: '10' }],
    ['/api/analytics/devices', { range: 'today', fields: 'os' }],
  ])
})

test('the URL of raw logs has the token, where one is given', () => {
  const { client } = observed(() => json({}))
  const url = 'http://pb.test/api/analytics/raw-logs/2026-01-31'
  expect(client.analytics.getRawLogDownloadURL('2026-01-31')).toBe(url)
  expect(client.analytics.getRawLogDownloadURL('2026-01-31', 'a+b')).toBe(`${url}?token=a%2Bb`)
})

test('whether analytics are enabled is told by what the server says of no events', async () => {
  const { client } = observed((_, index) => json({}, { status: [400, 404, 500][index]! }))
  expect(await client.analytics.isEnabled()).toBe(true)
  expect(await client.analytics.isEnabled()).toBe(false)
  await expect(client.analytics.isEnabled()).rejects.toMatchObject({ status: 500 })
})

const install = /npx pbts hooks install <pb_hooks folder>/

test.each([
  ['File not found.', 404],
  ["The requested resource wasn't found.", 404],
])('"%s" is explained by the missing pack', async (message, status) => {
  const { client } = observed(() => json({ message, status, data: {} }, { status }))
  const error = await client.traces.listSpans().catch((cause: unknown) => cause)
  expect(error).toBeInstanceOf(NotFoundError)
  expect(error).toHaveProperty('hint', expect.stringMatching(install))
  expect(String(error)).toMatch(install)
})

test('a page in the place of data is explained by the missing pack', async () => {
  const { client } = observed(
    () => new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } }),
  )
  const error = await client.analytics.getStats().catch((cause: unknown) => cause)
  expect(error).toBeInstanceOf(DecodeError)
  expect(error).toHaveProperty('hint', expect.stringMatching(install))
})

test('other failures are not', async () => {
  const failures = [
    [404, 'Span not found.'],
    [403, 'The authorized record is not allowed to perform this action.'],
  ] as const
  const { client } = observed((_, index) => {
    const [status, message] = failures[index]!
    return json({ message, status, data: {} }, { status })
  })
  for (const _ of failures) {
    const error = await client.traces.getSpan('t', 's').catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toHaveProperty('hint', '')
  }
})

test('times to live are sent as durations, and who wants them in the body', async () => {
  const user = { userId: 'u', ttl: 1 }
  const { client, requests } = observed(() => json(user))
  await client.traces.addDyedUser('u', undefined, { addedBy: 'me', reason: 'slow', fields: 'ttl' })
  await client.traces.updateDyedUser('a/b', 60)
  expect(
    requests.map(({ url, init }) => [init.method, url, JSON.parse(init.body as string)]),
  ).toEqual([
    [
      'POST',
      'http://pb.test/api/_/trace/dyed-users?fields=ttl',
      { userId: 'u', ttl: '3600s', addedBy: 'me', reason: 'slow' },
    ],
    ['PUT', 'http://pb.test/api/_/trace/dyed-users/a%2Fb/ttl', { ttl: '60s' }],
  ])
})

test('filters of spans are sent by their names, and no spans are an empty list', async () => {
  const { client, requests } = observed(() =>
    json({ items: null, totalCount: 0, page: 1, perPage: 20 }),
  )
  const options = { status: 'error', orderBy: 'duration', limit: 5 } as const
  expect((await client.traces.listSpans(200, options)).items).toEqual([])
  expect(queryOf(requests[0]!)).toEqual({
    minDuration: '200',
    status: 'error',
    orderBy: 'duration',
    limit: '5',
  })
})

test('traces and dyed users are deleted by their ids', async () => {
  const { client, requests } = observed(() => new Response(null, { status: 204 }))
  expect(await client.traces.deleteTrace('t')).toBe(true)
  expect(await client.traces.removeDyedUser('u')).toBe(true)
  expect(requests.map(({ url, init }) => `${init.method} ${new URL(url).pathname}`)).toEqual([
    'DELETE /api/_/trace/spans/t',
    'DELETE /api/_/trace/dyed-users/u',
  ])
})
