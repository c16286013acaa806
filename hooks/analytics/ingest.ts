import { settings } from '../env.ts'
import { answer, bodyText, isObject, parseJSON } from '../http.ts'
import { readEvent } from './event.ts'
import type { Event } from './event.ts'
import { countRequest } from './limiter.ts'
import { hostOf } from './path.ts'
import { storeEvents } from './store.ts'
import { isBot, parseUserAgent } from './user-agent.ts'

const maxEvents = 500

/** `POST /api/analytics/events`: what it has answered is stored. */
export function ingest(e: RequestEvent): void {
  requireAnalytics()
  const now = Date.now()
  countRequest(e, now)
  const body = bodyText(e)
  const sent = eventsIn(parseJSON(body))
  const userAgent = e.request.header.get('user-agent')
  if (isBot(userAgent)) return answer(e, 202, { accepted: 0, message: 'bot traffic ignored' })

  const reading = {
    agent: parseUserAgent(userAgent),
    uid: e.auth?.id,
    hasEscapes: body.includes('\\'),
    now,
    maxAgeMs: settings.analytics.maxEventAgeMs,
    ownHost: hostOf(e.request.header.get('origin')),
  }
  const events = sent
    .map((value) => readEvent(value, reading))
    .filter((event): event is Event => event !== undefined)
  storeEvents(events)
  return answer(e, 202, { accepted: events.length, total: sent.length })
}

/** @throws NotFoundError when analytics are off. */
export function requireAnalytics(): void {
  if (!settings.analytics.isOn) throw new NotFoundError('Analytics is disabled.')
}

function eventsIn(body: unknown): unknown[] {
  const events = isObject(body) ? body['events'] : body
  if (events != null && !Array.isArray(events)) throw new BadRequestError('Invalid request body.')
  if (events == null || events.length === 0) throw new BadRequestError('No events provided.')
  if (events.length > maxEvents) {
    throw new BadRequestError(
      `A request takes at most ${maxEvents} events, this one has ${events.length}.`,
    )
  }
  return events as unknown[]
}
