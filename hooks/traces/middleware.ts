import { statusOf } from '../http.ts'
import { isDyed, someAreDyed } from './dyed-users.ts'
import { isTraced, recording, recordsOthers } from './mode.ts'
import { storeSpan } from './store.ts'
import { randomHex, traceContextOf } from './trace-context.ts'
import type { TraceContext } from './trace-context.ts'

/** Hands the request on, and records what became of it. It never touches the body. */
export function trace(e: RequestEvent): void {
  if (!recordsOthers && !someAreDyed()) return e.next()
  // A connection that stays would hold an engine.
  if (e.request.pattern === 'GET /api/realtime' || !isTraced(e)) return e.next()

  const context = traceContextOf(e.request.header.get('traceparent'))
  const spanId = randomHex(16)
  const isChosen = recording.all || isSampled(context)
  // Later it would be too late.
  e.response.header().set('traceparent', `00-${context.traceId}-${spanId}-0${isChosen ? 1 : 0}`)
  try {
    e.next()
  } catch (error) {
    record(e, context, spanId, isChosen, e.status() || (statusOf(error) ?? 400))
    throw error
  }
  record(e, context, spanId, isChosen, e.status() || 200)
}

function isSampled({ traceId }: TraceContext): boolean {
  const { sampleRate } = recording
  return sampleRate > 0 && Number.parseInt(traceId.slice(-8), 16) < sampleRate * 2 ** 32
}

function record(
  e: RequestEvent,
  { traceId, parentId }: TraceContext,
  spanId: string,
  isChosen: boolean,
  code: number,
): void {
  // A request must not fail because it is watched.
  try {
    const uid = e.auth?.id ?? ''
    const dyed = uid !== '' && isDyed(uid)
    // Most requests of most servers end here.
    if (!recordsOthers && !dyed) return
    const startedAt = e.get('__execStart') as GoTime
    const duration = Math.round(new DateTime().time().sub(startedAt) / 1000)
    const isWanted =
      isChosen || dyed || duration >= recording.slowMicros || (recording.failed && code >= 400)
    if (!isWanted) return
    const { method, pattern, host, url } = e.request
    storeSpan({
      traceId,
      spanId,
      parentId,
      name: `${method} ${url.path}`,
      startTime: startedAt.unixMicro(),
      duration,
      method,
      // Without its method, and without a name of a host.
      route: pattern.slice(pattern.indexOf('/')),
      target: url.path + queryOf(url.rawQuery),
      code,
      uid,
      dyed,
      host,
      responseSize: Number(e.response.header().get('content-length')) || 0,
    })
  } catch (error) {
    $app.logger().error('pbts: a span was not stored', 'error', String(error))
  }
}

/** With its `?`, without secrets. */
function queryOf(rawQuery: string): string {
  if (rawQuery === '') return ''
  const isSecret = /((?:^|&)[^=&]*(?:token|password|secret|code|state|key)[^=&]*=)[^&]*/gi
  return `?${rawQuery.replace(isSecret, '$1REDACTED')}`
}
