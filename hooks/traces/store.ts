import { write } from '../database.ts'

/** What is stored of a request. */
export interface ServerSpan {
  readonly traceId: string
  readonly spanId: string
  /** `''`: none. */
  readonly parentId: string
  readonly name: string
  /** Unix microseconds. */
  readonly startTime: number
  /** In microseconds. */
  readonly duration: number
  readonly method: string
  readonly route: string
  readonly target: string
  readonly code: number
  /** Of the record that was signed in, `''`: nobody. */
  readonly uid: string
  readonly dyed: boolean
  readonly host: string
  /** In bytes, where the handler has said it before. */
  readonly responseSize: number
}

/** At once: what is gathered is lost in a crash, and whoever writes it waits for all. */
export function storeSpan(span: ServerSpan): void {
  const attributes = {
    'http.host': span.host.slice(0, 256),
    ...(span.responseSize > 0 ? { 'http.response_size': span.responseSize } : {}),
  }
  write(
    `INSERT INTO _pbts_spans (trace_id, span_id, parent_id, name, kind, start_time, duration, status, method, route, target, code,
       uid, dyed, attributes)
     VALUES ({:traceId}, {:spanId}, {:parentId}, {:name}, 'server', {:startTime}, {:duration}, {:status}, {:method}, {:route},
       {:target}, {:code}, {:uid}, {:dyed}, {:attributes})`,
    {
      traceId: span.traceId,
      spanId: span.spanId,
      parentId: span.parentId,
      name: span.name.slice(0, 1024),
      startTime: span.startTime,
      duration: span.duration,
      status: span.code >= 400 ? 'error' : 'ok',
      method: span.method,
      route: span.route,
      target: span.target.slice(0, 2048),
      code: span.code,
      uid: span.uid,
      dyed: span.dyed ? 1 : 0,
      attributes: JSON.stringify(attributes),
    },
  )
}
