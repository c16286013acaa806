import type { TraceSpan } from '../../../../src/index.ts'

/** When it began. */
export function startOf({ startTime }: TraceSpan): Date {
  return new Date(startTime / 1000)
}

/** The id of whoever was signed in, `''`: nobody. */
export function userOf({ attributes }: TraceSpan): string {
  return String(attributes?.['user.id'] ?? '')
}

/** Its HTTP status, else what the span says itself. */
export function Status({ span }: { span: TraceSpan }) {
  const code: unknown = span.attributes?.['http.status_code'] ?? span.status
  return <span class={`status ${kindOf(span, Number(code))}`}>{String(code)}</span>
}

function kindOf({ status }: TraceSpan, code: number): string {
  if (code >= 500) return 'bad'
  if (code >= 400) return 'warn'
  return status === 'error' ? 'bad' : 'good'
}
