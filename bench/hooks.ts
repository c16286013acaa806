import { nodeFetch } from '../src/node/index.ts'
import { startPocketBase } from '../src/testing/index.ts'
import type { PocketBaseServer } from '../src/testing/index.ts'
import { limits } from './limits.ts'
import type { Row } from './row.ts'
import { startRealServer } from './server.ts'
import type { BenchServer } from './server.ts'
import { ratios, spread } from './statistics.ts'

const dayMs = 86_400_000
const connections = 4
const batch = 100
const warmUp = 10_000
const measured = 60_000
const all = 1_000_000
const asks = 21

const reads = 200
/** The first of all is not counted. */
const rounds = 15

const userAgent =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36'

/** The hooks pack: events taken per second, statistics of a million of them, and what watching costs a record's reader. */
export async function measureHooks(): Promise<{ server: string; rows: Row[] }> {
  const [taken, asked] = await measureAnalytics()
  const { server, row } = await measureDyedReads()
  return { server, rows: [taken, ...asked, row] }
}

async function measureAnalytics(): Promise<[Row, Row[]]> {
  await using server = await startPocketBase({
    pack: true,
    env: { PB_ANALYTICS_RATE_LIMIT: '0', PB_ANALYTICS_MAX_EVENT_AGE: String((40 * dayMs) / 1000) },
  })
  const events = eventsOfAMonth()
  await send(server, events, warmUp, batch)
  const startedAt = performance.now()
  await send(server, events, measured, batch)
  const perSecond = (measured / (performance.now() - startedAt)) * 1000
  await send(server, events, all - warmUp - measured, 500)

  const { token } = (await server.superuserClient()).authStore
  const ask = async (path: string, what: string, max: number): Promise<Row> => {
    const times: number[] = []
    for (let n = 0; n < asks; n += 1) {
      const askedAt = performance.now()
      const answer = await fetch(`${server.url}/api/analytics/${path}?range=30d`, {
        headers: { Authorization: token },
      })
      if (!answer.ok) throw new Error(await answer.text())
      await answer.arrayBuffer()
      times.push(performance.now() - askedAt)
    }
    return { what, unit: 'ms', ours: spread(times).median, limit: { on: 'ours', max } }
  }
  return [
    {
      what: `Hooks pack: events taken, batches of ${batch}, ${connections} connections`,
      unit: '/s',
      ours: perSecond,
      limit: { on: 'ours', min: limits.hooksEventsPerSecond },
    },
    [
      await ask('stats', '… statistics of 30 days of 1,000,000 events', limits.hooksStatsMs),
      await ask('top-pages', '… its top pages', limits.hooksStatsMs),
    ],
  ]
}

/** Sessions of some events on one day, as browsers send them; at the end of the month after {@link all}. */
function* eventsOfAMonth(): Generator<object, never> {
  const end = Date.now() - 1000
  for (let n = 0; ; n += 1) {
    // Five at a time, four events of each.
    const session = Math.floor(n / 20) * 5 + (n % 5)
    yield {
      id: `${n.toString(36).padStart(6, '0')}-${Math.random().toString(36).slice(2, 14)}`,
      event: n % 10 === 0 ? 'click' : 'page_view',
      sid: `session-${session.toString(36).padStart(12, '0')}`,
      path: `/page/${Math.floor(Math.random() ** 3 * 500)}`,
      ts: Math.floor(end - Math.max(1 - n / all, 0) * 29.9 * dayMs),
      referrer: `https://example${n % 40}.com/from`,
      title: 'The title of a page',
      lang: 'en',
      props: { plan: 'pro' },
    }
  }
}

async function send(
  { url }: PocketBaseServer,
  events: Iterator<object, never>,
  count: number,
  size: number,
): Promise<void> {
  const fetchOnNode = nodeFetch()
  let left = count
  const connection = async (): Promise<void> => {
    while (left > 0) {
      const body = {
        events: Array.from({ length: Math.min(size, left) }, () => events.next().value),
      }
      left -= body.events.length
      const answer = await fetchOnNode(`${url}/api/analytics/events`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'User-Agent': userAgent },
        body: JSON.stringify(body),
      })
      const text = await answer.text()
      if (answer.status !== 202) throw new Error(text)
    }
  }
  await Promise.all(Array.from({ length: connections }, connection))
}

async function measureDyedReads(): Promise<{ server: string; row: Row }> {
  await using without = await startRealServer(reads)
  await using dyed = await startRealServer(reads, {
    pack: true,
    env: { PB_TRACE_MODE: 'dyed', PB_TRACE_DYE_USERS: 'somebody' },
  })
  const fetchOnNode = nodeFetch()
  const read = async ({ setup }: BenchServer): Promise<number> => {
    const startedAt = performance.now()
    for (let n = 1; n <= reads; n += 1) {
      const id = `r${String(n).padStart(14, '0')}`
      const answer = await fetchOnNode(`${setup.url}/api/collections/posts/records/${id}`, {
        headers: { Authorization: setup.token },
      })
      const text = await answer.text()
      if (!text.includes(id)) throw new Error(text)
    }
    return ((performance.now() - startedAt) * 1000) / reads
  }
  const samples: { without: number; dyed: number }[] = []
  for (let round = -1; round < rounds; round += 1) {
    const sample = { without: await read(without), dyed: await read(dyed) }
    if (round >= 0) samples.push(sample)
  }
  const of = (which: 'without' | 'dyed'): number[] => samples.map((sample) => sample[which])
  const row: Row = {
    what: '… a record read while others are dyed, to one without the pack',
    unit: 'µs',
    floor: spread(of('without')).median,
    ours: spread(of('dyed')).median,
    ratio: ratios(of('dyed'), of('without')),
    limit: { on: 'ratio', max: limits.hooksDyedRatio },
  }
  return { server: dyed.name, row }
}
