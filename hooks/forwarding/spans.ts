import { readJSON } from '../database.ts'
import type { Feed } from './feed.ts'
import * as settings from './settings.ts'

interface Row {
  readonly id: number
  readonly traceId: string
  readonly spanId: string
  readonly parentId: string
  readonly name: string
  /** Unix microseconds. */
  readonly start: number
  /** Unix microseconds. */
  readonly end: number
  readonly method: string
  readonly route: string
  readonly target: string
  readonly code: number
  readonly uid: string
  readonly dyed: number
  /** As JSON. */
  readonly attributes: string
}

const serverKind = 2
const errorStatus = 2

/** Spans as OTLP's JSON, with the names of OpenTelemetry's conventions for HTTP servers. */
export const spans: Feed = {
  name: 'spans',
  table: '_pbts_spans',
  target: settings.spans,
  batchSize: 500,
  read: (after, limit) => {
    const rows = readJSON<Row[]>(
      `SELECT json_group_array(json_object('id', id, 'traceId', trace_id, 'spanId', span_id, 'parentId', parent_id, 'name', name,
         'start', start_time, 'end', start_time + duration, 'method', method, 'route', route, 'target', target, 'code', code,
         'uid', uid, 'dyed', dyed, 'attributes', attributes)) AS json
       FROM (SELECT * FROM _pbts_spans WHERE id > {:after} ORDER BY id LIMIT {:limit})`,
      { after, limit },
    )
    return {
      count: rows.length,
      last: rows[rows.length - 1]?.id ?? after,
      body: JSON.stringify(exportRequest(rows)),
    }
  },
  refusedIn: (answer) => {
    const { partialSuccess } = (answer ?? {}) as { partialSuccess?: { rejectedSpans?: unknown } }
    return Number(partialSuccess?.rejectedSpans ?? 0) || 0
  },
}

function exportRequest(rows: readonly Row[]): object {
  const scope = { name: 'pocketbase-typescript', version: packVersion }
  const resource = { attributes: attributesOf(settings.spans.resource) }
  return { resourceSpans: [{ resource, scopeSpans: [{ scope, spans: rows.map(spanOf) }] }] }
}

function spanOf(row: Row): object {
  const { 'http.host': host, 'http.response_size': size } = JSON.parse(row.attributes) as {
    'http.host'?: string
    'http.response_size'?: number
  }
  const mark = row.target.indexOf('?')
  // Of the server's doing: by convention a 404 is the client's.
  const isError = row.code >= 500
  return {
    traceId: row.traceId,
    spanId: row.spanId,
    ...(row.parentId === '' ? {} : { parentSpanId: row.parentId }),
    // With ids in it a name would be of one request only.
    name: row.route === '' ? row.method : `${row.method} ${row.route}`,
    kind: serverKind,
    // Nanoseconds, which no number holds.
    startTimeUnixNano: `${row.start}000`,
    endTimeUnixNano: `${row.end}000`,
    attributes: attributesOf({
      'http.request.method': row.method,
      'http.route': row.route,
      'http.response.status_code': row.code,
      'http.response.body.size': size,
      'url.path': mark < 0 ? row.target : row.target.slice(0, mark),
      'url.query': mark < 0 ? '' : row.target.slice(mark + 1),
      'server.address': host?.replace(/:\d+$/, ''),
      'user.id': row.uid,
      'error.type': isError ? String(row.code) : '',
      'pbts.dyed': row.dyed === 1 || undefined,
    }),
    status: isError ? { code: errorStatus } : {},
  }
}

/** Without those that say nothing. */
function attributesOf(
  values: Readonly<Record<string, string | number | boolean | undefined>>,
): object[] {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([key, value]) => ({ key, value: valueOf(value!) }))
}

function valueOf(value: string | number | boolean): object {
  if (typeof value === 'number') return { intValue: String(value) }
  return typeof value === 'boolean' ? { boolValue: value } : { stringValue: value }
}
