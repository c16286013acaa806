import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { afterEach, beforeEach, expect, test } from 'vitest'

import type { PocketBase } from '../../src/index.ts'
import { instrument } from '../../src/opentelemetry/index.ts'
import type { InstrumentOptions } from '../../src/opentelemetry/index.ts'
import { json, observed } from '../support/observed.ts'
import type { SentRequest } from '../support/observed.ts'

let exporter: InMemorySpanExporter

beforeEach(() => {
  exporter = new InMemorySpanExporter()
  trace.setGlobalTracerProvider(
    new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }),
  )
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
})

afterEach(() => {
  trace.disable()
  context.disable()
  propagation.disable()
})

/** A client whose requests become spans. */
function instrumented(
  answer: Parameters<typeof observed>[0] = () => json({}),
  clientOptions: Parameters<typeof observed>[1] = {},
  options: InstrumentOptions = {},
): { client: PocketBase; requests: SentRequest[] } {
  const both = observed(answer, { autoCancellation: false, ...clientOptions })
  instrument(both.client, options)
  return both
}

/** What the server is told of a request's span. */
function traceparentOf({ init }: SentRequest): string {
  return init.headers['traceparent']!
}

test('a request is a span of a client, by the names of the conventions', async () => {
  const { client } = instrumented(() => json({ id: 'abc' }))
  await client.collection('posts').getOne('abc', { expand: 'author' })
  const [span] = exporter.getFinishedSpans()
  expect(span).toMatchObject({
    name: 'GET /api/collections/posts/records/{id}',
    kind: SpanKind.CLIENT,
    status: { code: SpanStatusCode.UNSET },
  })
  expect(span!.attributes).toEqual({
    'http.request.method': 'GET',
    'server.address': 'pb.test',
    'server.port': 80,
    'url.full': 'http://pb.test/api/collections/posts/records/abc?expand=author',
    'url.template': '/api/collections/posts/records/{id}',
    'http.response.status_code': 200,
  })
})

test('names have no ids in them, and those of other routes no path', async () => {
  const { client } = instrumented()
  const paths = {
    '/api/health': '/api/health',
    '/api/collections/posts/records': '/api/collections/posts/records',
    '/api/collections/users/auth-refresh': '/api/collections/users/auth-refresh',
    '/api/collections/users/impersonate/x': '/api/collections/users/impersonate/{id}',
    '/api/files/posts/x/y.png': '/api/files/posts/{id}/{filename}',
    '/api/files/token': '/api/files/token',
    '/api/logs/x': '/api/logs/{id}',
    '/api/logs/stats': '/api/logs/stats',
    '/api/crons/x': '/api/crons/{id}',
    '/api/backups/x/restore': '/api/backups/{key}/restore',
    '/api/backups/upload': '/api/backups/upload',
    '/api/settings/test/email': '/api/settings/test/email',
    '/api/analytics/raw-logs/2026-01-31': '/api/analytics/raw-logs/{date}',
    '/api/_/trace/spans/x/y': '/api/_/trace/spans/{traceId}/{spanId}',
    '/api/_/trace/dyed-users/x/ttl': '/api/_/trace/dyed-users/{id}/ttl',
    '/api/mine/1234': undefined,
    '/elsewhere': undefined,
  }
  for (const path of Object.keys(paths)) await client.send(path, {})
  expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(
    Object.values(paths).map((template) => (template ? `GET ${template}` : 'GET')),
  )
})

test('a URL tells no token, no filter and no password', async () => {
  const { client } = instrumented()
  client.baseURL = 'https://ada:secret@pb.test:8443/base'
  await client.send('/api/collections/posts/records', {
    query: { filter: `email = 'ada@example.com'`, token: 'eyJ', page: 2 },
  })
  const { attributes } = exporter.getFinishedSpans()[0]!
  expect(attributes).toMatchObject({
    'server.port': 8443,
    'url.full':
      'https://REDACTED:REDACTED@pb.test:8443/base/api/collections/posts/records?filter=REDACTED&token=REDACTED&page=2',
    'url.template': '/base/api/collections/posts/records',
  })
})

test('the server is told the ids of the span, and a call that is already traced belongs to its parent', async () => {
  const { client, requests } = instrumented()
  const tracer = trace.getTracer('app')
  await tracer.startActiveSpan('click', async (click) => {
    await client.health.check()
    click.end()
  })
  const [request, click] = exporter.getFinishedSpans()
  const { traceId, spanId } = request!.spanContext()
  expect(request!.parentSpanContext?.spanId).toBe(click!.spanContext().spanId)
  expect(traceId).toBe(click!.spanContext().traceId)
  expect(traceparentOf(requests[0]!)).toBe(`00-${traceId}-${spanId}-01`)
})

test('a hundred calls at once never mix', async () => {
  const { client, requests } = instrumented(
    async ({ url }) =>
      new Promise((resolve) => {
        setTimeout(() => resolve(json({})), Number(new URL(url).searchParams.get('page')) % 7)
      }),
  )
  const tracer = trace.getTracer('app')
  await Promise.all(
    Array.from({ length: 100 }, async (_, page) =>
      tracer.startActiveSpan(`click ${page}`, async (click) => {
        await client.send('/api/x', { query: { page } })
        click.end()
      }),
    ),
  )
  const spans = exporter.getFinishedSpans()
  const clicks = new Map(spans.map((span) => [span.name, span.spanContext()]))
  for (const request of requests) {
    const page = new URL(request.url).searchParams.get('page')
    const [, traceId, spanId] = traceparentOf(request).split('-')
    const span = spans.find((each) => each.spanContext().spanId === spanId)!
    expect(span.attributes['url.full']).toBe(request.url)
    expect(traceId).toBe(clicks.get(`click ${page}`)!.traceId)
  }
  expect(spans).toHaveLength(200)
})

test('without a propagator the W3C header is written all the same', async () => {
  propagation.disable()
  const { client, requests } = instrumented(() => json({}), { traceparent: true })
  await client.send('/api/x', { headers: { Traceparent: 'mine' } })
  const { traceId, spanId } = exporter.getFinishedSpans()[0]!.spanContext()
  const names = Object.entries(requests[0]!.init.headers).filter(([name]) => /trace/i.test(name))
  expect(names).toEqual([['traceparent', `00-${traceId}-${spanId}-01`]])
})

test('without a provider requests go out as they would', async () => {
  trace.disable()
  const { client, requests } = instrumented()
  await client.send('/api/x', {})
  expect(requests[0]!.init.headers).not.toHaveProperty('traceparent')
  expect(exporter.getFinishedSpans()).toEqual([])
})

test('a status of 400 or more is an error', async () => {
  const { client } = instrumented(() => json({ message: 'No.' }, { status: 404 }))
  await expect(client.send('/api/x', {})).rejects.toThrow('No.')
  const [span] = exporter.getFinishedSpans()
  expect(span!.status).toEqual({ code: SpanStatusCode.ERROR })
  expect(span!.attributes).toMatchObject({
    'error.type': '404',
    'http.response.status_code': 404,
  })
})

test('a request without an answer is an error that says why', async () => {
  const { client } = instrumented(() => {
    throw new TypeError('connect ECONNREFUSED')
  })
  await expect(client.send('/api/x', {})).rejects.toThrow('ECONNREFUSED')
  const [span] = exporter.getFinishedSpans()
  expect(span!.status).toMatchObject({
    code: SpanStatusCode.ERROR,
    message: 'connect ECONNREFUSED',
  })
  expect(span!.attributes).toMatchObject({ 'error.type': 'network' })
  expect(span!.events).toMatchObject([{ name: 'exception' }])
})

test('a cancelled request ends at once, even where fetch goes on', async () => {
  const { client } = instrumented(async () => new Promise(() => {}))
  const controller = new AbortController()
  const call = client.send('/api/x', { signal: controller.signal })
  controller.abort()
  await expect(call).rejects.toMatchObject({ isAbort: true })
  expect(exporter.getFinishedSpans()).toMatchObject([{ attributes: { 'error.type': 'abort' } }])
})

test('a request that is sent again is another span, which says how often it was sent before', async () => {
  const { client } = instrumented(
    (_, index) => (index < 2 ? json({}, { status: 503 }) : json({})),
    { retry: { times: 2, delayMs: 1 } },
  )
  await client.send('/api/x', {})
  const counts = exporter
    .getFinishedSpans()
    .map(({ attributes }) => attributes['http.request.resend_count'])
  expect(counts).toEqual([undefined, 1, 2])
})

test('methods are written as the conventions know them', async () => {
  const { client } = instrumented()
  await client.send('/api/x', { method: 'post' })
  await client.send('/api/x', { method: 'BREW' })
  expect(exporter.getFinishedSpans()).toMatchObject([
    {
      name: 'POST',
      attributes: { 'http.request.method': 'POST', 'http.request.method_original': 'post' },
    },
    {
      name: 'HTTP',
      attributes: { 'http.request.method': '_OTHER', 'http.request.method_original': 'BREW' },
    },
  ])
})

test('applications add what they know', async () => {
  const { client } = instrumented(
    () => json({}, { headers: { 'x-cache': 'hit' } }),
    {},
    {
      onRequest: (span, { url }) => span.setAttribute('app.url.length', url.length),
      onResponse: (span, { headers }) => span.setAttribute('app.cache', headers.get('x-cache')!),
    },
  )
  await client.send('/api/x', {})
  expect(exporter.getFinishedSpans()).toMatchObject([
    { attributes: { 'app.url.length': 'http://pb.test/api/x'.length, 'app.cache': 'hit' } },
  ])
})

test('a base URL that is none fails as it would without spans', async () => {
  const { client } = instrumented()
  client.baseURL = 'nowhere'
  client.use(async () => {
    throw new TypeError('invalid URL')
  })
  await expect(client.send('/api/x', {})).rejects.toThrow('invalid URL')
  expect(exporter.getFinishedSpans()).toHaveLength(1)
})
