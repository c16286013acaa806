import { readJSONIn } from './database.ts'
import { rebuildSummaries } from './analytics/rebuild.ts'

/**
 * Days are numbers: since 1970, in UTC. Times are Unix milliseconds, those of spans microseconds.
 *
 * `_pbts_sessions` has a row for each session and day, `_pbts_visits` for each session, page and day, each with the days
 * before (and after) on which the same was seen, 0 for none. So a range's distinct sessions are the rows in it whose `prev` is
 * before it: one exact count, without sorting. `_pbts_days` sums the sessions up (`single`: those with one page view), `_pbts_pages`
 * the visits.
 *
 * Events and spans never get the `id` of one that was deleted: forwarding sends what comes after the last one it has sent.
 */
const tables = `
  CREATE TABLE IF NOT EXISTS _pbts_meta (k TEXT PRIMARY KEY, v TEXT) WITHOUT ROWID;

  CREATE TABLE IF NOT EXISTS _pbts_events (id INTEGER PRIMARY KEY AUTOINCREMENT, eid TEXT, ts INTEGER NOT NULL,
    day INTEGER NOT NULL, event TEXT NOT NULL, path TEXT NOT NULL, sid TEXT NOT NULL, uid TEXT NOT NULL DEFAULT '',
    source TEXT NOT NULL DEFAULT '', browser TEXT NOT NULL DEFAULT '', os TEXT NOT NULL DEFAULT '',
    device TEXT NOT NULL DEFAULT '', query TEXT NOT NULL DEFAULT '', referrer TEXT NOT NULL DEFAULT '',
    title TEXT NOT NULL DEFAULT '', lang TEXT NOT NULL DEFAULT '', perf_ms INTEGER, props TEXT);
  CREATE TABLE IF NOT EXISTS _pbts_sessions (day INTEGER NOT NULL, sid TEXT NOT NULL, prev INTEGER NOT NULL,
    next INTEGER NOT NULL, pv INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, source_at INTEGER NOT NULL,
    source TEXT NOT NULL, browser TEXT NOT NULL, os TEXT NOT NULL, device TEXT NOT NULL,
    PRIMARY KEY (day, sid)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS _pbts_days (day INTEGER PRIMARY KEY, pv INTEGER NOT NULL, uv INTEGER NOT NULL,
    single INTEGER NOT NULL, duration INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS _pbts_visits (sid TEXT NOT NULL, path TEXT NOT NULL, day INTEGER NOT NULL,
    prev INTEGER NOT NULL, PRIMARY KEY (sid, path, day)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS _pbts_pages (day INTEGER NOT NULL, path TEXT NOT NULL, pv INTEGER NOT NULL,
    uv INTEGER NOT NULL, PRIMARY KEY (day, path)) WITHOUT ROWID;

  CREATE TABLE IF NOT EXISTS _pbts_spans (id INTEGER PRIMARY KEY AUTOINCREMENT, trace_id TEXT NOT NULL,
    span_id TEXT NOT NULL, parent_id TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,
    start_time INTEGER NOT NULL, duration INTEGER NOT NULL, status TEXT NOT NULL, method TEXT, route TEXT, target TEXT,
    code INTEGER, uid TEXT, dyed INTEGER, attributes TEXT);
  CREATE TABLE IF NOT EXISTS _pbts_dyed (user_id TEXT PRIMARY KEY, added_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    added_by TEXT, reason TEXT) WITHOUT ROWID;`

const indexes = `
  CREATE INDEX IF NOT EXISTS _pbts_events_day ON _pbts_events(day);
  CREATE UNIQUE INDEX IF NOT EXISTS _pbts_events_eid ON _pbts_events(eid) WHERE eid IS NOT NULL;
  CREATE INDEX IF NOT EXISTS _pbts_sessions_sid ON _pbts_sessions(sid, day);
  CREATE INDEX IF NOT EXISTS _pbts_sessions_again ON _pbts_sessions(day, prev, next) WHERE prev > 0 OR next > 0;
  CREATE INDEX IF NOT EXISTS _pbts_visits_again ON _pbts_visits(day, prev, path) WHERE prev > 0;

  CREATE INDEX IF NOT EXISTS _pbts_spans_trace ON _pbts_spans(trace_id, span_id);
  CREATE INDEX IF NOT EXISTS _pbts_spans_start ON _pbts_spans(start_time);
  CREATE INDEX IF NOT EXISTS _pbts_spans_slow ON _pbts_spans(duration) WHERE duration >= 100000;
  CREATE INDEX IF NOT EXISTS _pbts_spans_error ON _pbts_spans(start_time) WHERE status = 'error';`

/**
 * What makes the schema of each number from the one before. The tables above are of the newest, so a step says only what
 * `CREATE TABLE IF NOT EXISTS` does not: columns of tables that were there before, and their content.
 */
const upgrades: Record<number, (database: Database) => void> = {
  2: (database) => {
    database
      .newQuery(
        `DROP TABLE IF EXISTS _pbts_dirty; DROP TABLE _pbts_sessions; DROP TABLE _pbts_pages;
         ALTER TABLE _pbts_events RENAME TO _pbts_events_1; ALTER TABLE _pbts_spans RENAME TO _pbts_spans_1;
         ${tables}
         INSERT INTO _pbts_events (id, ts, day, event, path, sid, uid, source, browser, os, device, query, referrer, title, lang,
           perf_ms, props)
         SELECT id, ts, day, event, path, sid, uid, source, browser, os, device, query, referrer, title, lang, perf_ms, props
         FROM _pbts_events_1;
         INSERT INTO _pbts_spans SELECT * FROM _pbts_spans_1;
         DROP TABLE _pbts_events_1; DROP TABLE _pbts_spans_1;`,
      )
      .execute()
    rebuildSummaries(database)
  },
}
const newest = 2

/**
 * Makes the tables, or those of an older pack into those of this one, in one transaction.
 *
 * @throws Error where a newer pack has been: its tables stay as they are.
 */
export function prepareTables(): void {
  $app.auxRunInTransaction((transaction) => {
    const database = transaction.auxDB()
    database.newQuery(tables).execute()
    const [found] = readJSONIn<(number | null)[]>(
      database,
      "SELECT json_array((SELECT CAST(v AS INTEGER) FROM _pbts_meta WHERE k = 'schema')) AS json",
      {},
    )
    const schema = found ?? newest
    if (schema > newest) {
      throw new Error(
        `The tables in auxiliary.db are of a newer hooks pack (schema ${schema}, this one knows ${newest}). Install the newest pack.`,
      )
    }
    for (let step = schema + 1; step <= newest; step += 1) upgrades[step]!(database)
    database
      .newQuery(
        `${indexes} INSERT INTO _pbts_meta VALUES ('schema', '${newest}') ON CONFLICT DO UPDATE SET v = excluded.v;`,
      )
      .execute()
  })
}
