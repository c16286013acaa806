import { readJSONIn } from '../database.ts'
import type { Agent } from './user-agent.ts'

/** What the summaries take from an event. */
export interface Summary extends Agent {
  readonly day: number
  readonly ts: number
  readonly event: string
  readonly sid: string
  readonly path: string
  readonly source: string
}

interface Session {
  readonly day: number
  readonly sid: string
  first: number
  last: number
  pageViews: number
  sourceAt: number
  source: string
  agent: Agent
}

/** The event that is a view of a page. */
const pageView = 'page_view'

/** For what never came. */
const never = 2 ** 53 - 1

/** Adds events to sessions, visits and pages. Their order does not matter, nor that of the calls. */
export function summarize(database: Database, events: readonly Summary[]): void {
  const sessions = addSessions(database, events)
  const views = events.filter(({ event }) => event === pageView)
  const visits = views.length > 0 ? addViews(database, views) : undefined
  // Most sessions are over before midnight.
  const [some] = readJSONIn<[0 | 1]>(database, someOnOtherDays, { rows: sessions })
  if (!some) return
  // Rows that were there learn of new ones beside them; new ones have looked for themselves, but not at each other.
  run(database, sessions, linkPreviousSessions)
  run(database, sessions, linkNextSessions)
  if (visits !== undefined) run(database, visits, linkNextVisits)
}

/** Returns its rows, which begin with a day and a session. */
function addSessions(database: Database, events: readonly Summary[]): string {
  const sessions = new Map<string, Session>()
  for (const event of events) {
    const { day, sid, ts } = event
    const key = `${day} ${sid}`
    let session = sessions.get(key)
    if (session === undefined) {
      session = {
        day,
        sid,
        first: never,
        last: 0,
        pageViews: 0,
        sourceAt: never,
        source: '',
        agent: event,
      }
      sessions.set(key, session)
    }
    if (ts < session.first) {
      session.first = ts
      session.agent = event
    }
    if (ts > session.last) session.last = ts
    if (event.event === pageView) session.pageViews += 1
    if (event.source !== '' && ts < session.sourceAt) {
      session.sourceAt = ts
      session.source = event.source
    }
  }
  const rows = JSON.stringify(
    Array.from(
      sessions.values(),
      ({ day, sid, first, last, pageViews, sourceAt, source, agent }) => [
        day,
        sid,
        first,
        last,
        pageViews,
        sourceAt,
        source,
        agent.browser,
        agent.os,
        agent.device,
      ],
    ),
  )
  // What those sessions were is taken off the sums of their days, what they are is added.
  run(database, rows, addToDays('-'))
  run(database, rows, upsertSessions)
  run(database, rows, addToDays('+'))
  return rows
}

const batch = 'WITH b AS (SELECT value->>0 AS day, value->>1 AS sid FROM json_each({:rows}))'

const addToDays = (sign: '+' | '-'): string => `
  ${batch}
  INSERT INTO _pbts_days (day, pv, uv, single, duration)
  SELECT s.day, ${sign}sum(s.pv), ${sign}count(*), ${sign}sum(s.pv = 1), ${sign}sum(s.last - s.first)
  FROM b CROSS JOIN _pbts_sessions s ON s.day = b.day AND s.sid = b.sid
  WHERE true GROUP BY s.day
  ON CONFLICT DO UPDATE SET pv = pv + excluded.pv, uv = uv + excluded.uv, single = single + excluded.single,
    duration = duration + excluded.duration`

// `WHERE true` tells the parser that ON CONFLICT is not the condition of a join.
const upsertSessions = `
  INSERT INTO _pbts_sessions (day, sid, first, last, pv, source_at, source, browser, os, device, prev, next)
  SELECT b.value->>0, b.value->>1, b.value->>2, b.value->>3, b.value->>4, b.value->>5, b.value->>6, b.value->>7, b.value->>8, b.value->>9,
    coalesce((SELECT max(day) FROM _pbts_sessions WHERE sid = b.value->>1 AND day < b.value->>0), 0),
    coalesce((SELECT min(day) FROM _pbts_sessions WHERE sid = b.value->>1 AND day > b.value->>0), 0)
  FROM json_each({:rows}) b WHERE true
  ON CONFLICT DO UPDATE SET
    browser = CASE WHEN excluded.first < first THEN excluded.browser ELSE browser END,
    os = CASE WHEN excluded.first < first THEN excluded.os ELSE os END,
    device = CASE WHEN excluded.first < first THEN excluded.device ELSE device END,
    source = CASE WHEN excluded.source_at < source_at THEN excluded.source ELSE source END,
    source_at = min(source_at, excluded.source_at),
    first = min(first, excluded.first),
    last = max(last, excluded.last),
    pv = pv + excluded.pv`

const someOnOtherDays = `
  ${batch}
  SELECT json_array(EXISTS (SELECT 1 FROM b CROSS JOIN _pbts_sessions s ON s.sid = b.sid AND s.day <> b.day)) AS json`

const linkPreviousSessions = `
  ${batch}
  UPDATE _pbts_sessions AS s SET next = n.day
  FROM (SELECT b.day, b.sid, (SELECT max(p.day) FROM _pbts_sessions p WHERE p.sid = b.sid AND p.day < b.day) AS prev FROM b) n
  WHERE s.day = n.prev AND s.sid = n.sid AND s.next <> n.day`

const linkNextSessions = `
  ${batch}
  UPDATE _pbts_sessions AS s SET prev = n.day
  FROM (SELECT b.day, b.sid, (SELECT min(p.day) FROM _pbts_sessions p WHERE p.sid = b.sid AND p.day > b.day) AS next FROM b) n
  WHERE s.day = n.next AND s.sid = n.sid AND s.prev <> n.day`

/** Returns its rows: a day, a session and a path. */
function addViews(database: Database, views: readonly Summary[]): string {
  const visits = new Map<string, [day: number, sid: string, path: string, views: number]>()
  for (const { day, sid, path } of views) {
    const key = `${day} ${sid} ${path}`
    const visit = visits.get(key)
    if (visit) visit[3] += 1
    else visits.set(key, [day, sid, path, 1])
  }
  const rows = JSON.stringify([...visits.values()])
  run(database, rows, upsertPages)
  run(database, rows, insertVisits)
  return rows
}

// Before the visits are there, which tell the new ones.
const upsertPages = `
  INSERT INTO _pbts_pages (day, path, pv, uv)
  SELECT b.value->>0, b.value->>2, sum(b.value->>3), sum(NOT EXISTS (
    SELECT 1 FROM _pbts_visits WHERE sid = b.value->>1 AND path = b.value->>2 AND day = b.value->>0))
  FROM json_each({:rows}) b WHERE true
  GROUP BY 1, 2
  ON CONFLICT DO UPDATE SET pv = pv + excluded.pv, uv = uv + excluded.uv`

const insertVisits = `
  INSERT INTO _pbts_visits (sid, path, day, prev)
  SELECT b.value->>1, b.value->>2, b.value->>0, coalesce((SELECT max(day) FROM _pbts_visits
    WHERE sid = b.value->>1 AND path = b.value->>2 AND day < b.value->>0), 0)
  FROM json_each({:rows}) b WHERE true
  ON CONFLICT DO NOTHING`

const linkNextVisits = `
  WITH b AS (SELECT value->>0 AS day, value->>1 AS sid, value->>2 AS path FROM json_each({:rows}))
  UPDATE _pbts_visits AS v SET prev = n.day
  FROM (SELECT b.*, (SELECT min(p.day) FROM _pbts_visits p WHERE p.sid = b.sid AND p.path = b.path AND p.day > b.day) AS next
    FROM b) n
  WHERE v.sid = n.sid AND v.path = n.path AND v.day = n.next AND v.prev <> n.day`

function run(database: Database, rows: string, sql: string): void {
  database.newQuery(sql).bind({ rows }).execute()
}
