import { settings } from '../env.ts'

const prefix = 'pbts:rl:'
const windowMs = 10_000

/**
 * Counts a request of this address.
 *
 * @throws TooManyRequestsError above the limit of its ten seconds. Requests at the same moment may count as one.
 */
export function countRequest(e: RequestEvent, now: number): void {
  const { rateLimit } = settings.analytics
  if (rateLimit === 0) return
  const window = Math.floor(now / windowMs)
  const key = `${prefix}${window}:${e.realIP()}`
  const count = Number($app.store().get(key) ?? 0) + 1
  $app.store().set(key, count)
  if (count <= rateLimit) return
  e.response.header().set('retry-after', String(Math.ceil(((window + 1) * windowMs - now) / 1000)))
  throw new TooManyRequestsError('Too many events from this address. Try again in some seconds.')
}

/** Forgets the windows that are over. */
export function forgetRequests(now: number): void {
  const current = Math.floor(now / windowMs)
  for (const key of Object.keys($app.store().getAll())) {
    if (key.startsWith(prefix) && Number(key.slice(prefix.length).split(':', 1)[0]) < current) {
      $app.store().remove(key)
    }
  }
}
