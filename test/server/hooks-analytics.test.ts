import { rmSync } from 'node:fs'

import { afterAll, beforeEach, describe, expect, test } from 'vitest'

import { version as packVersion } from '../../src/hooks/index.ts'
import { linesOf, request, sendEvents, storedEvents, testHooks, today } from '../support/pack.ts'
import type { Answer, Sent } from '../support/pack.ts'
import { describeServers } from '../support/server.ts'
import type { ServerUnderTest } from '../support/server.ts'

const chrome =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36'
const iPhone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1'
const day = 86_400_000

/** Every route that is for superusers. */
const guarded = [
  'stats',
  'top-pages',
  'top-sources',
  'devices',
  'raw-logs',
  `raw-logs/${today()}`,
  'config',
]

describe('the hooks pack', () => {
  const hooksDir = testHooks()
  afterAll(() => rmSync(hooksDir, { recursive: true }))

  describeServers(
    'analytics',
    (pb) => {
      const as = async (path: string, sent: Sent = {}): Promise<Answer> =>
        request(pb.url, path, { token: pb.admin.authStore.token, ...sent })
      const get = async (path: string): Promise<any> => {
        const answer = await as(`/api/analytics/${path}`)
        expect(answer.status).toBe(200)
        return answer.json()
      }
      beforeEach(async () => empty(pb))

      test('take events and answer what was taken', async () => {
        const answer = await sendEvents(pb.url, [
          { event: 'page_view', sid: 's1', path: '/a' },
          { event: 'page_view', path: '/a' },
          { sid: 's1' },
          'no event',
          null,
          { event: 'click', sid: 's2' },
        ])
        expect(answer.status).toBe(202)
        expect(answer.json()).toEqual({ accepted: 2, total: 6 })
        expect(answer.headers.get('content-type')).toBe('application/json')
        expect(
          (await storedEvents(pb.admin)).map(({ event, sid, path }) => [event, sid, path]),
        ).toEqual([
          ['page_view', 's1', '/a'],
          ['click', 's2', '/'],
        ])
      })

      test('keep all members of an event', async () => {
        const event = {
          id: 'event-1',
          event: 'order',
          sid: 's1',
          uid: 'u1',
          ts: Date.now() - 5000,
          path: '/shop',
          query: 'a=1',
          referrer: 'https://www.Example.com:8080/x?y',
          title: 'Tür "1"\\',
          lang: 'de',
          perf_ms: 12,
          props: { sum: 1.5, list: [1, { a: null }] },
        }
        await sendEvents(pb.url, [event], { 'user-agent': chrome })
        expect(await storedEvents(pb.admin)).toEqual([
          {
            ...event,
            row: expect.any(Number),
            source: 'example.com',
            browser: 'Chrome',
            os: 'Windows 10',
            device: 'desktop',
          },
        ])
      })

      test('understand what other clients of this API send', async () => {
        const ts = Date.now() - 60_000
        const answer = await sendEvents(pb.url, [
          {
            event: 'a',
            sessionId: 's1',
            userId: 'u1',
            perfMs: 3.6,
            timestamp: ts,
            plan: 'pro',
            title: 7,
          },
          {
            event: 'b',
            sessionId: 's2',
            timestamp: new Date(ts).toISOString(),
            props: { a: 1 },
            b: [2],
          },
          { event: 'c', sid: 's3', sessionId: 'other', ts, timestamp: 5, perf_ms: 1, perfMs: 2 },
        ])
        expect(answer.json()).toEqual({ accepted: 3, total: 3 })
        const stored = await storedEvents(pb.admin, new Date(ts).toISOString().slice(0, 10))
        expect(stored).toMatchObject([
          { sid: 's1', uid: 'u1', ts, perf_ms: 4, props: { plan: 'pro', title: 7 }, title: '' },
          { sid: 's2', ts, props: { a: 1, b: [2] } },
          { sid: 's3', ts, perf_ms: 1, props: null },
        ])
      })

      test('take a beacon, whose content type is text, and a bare list', async () => {
        const text = JSON.stringify([{ event: 'a', sid: 's1' }])
        const headers = { 'content-type': 'text/plain;charset=UTF-8' }
        const answer = await request(pb.url, '/api/analytics/events', { body: text, headers })
        expect(answer.json()).toEqual({ accepted: 1, total: 1 })
      })

      test('count an event that comes again once', async () => {
        const event = { id: 'same', event: 'page_view', sid: 's1', path: '/a' }
        await sendEvents(pb.url, [event, event])
        const answer = await sendEvents(pb.url, [event, { ...event, id: 'other' }])
        expect(answer.json()).toEqual({ accepted: 2, total: 2 })
        expect(await storedEvents(pb.admin)).toHaveLength(2)
        expect(await get('stats?range=today')).toMatchObject({
          summary: { totalPV: 2, totalUV: 1 },
        })
        const noId = { event: 'page_view', sid: 's1', path: '/a' }
        await sendEvents(pb.url, [
          noId,
          { ...noId, id: '' },
          { ...noId, id: 'x'.repeat(65) },
          { ...noId, id: 'x'.repeat(65) },
        ])
        expect(await get('stats?range=today')).toMatchObject({ summary: { totalPV: 6 } })
      })

      test('believe a token, not a body, about who it is', async () => {
        const password = 'correct horse'
        await pb.admin
          .collection('users')
          .create({ email: `u${pb.server.port}@example.com`, password, passwordConfirm: password })
          .catch(() => {})
        const guest = pb.guest()
        const { record, token } = await guest
          .collection('users')
          .authWithPassword(`u${pb.server.port}@example.com`, password)
        const body = { events: [{ event: 'a', sid: 's', uid: 'somebody else' }] }
        await request(pb.url, '/api/analytics/events', { body, token })
        await request(pb.url, '/api/analytics/events', { body, token: 'not a token' })
        expect((await storedEvents(pb.admin)).map(({ uid }) => uid)).toEqual([
          record.id,
          'somebody else',
        ])
      })

      test('refuse what is no list of events, and say why', async () => {
        const post = async (body: Sent['body']) => {
          const { status, json } = await request(pb.url, '/api/analytics/events', { body: body! })
          return [status, json().message]
        }
        expect(await post('{')).toEqual([400, 'Invalid request body.'])
        expect(await post('"text"')).toEqual([400, 'Invalid request body.'])
        expect(await post({ events: 'text' })).toEqual([400, 'Invalid request body.'])
        for (const none of ['', '{}', '[]', { events: [] }, { events: null }]) {
          expect(await post(none)).toEqual([400, 'No events provided.'])
        }
        const many = Array.from({ length: 501 }, () => ({ event: 'a', sid: 's' }))
        expect(await post({ events: many })).toEqual([
          400,
          'A request takes at most 500 events, this one has 501.',
        ])
        expect(await post({ events: many.slice(1) })).toEqual([202, undefined])
      })

      test('ignore programs that read pages for others', async () => {
        const bot = {
          'user-agent': 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
        }
        const answer = await sendEvents(pb.url, [{ event: 'a', sid: 's' }], bot)
        expect([answer.status, answer.json()]).toEqual([
          202,
          { accepted: 0, message: 'bot traffic ignored' },
        ])
        expect(await storedEvents(pb.admin)).toEqual([])
        expect((await sendEvents(pb.url, [], bot)).status).toBe(400)
      })

      test('store paths in one form', async () => {
        const forms: readonly (readonly [string, string])[] = [
          ['', '/'],
          ['?x=1', '/'],
          ['#h', '/'],
          ['a/b', '/a/b'],
          ['https://ex.com', '/'],
          ['//host/path', '/path'],
          ['mailto:x@y.z', '/'],
          ['/a%zz?x=1', '/a%zz'],
          ['/a/?q=1#f', '/a'],
          ['/a//', '/a/'],
          ['https://ex.com/p/?q=1', '/p'],
          ['/%E4%BD%A0', '/你'],
          ['host:8080/x', '/'],
          ['http://[::1/x?y', '/x'],
          ['/', '/'],
          ['/A/b', '/A/b'],
          ['/a%00b', '/a b'],
          ['/%ff', '/%ff'],
          ['/a+b', '/a+b'],
          ['/ü', '/ü'],
          [':x', '/:x'],
          ['1:2', '/1:2'],
          ['http://u:p@h:80/x/', '/x'],
        ]
        await sendEvents(
          pb.url,
          forms.map(([path]) => ({ event: 'page_view', sid: 's', path })),
        )
        const stored = (await storedEvents(pb.admin)).map(({ path }) => path as string)
        expect(forms.map(([from], index) => [from, stored[index]])).toEqual(forms)
      })

      test('take the server’s time for what is too old or ahead', async () => {
        const before = Date.now()
        const times = [
          0,
          -1,
          before - 8 * day,
          before + 6 * 60_000,
          1e300,
          'yesterday',
          '2001-01-01T00:00:00Z',
          {},
          null,
        ]
        await sendEvents(
          pb.url,
          times.map((ts) => ({ event: 'a', sid: 's', ts })),
        )
        const stored = await storedEvents(pb.admin)
        expect(stored).toHaveLength(times.length)
        for (const { ts } of stored) expect(ts).toBeGreaterThanOrEqual(before)
        await sendEvents(pb.url, [{ event: 'a', sid: 's', ts: before - 6 * day }])
        const date = new Date(before - 6 * day).toISOString().slice(0, 10)
        expect(await storedEvents(pb.admin, date)).toMatchObject([{ ts: before - 6 * day }])
      })

      test('know no source in pages of the site itself', async () => {
        const events = [
          { event: 'page_view', sid: 'a', referrer: 'https://app.example.com/before' },
          { event: 'page_view', sid: 'b', referrer: 'https://www.other.com/' },
          {
            event: 'page_view',
            sid: 'c',
            path: 'https://third.com/x',
            referrer: 'https://third.com/y',
          },
          { event: 'page_view', sid: 'd', referrer: 'not a URL' },
        ]
        await sendEvents(pb.url, events, { origin: 'https://app.example.com' })
        expect((await get('top-sources')).sources).toEqual([{ source: 'other.com', visitors: 1 }])
      })

      test('say how many visitors there were, and what they did', async () => {
        const now = Date.now()
        const view = (sid: string, path: string, ago: number) => ({
          event: 'page_view',
          sid,
          path,
          ts: now - ago,
        })
        await sendEvents(
          pb.url,
          [view('s1', '/a', 0), view('s1', '/b', 3 * day), view('s1', '/a', 3 * day)],
          { 'user-agent': chrome },
        )
        await sendEvents(pb.url, [view('s2', '/a', 3 * day), { event: 'click', sid: 's3' }], {
          'user-agent': iPhone,
        })
        const stats = await get('stats')
        expect(stats.summary).toEqual({ totalPV: 4, totalUV: 3, bounceRate: 1 / 3, avgDur: day })
        expect(stats.daily).toHaveLength(7)
        expect(stats.daily.at(-1)).toEqual({ date: stats.endDate, pv: 1, uv: 2 })
        expect(stats.daily.at(-4)).toMatchObject({ pv: 3, uv: 2 })
        const { summary, startDate, endDate } = await get('stats?range=today')
        expect([summary, startDate]).toEqual([
          { totalPV: 1, totalUV: 2, bounceRate: 0.5, avgDur: 0 },
          endDate,
        ])
        expect((await get('top-pages')).pages).toEqual([
          { path: '/a', pv: 3, visitors: 2 },
          { path: '/b', pv: 1, visitors: 1 },
        ])
        const { browsers, os, devices } = await get('devices')
        expect(browsers).toEqual([
          { name: 'Safari', visitors: 2 },
          { name: 'Chrome', visitors: 1 },
        ])
        expect(os).toEqual([
          { name: 'iOS', visitors: 2 },
          { name: 'Windows 10', visitors: 1 },
        ])
        expect(devices).toEqual([
          { name: 'mobile', visitors: 2 },
          { name: 'desktop', visitors: 1 },
        ])
      })

      test('take any other range as seven days, and limits as they are meant', async () => {
        for (const range of ['', '7d', '8d', '30D', 'constructor']) {
          expect((await get(`stats?range=${range}`)).daily).toHaveLength(7)
        }
        expect((await get('stats?range=30d')).daily).toHaveLength(30)
        expect((await get('stats?range=90d')).daily).toHaveLength(90)
        await sendEvents(
          pb.url,
          Array.from({ length: 120 }, (_, i) => ({ event: 'page_view', sid: 's', path: `/${i}` })),
        )
        const counts = ['', '3', '0', '-1', 'x', '1.5', '200'].map(
          async (limit) => (await get(`top-pages?limit=${limit}`)).pages.length,
        )
        expect(await Promise.all(counts)).toEqual([10, 3, 10, 10, 10, 10, 100])
      })

      test('pick fields', async () => {
        expect(await get('stats?fields=summary.totalPV')).toEqual({ summary: { totalPV: 0 } })
      })

      test('answer empty lists where there is nothing', async () => {
        expect((await get('top-pages')).pages).toEqual([])
        expect((await get('top-sources')).sources).toEqual([])
        expect(await get('devices')).toMatchObject({ browsers: [], os: [], devices: [] })
        expect(await get('raw-logs')).toEqual({ dates: [] })
        expect(await storedEvents(pb.admin)).toEqual([])
        expect((await get('stats')).summary).toEqual({
          totalPV: 0,
          totalUV: 0,
          bounceRate: 0,
          avgDur: 0,
        })
      })

      test('list days with events, and stream one from any row on', async () => {
        const now = Date.now()
        const events = Array.from({ length: 4100 }, (_, n) => ({
          event: 'a',
          sid: `s${n}`,
          ts: now - 2 * day,
        }))
        for (let at = 0; at < events.length; at += 500)
          await sendEvents(pb.url, events.slice(at, at + 500))
        await sendEvents(pb.url, [{ event: 'a', sid: 's', ts: now }])
        const { dates } = await get('raw-logs')
        expect(dates).toEqual(
          [now, now - 2 * day].map((ts) => new Date(ts).toISOString().slice(0, 10)),
        )
        const all = await storedEvents(pb.admin, dates[1])
        expect(all.map(({ sid }) => sid)).toEqual(events.map(({ sid }) => sid))
        const rest = await as(`/api/analytics/raw-logs/${dates[1]}?after=${all[3999]!['row']}`)
        expect(rest.headers.get('content-type')).toBe('application/x-ndjson')
        expect(linesOf(rest.text)).toEqual(all.slice(4000))
        for (const nonsense of ['2026-13-01', 'today', '2026-1-1']) {
          expect((await as(`/api/analytics/raw-logs/${nonsense}`)).status).toBe(404)
        }
      })

      test('let a link with a superuser’s token for files read a day, and no other token', async () => {
        const log = async (token: string) =>
          (await request(pb.url, `/api/analytics/raw-logs/${today()}?token=${token}`)).status
        expect(await log(await pb.admin.files.getToken())).toBe(200)
        expect(await log(pb.admin.authStore.token)).toBe(401)
        const user = await signedUp(pb)
        expect(await log(await user.files.getToken())).toBe(401)
        expect(await log('nonsense')).toBe(401)
      })

      test('are for superusers, but for sending', async () => {
        const user = await signedUp(pb)
        const paths = guarded.map((path) => `/api/analytics/${path}`)
        for (const path of [...paths, '/api/analytics/nothing', '/api/analytics/stats/']) {
          const refused = await request(pb.url, path)
          expect([path, refused.status, refused.json().message]).toEqual([
            path,
            401,
            'The request requires valid record authorization token.',
          ])
          expect((await request(pb.url, path, { token: user.authStore.token })).status).toBe(403)
        }
        for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
          expect((await request(pb.url, '/api/analytics/stats', { method })).status).toBe(401)
          expect((await as('/api/analytics/stats', { method })).status).toBe(404)
        }
        expect((await as('/api/analytics/nothing')).json()).toEqual({
          data: {},
          message: "The requested resource wasn't found.",
          status: 404,
        })
      })

      test('tell what they are and do', async () => {
        expect(await get('config')).toMatchObject({
          enabled: true,
          retention: 90,
          flushInterval: 0,
          hasS3: false,
          pack: packVersion,
          maxEventAge: 604_800,
        })
      })
    },
    { pack: true, hooksDir, env: { PB_ANALYTICS_RATE_LIMIT: '0' } },
  )

  describeServers(
    'analytics that are limited',
    (pb) => {
      test('refuse an address that sends too often, for some seconds', async () => {
        const send = async () => sendEvents(pb.url, [{ event: 'a', sid: 's' }])
        let answer = await send()
        // Ten seconds may end in between.
        for (let sent = 1; answer.status === 202 && sent < 40; sent += 1) answer = await send()
        expect([answer.status, answer.json().status]).toEqual([429, 429])
        expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
        expect((await request(pb.url, '/api/health')).status).toBe(200)
      })
    },
    { pack: true, env: { PB_ANALYTICS_RATE_LIMIT: '10' } },
  )

  describeServers(
    'analytics that are off',
    (pb) => {
      test('answer 404 but for their configuration', async () => {
        const { token } = pb.admin.authStore
        const answer = await sendEvents(pb.url, [])
        expect([answer.status, answer.json().message]).toEqual([404, 'Analytics is disabled.'])
        for (const path of guarded.filter((name) => name !== 'config')) {
          expect((await request(pb.url, `/api/analytics/${path}`)).status).toBe(401)
          expect((await request(pb.url, `/api/analytics/${path}`, { token })).status).toBe(404)
        }
        const { json } = await request(pb.url, '/api/analytics/config', { token })
        expect(json()).toMatchObject({ enabled: false, retention: 0 })
      })
    },
    { pack: true, env: { PB_ANALYTICS_MODE: 'off' } },
  )
})

async function empty(pb: ServerUnderTest): Promise<void> {
  const tables = ['events', 'sessions', 'visits', 'pages', 'days']
  const body = tables.map((table) => `DELETE FROM _pbts_${table};`).join('')
  await request(pb.url, '/test/sql', { body, token: pb.admin.authStore.token })
}

async function signedUp(pb: ServerUnderTest) {
  const [email, password] = [`${Math.random()}@example.com`, 'correct horse']
  await pb.admin.collection('users').create({ email, password, passwordConfirm: password })
  const user = pb.guest()
  await user.collection('users').authWithPassword(email, password)
  return user
}
