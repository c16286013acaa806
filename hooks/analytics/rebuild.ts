import { readJSONIn } from '../database.ts'
import { summarize } from './summaries.ts'
import type { Summary } from './summaries.ts'

const chunk = 2000

/** Fills empty summaries from the events. */
export function rebuildSummaries(database: Database): void {
  let after = 0
  for (;;) {
    const rows = readJSONIn<(Summary & { id: number })[]>(
      database,
      `SELECT json_group_array(json_object('id', id, 'day', day, 'ts', ts, 'event', event, 'sid', sid, 'path', path,
         'source', source, 'browser', browser, 'os', os, 'device', device)) AS json
       FROM (SELECT * FROM _pbts_events WHERE id > {:after} ORDER BY id LIMIT {:chunk})`,
      { after, chunk },
    )
    if (rows.length === 0) return
    summarize(database, rows)
    after = rows[rows.length - 1]!.id
  }
}
