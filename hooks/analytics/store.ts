import { readJSONIn } from '../database.ts'
import type { Event } from './event.ts'
import { summarize } from './summaries.ts'

/** Stores events and brings the summaries up to date, all or nothing. Those whose id is there already count for nothing. */
export function storeEvents(events: readonly Event[]): void {
  if (events.length === 0) return
  $app.auxRunInTransaction((transaction) => {
    const database = transaction.auxDB()
    const fresh = withoutKnown(database, events)
    if (fresh.length === 0) return
    insertEvents(database, fresh)
    summarize(database, fresh)
  })
}

function withoutKnown(database: Database, events: readonly Event[]): Event[] {
  const ids = events.flatMap(({ id }) => (id === null ? [] : [id]))
  const known = new Set(
    ids.length === 0
      ? []
      : readJSONIn<string[]>(
          database,
          `SELECT json_group_array(eid) AS json FROM _pbts_events
           WHERE eid IN (SELECT value FROM json_each({:ids}))`,
          { ids: JSON.stringify(ids) },
        ),
  )
  return events.filter(({ id }) => {
    if (id === null) return true
    if (known.has(id)) return false
    known.add(id)
    return true
  })
}

function insertEvents(database: Database, events: readonly Event[]): void {
  const rows = events.map((event) => [
    event.id,
    event.ts,
    event.day,
    event.event,
    event.path,
    event.sid,
    event.uid,
    event.source,
    event.query,
    event.referrer,
    event.title,
    event.lang,
    event.perfMs,
    event.props,
    event.browser,
    event.os,
    event.device,
  ])
  database
    .newQuery(
      `INSERT INTO _pbts_events
         (eid, ts, day, event, path, sid, uid, source, query, referrer, title, lang, perf_ms, props, browser, os, device)
       SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7, value->>8, value->>9,
         value->>10, value->>11, value->>12, value->>13, value->>14, value->>15, value->>16
       FROM json_each({:rows})`,
    )
    .bind({ rows: JSON.stringify(rows) })
    .execute()
}
