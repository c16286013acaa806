import type { AnalyticsConfig } from '../../../../src/index.ts'
import { Notice } from '../feedback.tsx'
import { linkTo } from '../place.ts'
import { Requests } from './requests.tsx'
import { Routes } from './routes.tsx'
import { Trace } from './trace.tsx'

/** What the server did: which routes are slow, which requests there were, and one trace of them. */
export function Traces({
  config,
  query,
  traceId,
}: {
  config: AnalyticsConfig
  query: URLSearchParams
  traceId: string | undefined
}) {
  const { mode, retention } = (config['traces'] ?? {}) as { mode?: string; retention?: number }
  if (traceId) return <Trace key={traceId} traceId={traceId} retentionDays={retention} />
  return (
    <>
      <Recording mode={mode ?? ''} />
      <div class="cards">
        <Routes query={query} />
        <Requests query={query} />
      </div>
    </>
  )
}

/** Which requests are recorded at all: the most likely reason for an empty list. */
function Recording({ mode }: { mode: string }) {
  const words = mode.toLowerCase()
  if (words.includes('off')) {
    return (
      <Notice>
        <p>
          <b>Tracing is off on this server.</b> Start it with <code>PB_TRACE_MODE</code> set to{' '}
          <code>dyed</code> (some users), <code>sampled</code>, <code>slow</code>,{' '}
          <code>failed</code> or <code>full</code> (every request).
        </p>
      </Notice>
    )
  }
  if (words !== 'dyed' && words !== 'conditional') return null
  return (
    <Notice>
      <p>
        <b>Only chosen users are traced.</b>{' '}
        <a href={linkTo(['dyed-users'])}>Add one to the dyed users</a>, or start the server with{' '}
        <code>PB_TRACE_MODE</code> set to <code>sampled</code>, <code>slow</code>,{' '}
        <code>failed</code> or <code>full</code>.
      </p>
    </Notice>
  )
}
