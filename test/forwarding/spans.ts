import type { Attribute, CollectedSpan } from './collector.ts'

/** A span as the server lists it. */
export interface WireSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentId?: string
  readonly startTime: number
  readonly duration: number
  readonly attributes: Readonly<Record<string, string | number | boolean>>
}

/** What docs/scaling.md promises to make of a span. */
export function expectedSpan({
  traceId,
  spanId,
  parentId,
  startTime,
  duration,
  attributes,
}: WireSpan): Record<string, unknown> {
  const code = Number(attributes['http.status_code'])
  const [path, ...query] = String(attributes['http.target']).split('?')
  const host = String(attributes['http.host'])
  return {
    traceId,
    spanId,
    parentSpanId: parentId ?? '',
    name: `${String(attributes['http.method'])} ${String(attributes['http.route'])}`.trim(),
    kind: 2,
    start: `${startTime}000`,
    end: `${startTime + duration}000`,
    status: code >= 500 ? 2 : 0,
    scope: 'pocketbase-typescript',
    attributes: withoutEmpty({
      'http.request.method': attributes['http.method'],
      'http.route': attributes['http.route'],
      'http.response.status_code': code,
      'http.response.body.size': attributes['http.response_size'],
      'url.path': path,
      'url.query': query.join('?'),
      'server.address': host.slice(0, host.lastIndexOf(':')),
      'user.id': attributes['user.id'],
      'error.type': code >= 500 ? String(code) : '',
      'pbts.dyed': attributes['trace.dyed'],
    }),
  }
}

/** The same of what the collector has. */
export function collectedSpan(span: CollectedSpan): Record<string, unknown> {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId ?? '',
    name: span.name,
    kind: span.kind,
    start: span.startTimeUnixNano,
    end: span.endTimeUnixNano,
    status: span.status.code ?? 0,
    scope: span.scope,
    attributes: attributesOf(span.attributes),
  }
}

export function attributesOf(attributes: readonly Attribute[]): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => {
      const [[kind, content] = []] = Object.entries(value)
      return [key, kind === 'intValue' ? Number(content) : content]
    }),
  )
}

function withoutEmpty(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && value !== ''),
  )
}
