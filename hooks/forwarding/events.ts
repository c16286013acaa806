import { readJSON } from '../database.ts'
import type { Feed } from './feed.ts'
import * as settings from './settings.ts'

/**
 * Events as lines of JSON, one for each. An event that comes twice has the same `id` both times: its sender's, or one of
 * its row.
 */
export const events: Feed = {
  name: 'events',
  table: '_pbts_events',
  target: settings.events,
  batchSize: 1000,
  read: (after, limit) => {
    const [count, last, body] = readJSON<[number, number | null, string | null]>(
      `SELECT json_array(count(*), max(id), group_concat(line, char(10))) AS json FROM (
         SELECT id, json_object('row', id, 'id', coalesce(eid, printf('~%d.%d', id, ts)), 'ts', ts, 'event', event, 'sid', sid,
           'uid', uid, 'path', path, 'query', query, 'referrer', referrer, 'source', source, 'title', title, 'lang', lang,
           'perf_ms', perf_ms, 'props', coalesce(props, ''), 'browser', browser, 'os', os, 'device', device) AS line
         FROM _pbts_events WHERE id > {:after} ORDER BY id LIMIT {:limit})`,
      { after, limit },
    )
    return { count, last: last ?? after, body: body ?? '' }
  },
  refusedIn: () => 0,
}
