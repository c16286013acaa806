import { readJSON } from '../database.ts'
import { answer, limitOf, query } from '../http.ts'
import { requireAnalytics } from './ingest.ts'
import { dateOf, datesOf, rangeOf } from './range.ts'
import type { Range } from './range.ts'

/** Figures of the sessions that were seen on one day of a range only, by day, and how many were seen on it first. */
type Day = [
  day: number,
  views: number,
  visitors: number,
  first: number,
  single: number,
  bounced: number,
  durationMs: number,
]

/** `GET /api/analytics/stats` */
export function stats(e: RequestEvent): void {
  requireAnalytics()
  const range = rangeOf(e)
  const days = readJSON<Day[]>(
    `SELECT json_group_array(json_array(day, views, visitors, first, single, bounced, duration)) AS json FROM (
       SELECT day, sum(pv) AS views, count(*) AS visitors, sum(prev < {:from}) AS first, sum(single) AS single,
         sum(single AND pv = 1) AS bounced, sum(CASE WHEN single THEN last - first ELSE 0 END) AS duration
       FROM (SELECT *, prev < {:from} AND (next = 0 OR next > {:to}) AS single FROM _pbts_sessions
         WHERE day BETWEEN {:from} AND {:to})
       GROUP BY day)`,
    { ...range },
  )
  const sum = (pick: (day: Day) => number): number => days.reduce((all, day) => all + pick(day), 0)
  const visitors = sum(([, , , first]) => first)
  // Sessions of more days are few, and only they have to be put together.
  const [bounced, durationMs] =
    sum(([, , count]) => count) > sum(([, , , , single]) => single) ? ofSeveralDays(range) : [0, 0]
  const byDay = new Map(days.map((day) => [day[0], day]))
  return answer(e, 200, {
    summary: {
      totalPV: sum(([, views]) => views),
      totalUV: visitors,
      bounceRate: visitors && (sum((day) => day[5]) + bounced) / visitors,
      avgDur: visitors && (sum((day) => day[6]) + durationMs) / visitors,
    },
    daily: Array.from({ length: range.to - range.from + 1 }, (_, index) => {
      const [, pv = 0, uv = 0] = byDay.get(range.from + index) ?? []
      return { date: dateOf(range.from + index), pv, uv }
    }),
    ...datesOf(range),
  })
}

function ofSeveralDays(range: Range): [bounced: number, durationMs: number] {
  return readJSON(
    `SELECT json_array(coalesce(sum(pv = 1), 0), coalesce(sum(duration), 0)) AS json FROM (
       SELECT sum(pv) AS pv, max(last) - min(first) AS duration FROM _pbts_sessions
       WHERE day BETWEEN {:from} AND {:to} AND (prev >= {:from} OR (next > 0 AND next <= {:to}))
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
