import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

import { describe, expect, test } from 'vitest'

import { request, sendEvents, storedEvents } from '../support/pack.ts'
import type { Sent } from '../support/pack.ts'
import { describeServers } from '../support/server.ts'

const sql = `'); DROP TABLE _pbts_events; --" OR 1=1 {:rows} [[x]] {{y}}`
const good = { event: 'page_view', sid: 'good', path: '/good' }
const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels))
const events = (...bad: unknown[]): Sent => ({ body: { events: [good, ...bad, good] } })
const text = (body: string, headers: Record<string, string> = {}): Sent => ({ body, headers })
const long = 'x'.repeat(100_000)

/** What is sent, and the status that it gets. With 202 the two good events in it are stored. */
const withGood = (members: object): object => ({ ...good, ...members })

const payloads: readonly (readonly [name: string, sent: Sent, status: number])[] = [
  ['events of all wrong types', events(1, 'x', null, true, [], [[]], {}), 202],
  [
    'members of all wrong types',
    events(
      ...[1, true, [], {}, null].map((v) => ({
        event: v,
        sid: v,
        path: v,
        ts: v,
        uid: v,
        props: v,
        perf_ms: v,
      })),
    ),
    202,
  ],
  [
    'good members beside wrong ones',
    events(
      ...[1, true, [], {}].map((v) =>
        withGood({ path: v, ts: v, uid: v, title: v, props: v, perf_ms: v, id: v }),
      ),
    ),
    202,
  ],
  [
    'SQL in every string',
    events(
      Object.fromEntries(
        ['id', 'event', 'sid', 'uid', 'path', 'query', 'referrer', 'title', 'lang', sql].map(
          (name) => [name, sql],
        ),
      ),
    ),
    202,
  ],
  ['SQL in a User-Agent', { ...events(), headers: { 'user-agent': sql } }, 202],
  [
    'control characters and halves of characters',
    events({
      event: '\u0000\u0001',
      sid: '\ud800x\udfff',
      path: '/\u0000%00%1f\ud800',
      title: '\u007f\u0000',
      props: { '\u0000': '\ud800' },
    }),
    202,
  ],
  [
    'names of what objects have',
    events({ ...good, constructor: 'x', toString: 1, hasOwnProperty: null, valueOf: {} }),
    202,
  ],
  [
    'a prototype',
    text(
      `{"events":[${JSON.stringify(good)},{"event":"a","sid":"s","__proto__":{"sid":"x"},"props":{"__proto__":{"a":1}}},${JSON.stringify(good)}]}`,
    ),
    202,
  ],
  [
    'ancient and future times',
    events(
      ...[-8.64e15, 8.64e15 + 1, 1e308, -1, 0.5, Number.MAX_SAFE_INTEGER].map((ts) =>
        withGood({ sid: 'time', ts }),
      ),
    ),
    202,
  ],
  [
    'times as texts',
    events(
      ...['9999-12-31T23:59:59Z', '2026-13-99T99:99:99Z', '0000-00-00T00:00', 'now', '', '1e9'].map(
        (timestamp) => withGood({ sid: 'time', timestamp }),
      ),
    ),
    202,
  ],
  [
    'numbers that no engine has',
    text(
      `{"events":[${JSON.stringify(good)},{"event":"a","sid":"s","ts":1e999,"perf_ms":-1e999},${JSON.stringify(good)}]}`,
    ),
    400,
  ],
  ['strings of 100 kB', events({ event: long, sid: long }), 202],
  ['100 kB of props', events({ ...good, sid: 'large', props: { long } }), 202],
  [
    '1,000 props',
    events({
      ...good,
      sid: 'many',
      ...Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`p${n}`, n])),
    }),
    202,
  ],
  [
    'props 2,000 levels deep',
    events({ ...good, sid: 'deep', props: { nested: nested(2000) } }),
    202,
  ],
  [
    'a path with 5,000 percent signs',
    events({ ...good, sid: 'percent', path: '/%'.repeat(5000) }),
    202,
  ],
  ['a path of slashes', events({ ...good, sid: 'slashes', path: `${'/'.repeat(20_000)}:@[` }), 202],
  [
    'a referrer of at signs',
    events({ ...good, sid: 'at', referrer: `http://${'@'.repeat(2000)}` }),
    202,
  ],
  [
    '500 events',
    {
      body: {
        events: [
          good,
          ...Array.from({ length: 498 }, (_, n) => ({ event: 'a', sid: `n${n}` })),
          good,
        ],
      },
    },
    202,
  ],
  ['501 events', { body: { events: Array.from({ length: 501 }, () => good) } }, 400],
  [
    'text/plain',
    text(JSON.stringify({ events: [good, good] }), { 'content-type': 'text/plain' }),
    202,
  ],
  [
    'a form',
    text(`events=${encodeURIComponent(JSON.stringify([good]))}`, {
      'content-type': 'application/x-www-form-urlencoded',
    }),
    400,
  ],
  [
    'multipart',
    text('--x\r\n\r\n--x--', { 'content-type': 'multipart/form-data; boundary=x' }),
    400,
  ],
  [
    'gzip',
    {
      body: new Uint8Array(gzipSync(JSON.stringify({ events: [good] }))),
      headers: { 'content-encoding': 'gzip' },
    },
    415,
  ],
  [
    'gzip that says nothing of it',
    { body: new Uint8Array(gzipSync(JSON.stringify({ events: [good] }))) },
    400,
  ],
  ['10 MB of props', { body: { events: [{ ...good, props: { long: long.repeat(100) } }] } }, 413],
  ['2 MB of brackets', text('['.repeat(2_000_000)), 413],
  ['200 kB of brackets', text('['.repeat(200_000)), 400],
  ['200 kB of braces', text('{"a":'.repeat(40_000)), 400],
  ['cut JSON', text('{"events":[{"event":"a","sid":'), 400],
  ['two values', text(`${JSON.stringify({ events: [good] })}{}`), 400],
  ['bytes that are no text', { body: new Uint8Array([0xff, 0xfe, 0x00, 0x22]) }, 400],
]

describe('the hooks pack', () => {
  describeServers(
    'hostile events',
    (pb) => {
      test('do no harm: no neighbour is lost, nothing fails, others are answered meanwhile', async () => {
        await sendEvents(pb.url, [good])
        const before = memoryMiB(pb.server.pid!)
        let goodOnes = 1
        for (const [name, sent, status] of payloads) {
          const meanwhile = request(pb.url, '/api/health')
          const answer = await request(pb.url, '/api/analytics/events', { method: 'POST', ...sent })
          expect([name, answer.status]).toEqual([name, status])
          if (status !== 202) expect([name, answer.json().status]).toEqual([name, status])
          expect((await meanwhile).status).toBe(200)
          if (status === 202) goodOnes += 2
          const stored = (await storedEvents(pb.admin)).filter(({ sid }) => sid === 'good')
          expect([name, stored.filter(({ path }) => path === '/good').length >= goodOnes]).toEqual([
            name,
            true,
          ])
        }
        expect(payloads.length).toBeGreaterThanOrEqual(30)
        expect(memoryMiB(pb.server.pid!) - before).toBeLessThan(100)
        for (const path of [
          'analytics/stats',
          'analytics/top-pages',
          'analytics/top-sources',
          'analytics/devices',
          '_/trace/spans',
          '_/trace/routes',
        ]) {
          const answer = await request(pb.url, `/api/${path}`, { token: pb.admin.authStore.token })
          expect([path, answer.status]).toEqual([path, 200])
        }
        expect(pb.server.logs).not.toMatch(/pbts:|panic|fatal/)
        const all = await storedEvents(pb.admin)
        expect(all.find(({ event }) => event === sql)).toMatchObject({
          sid: sql.slice(0, 64),
          title: sql,
          props: { [sql]: sql },
        })
        // oxlint-disable-next-line no-control-regex -- those are what it is about.
        const broken = /[\u0000-\u001f\u007f]|[\ud800-\udbff](?![\udc00-\udfff])/
        for (const { props: _, ...event } of all) {
          for (const value of Object.values(event)) expect(String(value)).not.toMatch(broken)
        }
      }, 120_000)

      test('are cut to what there is room for', async () => {
        const [sid, time] = ['room', Date.now()]
        await sendEvents(pb.url, [
          {
            event: 'e'.repeat(200),
            sid,
            path: `/${'p'.repeat(2000)}`,
            title: 't'.repeat(300),
            lang: 'l'.repeat(99),
            query: 'q'.repeat(2000),
            referrer: `http://h/${'r'.repeat(3000)}`,
          },
        ])
        const found = (await storedEvents(pb.admin)).find((event) => event['sid'] === sid)!
        const lengths = ['event', 'path', 'title', 'lang', 'query', 'referrer'].map(
          (name) => found[name].length,
        )
        expect(lengths).toEqual([128, 1024, 256, 35, 1024, 2048])
        expect(found['ts']).toBeGreaterThanOrEqual(time)
      })
    },
    { pack: true, env: { PB_ANALYTICS_RATE_LIMIT: '0', PB_TRACE_MODE: 'full' } },
  )
})

/** What the process holds, in MiB. */
function memoryMiB(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024
}
