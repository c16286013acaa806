import { randomNumbers } from './seed.ts'

/** An event as it is sent. */
interface VisitEvent {
  readonly id: string
  readonly event: string
  readonly path: string
  readonly sid: string
  readonly ts: number
  readonly referrer?: string
}

/** Events of visitors with one browser. */
export interface Visits {
  readonly userAgent: string
  readonly events: readonly VisitEvent[]
}

/** What is to be seen of visits, counted one by one. */
export interface VisitTruth {
  readonly visitors: number
  readonly views: number
  /** From 0 to 1. */
  readonly bounceRate: number
  readonly meanDurationMs: number
  readonly days: ReadonlyMap<string, { readonly visitors: number; readonly views: number }>
  readonly pages: ReadonlyMap<string, { readonly visitors: number; readonly views: number }>
  readonly sources: ReadonlyMap<string, number>
  readonly browsers: ReadonlyMap<string, number>
  readonly systems: ReadonlyMap<string, number>
  readonly devices: ReadonlyMap<string, number>
}

const dayMs = 86_400_000

const browsers = [
  {
    userAgent:
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
    names: ['Chrome', 'Windows 10', 'desktop'],
  },
  {
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    names: ['Firefox', 'Linux', 'desktop'],
  },
  {
    userAgent:
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
    names: ['Safari', 'iOS', 'mobile'],
  },
] as const
const pages = ['/', '/pricing', '/docs', '/docs/start', '/blog/why', '/about', '/你好']
const referrers = ['', '', 'https://news.example/item?id=1', 'https://search.example/?q=a', 'https://a.b.example:8443/x'] // prettier-ignore

/** Visits of the last `days` days until `now`, the same ones for the same seed. None lasts past `now`, some go past midnight. */
export function visitsOf(seed: number, sessions: number, days: number, now: number): Visits[] {
  const random = randomNumbers(seed)
  const pick = <T>(list: readonly T[]): T => list[random(list.length)]!
  const visits = browsers.map(({ userAgent }) => ({ userAgent, events: [] as VisitEvent[] }))
  for (let session = 0; session < sessions; session++) {
    const sid = `s${session}`
    const { events } = pick(visits)
    const referrer = pick(referrers)
    const views = random(3) === 0 ? 1 : 1 + random(7)
    // Fewer visits on earlier days, and all of them over by now.
    const daysAgo = Math.min(random(days), random(days))
    let ts = Math.min(now - 3_600_000, now - daysAgo * dayMs - random(dayMs))
    for (let view = 0; view < views; view++) {
      const id = `${sid}-${view}`
      const source = view === 0 && referrer !== '' ? { referrer } : {}
      events.push({ id, event: 'page_view', path: pick(pages), sid, ts, ...source })
      ts += 1000 + random(420_000)
    }
    if (random(4) === 0) events.push({ id: `${sid}-click`, event: 'signup', path: '/', sid, ts })
  }
  return visits
}

/** The truth of the days since `from`, such as `2026-01-31`. */
export function truthOf(visits: readonly Visits[], from: string): VisitTruth {
  const events = visits.flatMap(({ userAgent, events: sent }) => {
    const { names } = browsers.find((browser) => browser.userAgent === userAgent)!
    return sent
      .filter(({ ts }) => dayOf(ts) >= from)
      .map(({ sid, ts, path, referrer, event }) => {
        const isView = event === 'page_view'
        return { sid, ts, path, referrer, names, isView }
      })
  })
  const sessions = [...groupsOf(events, ({ sid }) => sid).values()]
  const share = sessions.filter((session) => session.filter(({ isView }) => isView).length === 1)
  const durations = sessions.map((session) => {
    const times = session.map(({ ts }) => ts)
    return Math.max(...times) - Math.min(...times)
  })
  const views = events.filter(({ isView }) => isView)
  const countsBy = (key: (event: (typeof events)[number]) => string, of: typeof events) =>
    new Map(
      [...groupsOf(of, key)].map(([name, group]) => [
        name,
        {
          visitors: new Set(group.map(({ sid }) => sid)).size,
          views: group.filter(({ isView }) => isView).length,
        },
      ]),
    )
  const visitorsBy = (key: (event: (typeof events)[number]) => string, of = events) =>
    new Map([...countsBy(key, of)].map(([name, { visitors }]) => [name, visitors]))
  return {
    visitors: sessions.length,
    views: views.length,
    bounceRate: share.length / sessions.length,
    meanDurationMs: durations.reduce((sum, duration) => sum + duration, 0) / sessions.length,
    days: countsBy(({ ts }) => dayOf(ts), events),
    pages: countsBy(({ path }) => path, views),
    sources: visitorsBy(
      ({ referrer }) => new URL(referrer!).hostname,
      events.filter(({ referrer }) => referrer !== undefined),
    ),
    browsers: visitorsBy(({ names }) => names[0]),
    systems: visitorsBy(({ names }) => names[1]),
    devices: visitorsBy(({ names }) => names[2]),
  }
}

function groupsOf<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item])
  return groups
}

/** The day in UTC: `2026-01-31`. */
export function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}

/** Sends visits, 500 events a request, as their browsers would. */
export async function sendVisits(url: string, visits: readonly Visits[]): Promise<void> {
  for (const { userAgent, events } of visits) {
    for (let start = 0; start < events.length; start += 500) {
      const part = events.slice(start, start + 500)
      const response = await fetch(`${url}/api/analytics/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': userAgent },
        body: JSON.stringify({ events: part }),
      })
      const { accepted } = (await response.json()) as { accepted?: number }
      if (accepted !== part.length) throw new Error(`${accepted} of ${part.length} events stored`)
    }
  }
}
