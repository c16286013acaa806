import { hasAnswersToCome, handleAnswer, seenAnswers, waitForAnswer } from './link.ts'
import { fireDueTimer, nextTimerAt } from './timers.ts'

const jobs: (() => void)[] = []
let isScheduled = false
let depth = 0

/** Whether a call blocks the script at this moment. */
export function isBlocking(): boolean {
  return depth > 0
}

/** Does something as a part of a call that blocks. */
export function whileBlocking<T>(work: () => T): T {
  depth++
  try {
    return work()
  } finally {
    depth--
  }
}

/** Has a job run soon: by the call that blocks, or when the script yields to the event loop. */
export function enqueue(job: () => void): void {
  jobs.push(job)
  if (isScheduled) return
  isScheduled = true
  globalThis.queueMicrotask(() => {
    isScheduled = false
    runJobs()
  })
}

/**
 * Blocks the script until something is so, and does meanwhile what the event loop would do for the client: runs its jobs, its timers and
 * what the worker tells. Hooks may call it again from inside.
 *
 * @returns false when that has not come about within `limitMs`.
 * @throws Error where nothing is left that could bring it about.
 */
export function blockUntil(isSo: () => boolean, limitMs = Infinity): boolean {
  const endsAt = performance.now() + limitMs
  return whileBlocking(() => {
    for (;;) {
      // Before looking: what comes later ends the wait at once.
      const seen = seenAnswers()
      runJobs()
      if (isSo()) return true
      if (handleAnswer() || fireDueTimer()) continue
      const wakeAt = Math.min(nextTimerAt(), endsAt)
      if (wakeAt === Infinity && !hasAnswersToCome()) {
        throw new Error('The call waits for what can never happen while the script is blocked.')
      }
      const leftMs = wakeAt - performance.now()
      if (leftMs > 0) waitForAnswer(seen, leftMs)
      else if (endsAt <= wakeAt) return false
    }
  })
}

function runJobs(): void {
  for (let job = jobs.shift(); job; job = jobs.shift()) job()
}
