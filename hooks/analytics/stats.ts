import { readJSON } from '../database.ts'
import { answer, limitOf, query } from '../http.ts'
import { requireAnalytics } from './ingest.ts'
import { dateOf, datesOf, rangeOf } from './range.ts'
import type { Range } from './range.ts'

/** `GET /api/analytics/stats` */
export function stats(e: RequestEvent): void {
  requireAnalytics()
  const range = rangeOf(e)
  const days = readJSON<
    [day: number, views: number, visitors: number, single: number, ms: number][]
  >(
    `SELECT json_group_array(json_array(day, pv, uv, single, duration)) AS json FROM _pbts_days
     WHERE day BETWEEN {:from} AND {:to}`,
    { ...range },
  )
  const sum = (column: 1 | 2 | 3 | 4): number => days.reduce((all, day) => all + day[column], 0)
  const again = ofSeveralDays(range)
  const visitors = sum(2) - again.visitors
  const byDay = new Map(days.map((day) => [day[0], day]))
  return answer(e, 200, {
    summary: {
      totalPV: sum(1),
      totalUV: visitors,
      bounceRate: visitors && (sum(3) - again.single) / visitors,
      avgDur: visitors && (sum(4) + again.durationMs) / visitors,
    },
    daily: Array.from({ length: range.to - range.from + 1 }, (_, index) => {
      const [, pv = 0, uv = 0] = byDay.get(range.from + index) ?? []
      return { date: dateOf(range.from + index), pv, uv }
    }),
    ...datesOf(range),
  })
}

/** What sums over days count too much of sessions that were seen on more than one of them, and miss of how long they were. */
function ofSeveralDays(range: Range): { visitors: number; single: number; durationMs: number } {
  return readJSON(
    `SELECT json_object('visitors', coalesce(sum(days - 1), 0), 'single', coalesce(sum(single - (pv = 1)), 0),
       'durationMs', coalesce(sum(whole - parts), 0)) AS json
     FROM (SELECT count(*) AS days, sum(pv = 1) AS single, sum(pv) AS pv, max(last) - min(first) AS whole,
         sum(last - first) AS parts
       FROM _pbts_sessions
       WHERE (prev > 0 OR next > 0) AND day BETWEEN {:from} AND {:to}
         AND (prev >= {:from} OR next BETWEEN {:from} AND {:to})
       GROUP BY sid)`,
    { ...range },
  )
}

/** `GET /api/analytics/top-pages` */
export function topPages(e: RequestEvent): void {
  requireAnalytics()
  const range = rangeOf(e)
  // Summed by days, visitors of more than one day count again: less those that were seen on an earlier day of the range.
  const pages = readJSON<unknown[]>(
    `SELECT json_group_array(json_object('path', path, 'pv', pv, 'visitors', visitors)) AS json FROM (
       SELECT p.path, p.pv, p.uv - coalesce(a.again, 0) AS visitors
       FROM (SELECT path, sum(pv) AS pv, sum(uv) AS uv FROM _pbts_pages WHERE day BETWEEN {:from} AND {:to}
         GROUP BY path ORDER BY pv DESC, path LIMIT {:limit}) p
       LEFT JOIN (SELECT path, count(*) AS again FROM _pbts_visits
         WHERE prev > 0 AND day BETWEEN {:from} AND {:to} AND prev >= {:from} GROUP BY path) a ON a.path = p.path
       ORDER BY p.pv DESC, p.path)`,
    { ...range, limit: limitOf(query(e, 'limit'), 10, 100) },
  )
  return answer(e, 200, { pages, ...datesOf(range) })
}

/** `GET /api/analytics/top-sources` */
export function topSources(e: RequestEvent): void {
  requireAnalytics()
  const range = rangeOf(e)
  const limit = limitOf(query(e, 'limit'), 10, 100)
  return answer(e, 200, {
    sources: visitorsBy('source', 'source', range, limit),
    ...datesOf(range),
  })
}

/** `GET /api/analytics/devices` */
export function devices(e: RequestEvent): void {
  requireAnalytics()
  const range = rangeOf(e)
  return answer(e, 200, {
    browsers: visitorsBy('browser', 'name', range, 100),
    os: visitorsBy('os', 'name', range, 100),
    devices: visitorsBy('device', 'name', range, 100),
    ...datesOf(range),
  })
}

/** A visitor counts once, by what the first of its days in the range says. */
function visitorsBy(
  column: 'source' | 'browser' | 'os' | 'device',
  name: string,
  range: Range,
  limit: number,
): unknown[] {
  return readJSON(
    `SELECT json_group_array(json_object('${name}', value, 'visitors', visitors)) AS json FROM (
       SELECT ${column} AS value, count(*) AS visitors FROM _pbts_sessions
       WHERE day BETWEEN {:from} AND {:to} AND prev < {:from} AND ${column} <> ''
       GROUP BY value ORDER BY visitors DESC, value LIMIT {:limit})`,
    { ...range, limit },
  )
}
