import type { Feed } from './feed.ts'
import { send } from './send.ts'
import { readState, saveState, takeLock } from './state.ts'
import type { Lock, State } from './state.ts'

/** The next run, a minute later, goes on where one ends. */
const maxBatches = 200
const maxRunMs = 45_000
/** What a run may take for other things than its request, before it counts as dead. */
const leaseMs = 60_000
const maxRetryMs = 60 * 60_000

/**
 * Sends the rows that the receiver does not have, in their order. Each batch is marked as sent after its answer, so it
 * comes at least once.
 */
export function forward(feed: Feed): void {
  if (feed.target.url === '') return
  const lock = takeLock(feed, leaseMs + feed.target.timeoutMs)
  if (lock === undefined) return
  try {
    const state = readState(feed)
    if (state.retryAt <= Date.now()) sendRows(feed, lock, state)
  } catch (error) {
    fail(feed, readState(feed), String(error), 0)
  } finally {
    lock.release()
  }
}

function sendRows(feed: Feed, lock: Lock, from: State): void {
  let state = from
  let limit = feed.batchSize
  const endAt = Date.now() + maxRunMs
  for (let batches = 0; batches < maxBatches && Date.now() < endAt; batches += 1) {
    const { count, last, body } = feed.read(state.after, limit)
    if (count === 0) break
    const outcome = send(feed, body)
    if (!outcome.isTaken) {
      if (outcome.isTooMuch && count > 1) {
        limit = Math.ceil(count / 2)
        continue
      }
      return fail(feed, state, outcome.error, outcome.retryAfterMs)
    }
    state = sentUpTo(last, state, count, outcome.refused)
    saveState(feed, state)
    if (!lock.renew()) return undefined
  }
  const { count } = feed.read(state.after, 1)
  if (count === 0) saveState(feed, { ...state, levelAt: Date.now() })
}

function sentUpTo(last: number, state: State, count: number, refused: number): State {
  const sent = { ...state, after: last, failures: 0, retryAt: 0, refused: state.refused + refused }
  return refused === 0
    ? sent
    : { ...sent, error: `The receiver refused ${refused} of ${count} rows.`, errorAt: Date.now() }
}

function fail(feed: Feed, state: State, error: string, retryAfterMs: number): void {
  const failures = state.failures + 1
  const now = Date.now()
  // One, two, four … fifteen runs later. Half a minute less: runs begin on the minute, whenever the last one ended.
  const backOffMs = Math.min(2 ** (failures - 1), 15) * 60_000 - 30_000
  const retryAt = now + Math.min(Math.max(backOffMs, retryAfterMs), maxRetryMs)
  saveState(feed, { ...state, failures, retryAt, error, errorAt: now })
  $app.logger().error('pbts: forwarding failed', 'feed', feed.name, 'error', error)
}
