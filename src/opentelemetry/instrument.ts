import {
  context,
  isSpanContextValid,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import type { Attributes, Context, Span, TracerProvider } from '@opentelemetry/api'

import { mergeHeaders } from '../core/headers.ts'
import type { ClientResponseError, OutgoingRequest, PocketBase } from '../index.ts'
import { templateOf } from './template.ts'

/** How a client's requests become spans. */
export interface InstrumentOptions {
  /** Makes the spans. Default: the one that is registered with OpenTelemetry. */
  tracerProvider?: TracerProvider | undefined
  /** Called with each span when it has begun, to add attributes or to rename it. */
  onRequest?: ((span: Span, request: OutgoingRequest) => void) | undefined
  /** Called with each span when the answer has begun. Its body is not for you to read. */
  onResponse?: ((span: Span, response: Response) => void) | undefined
}

/**
 * Makes a span of every request that a client sends, and tells the server of it by `traceparent` (and whatever else the registered propagator
 * writes): what the server does, as its hooks pack or a proxy notes it, belongs to the same trace.
 *
 * ```ts
 * const stop = instrument(pb)
 * ```
 *
 * Names and attributes follow OpenTelemetry's conventions for HTTP clients: `GET /api/collections/posts/records/{id}`. A request that is sent
 * again is another span. A span's parent is the one that is active where the call is made; it ends when the answer begins, so that streams
 * of events do not last for hours. In `url.full` the values of most query parameters, tokens and filters among them, are left out.
 *
 * Without a registered provider it does nothing. For a server's span alone the client's option `traceparent` is enough.
 *
 * @returns a function that ends it.
 */
export function instrument(client: PocketBase<any>, options: InstrumentOptions = {}): () => void {
  return client.use(async (request, next) => {
    const provider = options.tracerProvider ?? trace.getTracerProvider()
    const { name, attributes } = described(request)
    const parent = context.active()
    const span = provider
      .getTracer('pocketbase-typescript')
      .startSpan(name, { kind: SpanKind.CLIENT, attributes }, parent)
    const active = trace.setSpan(parent, span)
    const headers = mergeHeaders(request.init.headers, headersOf(span, active))
    const { signal } = request.init
    // A `fetch` that ignores its signal may go on for long after the call has ended.
    const onAbort = (): void => fail(span, signal!.reason)
    signal?.addEventListener('abort', onAbort)
    try {
      options.onRequest?.(span, request)
      const sent = { ...request, init: { ...request.init, headers } }
      const response = await context.with(active, next, undefined, sent)
      const { status } = response
      span.setAttribute('http.response.status_code', status)
      if (status >= 400) {
        span.setAttribute('error.type', `${status}`)
        span.setStatus({ code: SpanStatusCode.ERROR })
      }
      options.onResponse?.(span, response)
      return response
    } catch (error) {
      fail(span, error)
      throw error
    } finally {
      signal?.removeEventListener('abort', onAbort)
      if (span.isRecording()) span.end()
    }
  })
}

const knownMethod = /^(GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH|QUERY)$/

/** Query parameters whose values tell nothing of people, and open no door. */
const harmless = /^(page|perPage|limit|offset|skipTotal|sort|fields|expand|range|thumb|download)$/

function described({ url, init, resent = 0 }: OutgoingRequest): {
  name: string
  attributes: Attributes
} {
  const { method } = init
  const isKnown = knownMethod.test(method.toUpperCase())
  const known = isKnown ? method.toUpperCase() : '_OTHER'
  const { template, ...place } = placeOf(url)
  const attributes: Attributes = { 'http.request.method': known, ...place }
  if (known !== method) attributes['http.request.method_original'] = method
  if (template) attributes['url.template'] = template
  if (resent > 0) attributes['http.request.resend_count'] = resent
  const verb = isKnown ? known : 'HTTP'
  return { name: template ? `${verb} ${template}` : verb, attributes }
}

function placeOf(url: string): { template?: string | undefined; [attribute: string]: any } {
  try {
    const { protocol, hostname, port, pathname, username, origin, search } = new URL(url)
    const query = search.replace(/([^?&=]+)=[^&]*/g, (pair, key: string) =>
      harmless.test(key) ? pair : `${key}=REDACTED`,
    )
    const who = username && 'REDACTED:REDACTED@'
    return {
      template: templateOf(pathname),
      'server.address': hostname,
      'server.port': Number(port) || (protocol === 'https:' ? 443 : 80),
      'url.full': origin.replace('//', `//${who}`) + pathname + query,
    }
  } catch {
    // `fetch` says what is wrong with it.
    return {}
  }
}

/** What tells the server of a span. */
function headersOf(span: Span, active: Context): Record<string, string> {
  const headers: Record<string, string> = {}
  propagation.inject(active, headers)
  const ids = span.spanContext()
  // Also where no propagator is registered, or one of another format.
  if (isSpanContextValid(ids)) {
    headers['traceparent'] ??= `00-${ids.traceId}-${ids.spanId}-0${ids.traceFlags & 1}`
  }
  return headers
}

function fail(span: Span, cause: unknown): void {
  if (!span.isRecording()) return
  const error = cause as ClientResponseError
  span.recordException(error)
  span.setAttribute('error.type', error.kind ?? error.name)
  span.setStatus({ code: SpanStatusCode.ERROR, message: error.message })
  span.end()
}
