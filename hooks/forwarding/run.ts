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
const mostRefusedInARow = 20

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
      const beyond = outcome.isTooMuch ? sentBeyond(feed, last) : undefined
      if (beyond === undefined) return fail(feed, state, outcome.error, outcome.retryAfterMs)
      state = sentUpTo(beyond.last, state, beyond.refused, `Row ${last}: ${outcome.error}`)
    } else {
      const error = `The receiver took ${count} rows and did not want ${outcome.refused} of them.`
      state = sentUpTo(last, state, outcome.refused, error)
      limit = Math.min(limit * 2, feed.batchSize)
    }
    saveState(feed, state)
    if (!lock.renew()) return undefined
  }
  const { count } = feed.read(state.after, 1)
  if (count === 0) saveState(feed, { ...state, levelAt: Date.now() })
}

/**
 * A receiver that refuses one row alone may refuse all of them, for a setting that is wrong: then they wait. It is the row's fault
 * where one after it is taken.
 */
function sentBeyond(feed: Feed, refusedRow: number): { last: number; refused: number } | undefined {
  let after = refusedRow
  for (let refused = 1; refused <= mostRefusedInARow; refused += 1) {
    const { count, last, body } = feed.read(after, 1)
    if (count === 0) return undefined
    if (send(feed, body).isTaken) return { last, refused }
    after = last
  }
  return undefined
}

function sentUpTo(last: number, state: State, refused: number, error: string): State {
  const sent = { ...state, after: last, failures: 0, retryAt: 0, refused: state.refused + refused }
  return refused === 0 ? sent : { ...sent, error, errorAt: Date.now() }
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
