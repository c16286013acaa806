import { describe, expect, test } from 'vitest'

import { request, sendEvents } from '../support/pack.ts'
import { randomNumbers, seed } from '../support/seed.ts'
import { describeServers } from '../support/server.ts'
import type { ServerUnderTest } from '../support/server.ts'

const dayMs = 86_400_000
const days = 32
const sessionCount = 5000
const eventCount = 100_000

interface MadeEvent {
  readonly id: string
  readonly event: string
  readonly sid: string
  readonly path: string
  readonly ts: number
  readonly referrer: string | undefined
}

interface Made {
  /** Each once, by the browser that sends it. */
  readonly byAgent: Map<string, MadeEvent[]>
  readonly all: MadeEvent[]
  readonly agentOf: Map<string, string>
}

/** User-Agent headers, with what they are. */
const agents: readonly (readonly [header: string, browser: string, os: string, device: string])[] =
  [
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
      'Chrome',
      'Windows 10',
      'desktop',
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15',
      'Safari',
      'MacOS',
      'desktop',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
      'Safari',
      'iOS',
      'mobile',
    ],
    [
      'Mozilla/5.0 (Linux; Android 14; SM-X710) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
      'Chrome',
      'Android',
      'tablet',
    ],
    [
      'Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0',
      'Firefox',
      'Linux',
      'desktop',
    ],
  ]

const sources = [
  'google.com',
  'news.example.org',
  'a.test',
  'b.test',
  'c.test',
  'd.test',
  'e.test',
  'f.test',
  'g.test',
  'h.test',
  'i.test',
  'j.test',
]

describe('the hooks pack', () => {
  describeServers(
    'a month of events',
    (pb) => {
      test(`is counted exactly (seed ${seed})`, async () => {
        const made = makeMonth()
        await sendAll(pb, made)
        for (const range of ['today', '7d', '30d', '90d']) {
          const get = async (path: string) => {
            const token = pb.admin.authStore.token
            return (
              await request(pb.url, `/api/analytics/${path}?limit=100&range=${range}`, { token })
            ).json()
          }
          const stats = await get('stats')
          const truth = count(made, Date.parse(stats.startDate), Date.parse(stats.endDate))
          expect(stats.summary).toEqual(truth.summary)
          expect(
            Object.fromEntries(
              stats.daily
                .filter(({ uv }: any) => uv > 0)
                .map(({ date, pv, uv }: any) => [date, [pv, uv]]),
            ),
          ).toEqual(truth.daily)
          expect((await get('top-pages')).pages).toEqual(truth.pages.slice(0, 100))
          expect((await get('top-sources')).sources).toEqual(truth.sources)
          const { browsers, os, devices } = await get('devices')
          expect({ browsers, os, devices }).toEqual(truth.devices)
        }
      }, 300_000)
    },
    {
      pack: true,
      env: { PB_ANALYTICS_RATE_LIMIT: '0', PB_ANALYTICS_MAX_EVENT_AGE: String(40 * 86_400) },
    },
  )
})

/** Sessions of a minute to some hours, some for days, around all midnights; a twentieth come back on other days. */
function makeMonth(): Made {
  const random = randomNumbers(seed)
  const end = Date.now()
  const start = end - days * dayMs
  const all: MadeEvent[] = []
  const agentOf = new Map<string, string>()
  const lastTimes = new Map<string, Set<number>>()
  for (let n = 0; n < eventCount; n += 1) {
    const session = n < sessionCount ? n : random(sessionCount)
    const sid = `session-${session.toString(36)}`
    agentOf.set(sid, agents[session % agents.length]![0])
    // What begins a session is its number's; how long it lasts too.
    const own = randomNumbers(session + 1)
    const begins = start + own(days * dayMs - 3_600_000)
    const lengths = [1, 60_000, 1_800_000, 7_200_000, 3 * dayMs]
    const length = lengths[own(100) < 5 ? 4 : own(4)]!
    const times = lastTimes.get(sid) ?? new Set()
    lastTimes.set(sid, times)
    let ts = Math.min(begins + random(length), end)
    // No two at once: which of them came first would be anybody's guess.
    while (times.has(ts)) ts -= 1
    times.add(ts)
    all.push({
      id: `event-${n}`,
      event: random(10) < 8 ? 'page_view' : 'click',
      sid,
      path: `/page/${Math.floor(random(1000) ** 2 / 5000)}`,
      ts,
      referrer: random(4) === 0 ? `https://www.${sources[random(sources.length)]}/from` : undefined,
    })
  }
  const byAgent = new Map(agents.map(([header]) => [header, [] as MadeEvent[]]))
  for (const event of all) byAgent.get(agentOf.get(event.sid)!)!.push(event)
  return { all, byAgent, agentOf }
}

/** In no order of time, a tenth of them twice: in the same request, in the next, or at the end. */
async function sendAll({ url }: ServerUnderTest, { byAgent }: Made): Promise<void> {
  const random = randomNumbers(seed + 1)
  const batches: (readonly [string, MadeEvent[]])[] = []
  for (const [agent, events] of byAgent) {
    const sent = [...events, ...events.filter(() => random(10) === 0)]
    // Mostly as they come, so that few sessions are in a request, but nothing is certain.
    for (let at = 0; at < sent.length / 3; at += 1) {
      const [a, b] = [random(sent.length), random(sent.length)]
      ;[sent[a], sent[b]] = [sent[b]!, sent[a]!]
    }
    for (let at = 0; at < sent.length; at += 490) {
      const batch = sent.slice(at, at + 490)
      batches.push([agent, [...batch, ...batch.slice(0, random(10))]])
    }
  }
  let taken = 0
  const send = async (): Promise<void> => {
    for (let batch = batches.pop(); batch; batch = batches.pop()) {
      const answer = await sendEvents(url, batch[1], { 'user-agent': batch[0] })
      expect(answer.json()).toEqual({ accepted: batch[1].length, total: batch[1].length })
      taken += batch[1].length
    }
  }
  await Promise.all([send(), send(), send(), send()])
  expect(taken).toBeGreaterThan(eventCount)
}

/** The same figures, from the events themselves: of the days from one midnight to another, both included. */
function count({ all, agentOf }: Made, from: number, to: number) {
  const events = all.filter(({ ts }) => ts >= from && ts < to + dayMs).sort((a, b) => a.ts - b.ts)
  const views = events.filter(({ event }) => event === 'page_view')
  const sessions = groupBy(events, ({ sid }) => sid)
  let [bounced, durationMs] = [0, 0]
  const bySource = new Map<string, number>()
  const byColumn = [new Map<string, number>(), new Map<string, number>(), new Map<string, number>()]
  for (const [sid, own] of sessions) {
    if (own.filter(({ event }) => event === 'page_view').length === 1) bounced += 1
    durationMs += own.at(-1)!.ts - own[0]!.ts
    const firstDay = dateOf(own[0]!.ts)
    const referred = own.find(
      ({ ts, referrer }) => referrer !== undefined && dateOf(ts) === firstDay,
    )
    if (referred) add(bySource, new URL(referred.referrer!).host.slice('www.'.length))
    const agent = agents.find(([header]) => header === agentOf.get(sid))!
    for (const [index, column] of byColumn.entries()) add(column, agent[index + 1]!)
  }
  return {
    summary: {
      totalPV: views.length,
      totalUV: sessions.size,
      bounceRate: bounced / sessions.size,
      avgDur: durationMs / sessions.size,
    },
    daily: Object.fromEntries(
      [...groupBy(events, ({ ts }) => dateOf(ts))].map(([date, own]) => [
        date,
        [
          own.filter(({ event }) => event === 'page_view').length,
          new Set(own.map(({ sid }) => sid)).size,
        ],
      ]),
    ),
    pages: [...groupBy(views, ({ path }) => path)]
      .map(([path, own]) => ({
        path,
        pv: own.length,
        visitors: new Set(own.map(({ sid }) => sid)).size,
      }))
      .sort((a, b) => b.pv - a.pv || (a.path < b.path ? -1 : 1)),
    sources: ranked(bySource).map(([source, visitors]) => ({ source, visitors })),
    devices: {
      browsers: ranked(byColumn[0]!).map(([name, visitors]) => ({ name, visitors })),
      os: ranked(byColumn[1]!).map(([name, visitors]) => ({ name, visitors })),
      devices: ranked(byColumn[2]!).map(([name, visitors]) => ({ name, visitors })),
    },
  }
}

function dateOf(ts: number): string {
  return new Date(ts).toISOString().slice(0, 10)
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group) group.push(item)
    else groups.set(keyOf(item), [item])
  }
  return groups
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function ranked(counts: Map<string, number>): [string, number][] {
  return [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
}
