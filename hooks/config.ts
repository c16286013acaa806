import { settings } from './env.ts'
import { events } from './forwarding/events.ts'
import { spans } from './forwarding/spans.ts'
import { statusOfFeed } from './forwarding/status.ts'
import { answer } from './http.ts'

/** `GET /api/analytics/config`: what this server does. `pack` tells the pack from other servers of this API. */
export function config(e: RequestEvent): void {
  const { isOn, retentionDays, maxEventAgeMs, rateLimit } = settings.analytics
  const { mode, retentionDays: spanDays } = settings.traces
  return answer(e, 200, {
    enabled: isOn,
    retention: isOn ? retentionDays : 0,
    // Nothing waits: what was answered is stored.
    flushInterval: 0,
    hasS3: false,
    pack: packVersion,
    maxEventAge: maxEventAgeMs / 1000,
    rateLimit,
    traces: { mode, retention: spanDays },
    forwarding: { events: statusOfFeed(events), spans: statusOfFeed(spans) },
  })
}
