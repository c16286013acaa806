import { readJSON } from '../database.ts'
import { answer, query } from '../http.ts'

const hours = new Map([
  ['1h', 1],
  ['24h', 24],
  ['7d', 168],
])
const maxSpans = 200_000

/** `GET /api/_/trace/routes`: how long the requests of each route took, the slowest first. Durations in microseconds. */
export function routes(e: RequestEvent): void {
  const to = Date.now() * 1000
  const from = to - (hours.get(query(e, 'range')) ?? 24) * 3600e6
  const [spans] = readJSON<[number]>(
    'SELECT json_array(count(*)) AS json FROM _pbts_spans WHERE start_time >= {:from}',
    { from },
  )
  if (spans > maxSpans) {
    throw new BadRequestError(
      `There are ${spans} spans in this range, and percentiles are of at most ${maxSpans}. Ask for a shorter range.`,
    )
  }
  const items = readJSON<unknown[]>(
    `SELECT json_group_array(json_object('method', method, 'route', route, 'count', n, 'errors', errors, 'mean', mean,
       'p50', p50, 'p90', p90, 'p95', p95, 'p99', p99, 'max', max)) AS json
     FROM (SELECT method, route, max(n) AS n, sum(status = 'error') AS errors, round(avg(duration)) AS mean, max(duration) AS max,
         ${[50, 90, 95, 99].map((p) => `min(duration) FILTER (WHERE 100 * rank >= ${p} * n) AS p${p}`).join(', ')}
       FROM (SELECT *, row_number() OVER (PARTITION BY method, route ORDER BY duration) AS rank,
           count(*) OVER (PARTITION BY method, route) AS n
         FROM _pbts_spans WHERE start_time >= {:from})
       GROUP BY method, route ORDER BY p95 DESC, method, route)`,
    { from },
  )
  return answer(e, 200, {
    items,
    spans,
    startTime: new Date(from / 1000).toISOString(),
    endTime: new Date(to / 1000).toISOString(),
  })
}
