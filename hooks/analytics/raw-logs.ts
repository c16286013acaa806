import { readJSON } from '../database.ts'
import { answer, query } from '../http.ts'
import { requireAnalytics } from './ingest.ts'
import { dateOf } from './range.ts'
import { dayOf } from './event.ts'

const linesAtOnce = 2000

/** `GET /api/analytics/raw-logs`: the days that have events, the newest first. */
export function rawLogs(e: RequestEvent): void {
  requireAnalytics()
  // One look into the index for each day.
  const days = readJSON<number[]>(
    `WITH RECURSIVE days (day) AS (
       SELECT max(day) FROM _pbts_events
       UNION ALL
       SELECT (SELECT max(day) FROM _pbts_events WHERE day < days.day) FROM days WHERE day IS NOT NULL)
     SELECT json_group_array(day) AS json FROM days WHERE day IS NOT NULL`,
  )
  return answer(e, 200, { dates: days.map(dateOf) })
}

/**
 * `GET /api/analytics/raw-logs/{date}`: the events of one UTC day, a line of JSON for each, in the order of their `row`.
 * `after` leaves out what is up to that row: the server ends every answer after five minutes.
 */
export function rawLog(e: RequestEvent): void {
  requireSuperuser(e)
  requireAnalytics()
  const day = dayOf(Date.parse(e.request.pathValue('date')))
  if (!/^\d{4}-\d\d-\d\d$/.test(e.request.pathValue('date')) || Number.isNaN(day)) {
    throw new NotFoundError('There is no such day. Days are written as 2026-01-31.')
  }
  let after = Number(query(e, 'after')) || 0
  e.response.header().set('content-type', 'application/x-ndjson')
  for (;;) {
    const [last, lines] = readJSON<[number | null, string | null]>(
      `SELECT json_array(max(id), group_concat(line, char(10))) AS json FROM (
         SELECT id, json_object('row', id, 'id', eid, 'event', event, 'sid', sid, 'uid', uid, 'ts', ts, 'path', path,
           'query', query, 'referrer', referrer, 'source', source, 'title', title, 'lang', lang, 'perf_ms', perf_ms,
           'props', json(props), 'browser', browser, 'os', os, 'device', device) AS line
         FROM _pbts_events WHERE day = {:day} AND id > {:after} ORDER BY id LIMIT {:limit})`,
      { day, after, limit: linesAtOnce },
    )
    if (last === null || lines === null) break
    e.response.write(`${lines}\n`)
    e.flush()
    after = last
  }
  // An empty day too.
  if (e.status() === 0) return e.string(200, '')
}

/** As for all other routes, or by a superuser's token for files, as links have it. */
function requireSuperuser(e: RequestEvent): void {
  if (e.hasSuperuserAuth() || isFileToken(query(e, 'token'))) return
  if (e.auth)
    throw new ForbiddenError('The authorized record is not allowed to perform this action.')
  throw new UnauthorizedError('The request requires valid record authorization token.')
}

function isFileToken(token: string): boolean {
  if (token === '') return false
  try {
    return $app.findAuthRecordByToken(token, 'file').isSuperuser()
  } catch {
    return false
  }
}
