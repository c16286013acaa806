import { number, text } from '../env.ts'

/** What the environment says about forwarding. `url` is `''` where nothing is forwarded. */
export const events = {
  url: insertUrl(text('PB_ANALYTICS_SINK_URL', ''), text('PB_ANALYTICS_SINK_TABLE', 'pbts_events')),
  headers: {
    'content-type': 'application/x-ndjson',
    ...optional('x-clickhouse-user', text('PB_ANALYTICS_SINK_USER', '')),
    ...optional('x-clickhouse-key', text('PB_ANALYTICS_SINK_PASSWORD', '')),
    ...pairs(text('PB_ANALYTICS_SINK_HEADERS', '')),
  },
  timeoutMs: number('PB_ANALYTICS_SINK_TIMEOUT', 10_000),
}

export const spans = {
  url: tracesUrl(text('PB_TRACE_OTLP_ENDPOINT', '')),
  headers: { 'content-type': 'application/json', ...pairs(text('PB_TRACE_OTLP_HEADERS', '')) },
  timeoutMs: number('PB_TRACE_OTLP_TIMEOUT', 10_000),
  resource: {
    'service.name': 'pocketbase',
    ...pairs(text('PB_TRACE_RESOURCE_ATTRIBUTES', '')),
    ...optional('service.name', text('PB_TRACE_SERVICE_NAME', '')),
  },
}

/** As ClickHouse takes rows over HTTP. What the URL has as its own query, such as the database, stays. */
function insertUrl(url: string, table: string): string {
  if (url === '') return ''
  const insert = encodeURIComponent(`INSERT INTO ${table} FORMAT JSONEachRow`)
  return `${url}${url.includes('?') ? '&' : '?'}query=${insert}`
}

/** As OpenTelemetry has it: the endpoint is a base, unless it is the whole path already. */
function tracesUrl(endpoint: string): string {
  if (endpoint === '' || /\/v1\/traces\/?$/.test(endpoint)) return endpoint
  return `${endpoint.replace(/\/$/, '')}/v1/traces`
}

/** `name=value,name=value`, each value percent-encoded or as it is. */
function pairs(list: string): Record<string, string> {
  const entries = list.split(',').flatMap((item): [string, string][] => {
    const [name = '', ...value] = item.split('=')
    return name.trim() === '' ? [] : [[name.trim(), decoded(value.join('=').trim())]]
  })
  return Object.fromEntries(entries)
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

function optional(name: string, value: string): Record<string, string> {
  return value === '' ? {} : { [name]: value }
}
