/** What the summaries take from an event. */
export interface Summary {
  readonly day: number
  readonly ts: number
  readonly event: string
  readonly sid: string
  readonly path: string
  readonly source: string
  readonly browser: string
  readonly os: string
  readonly device: string
}

interface Session extends Omit<Summary, 'ts' | 'event' | 'path'> {
  first: number
  last: number
  pageViews: number
  sourceAt: number
}

/** The event that is a view of a page. */
const pageView = 'page_view'

/** For what never came. */
const never = 2 ** 53 - 1

/** Adds events to sessions, visits and pages. Their order does not matter, nor that of the calls. */
export function summarize(database: Database, events: readonly Summary[]): void {
  addSessions(database, events)
  const views = events.filter(({ event }) => event === pageView)
  if (views.length > 0) addViews(database, views)
}

function addSessions(database: Database, events: readonly Summary[]): void {
  const sessions = new Map<string, Session>()
  for (const event of events) {
    const key = `${event.day} ${event.sid}`
    const isView = event.event === pageView ? 1 : 0
    const sourceAt = event.source === '' ? never : event.ts
    const known = sessions.get(key)
    if (known === undefined) {
      const { day, sid, source, browser, os, device, ts } = event
      sessions.set(key, {
        day,
        sid,
        source,
        browser,
        os,
        device,
        first: ts,
        last: ts,
        pageViews: isView,
        sourceAt,
      })
      continue
    }
    const isFirst = event.ts < known.first
    const hasSource = sourceAt < known.sourceAt
    sessions.set(key, {
      ...known,
      ...(isFirst ? { browser: event.browser, os: event.os, device: event.device } : {}),
      ...(hasSource ? { source: event.source, sourceAt } : {}),
      first: Math.min(known.first, event.ts),
      last: Math.max(known.last, event.ts),
      pageViews: known.pageViews + isView,
    })
  }
  const rows = JSON.stringify(
    [...sessions.values()].map((it) => [
      it.day,
      it.sid,
      it.first,
      it.last,
      it.pageViews,
      it.sourceAt,
      it.source,
      it.browser,
      it.os,
      it.device,
    ]),
  )
  run(database, rows, upsertSessions)
  // Rows that were there learn of new ones beside them; new ones have looked for themselves, but not at each other.
  run(database, rows, linkPreviousSessions)
  run(database, rows, linkNextSessions)
}

const batch = 'WITH b AS (SELECT value->>0 AS day, value->>1 AS sid FROM json_each({:rows}))'

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

function addViews(database: Database, views: readonly Summary[]): void {
  const visits = new Map<string, { day: number; sid: string; path: string; views: number }>()
  for (const { day, sid, path } of views) {
    const key = JSON.stringify([day, sid, path])
    const visit = visits.get(key)
    if (visit) visit.views += 1
    else visits.set(key, { day, sid, path, views: 1 })
  }
  const rows = JSON.stringify([...visits.values()].map((it) => [it.day, it.sid, it.path, it.views]))
  run(database, rows, upsertPages)
  run(database, rows, insertVisits)
  run(database, rows, linkNextVisits)
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
