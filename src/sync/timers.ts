import type * as Timers from 'node:timers'

/** A timer of the client: fires by the call that blocks, or when the script yields to the event loop. It never keeps the process alive. */
interface Timer {
  at: number
  readonly fire: () => void
  native: { unref?: () => unknown }
}

const pending = new Set<Timer>()

// Those of Node can be told apart from the process's life, on Deno too.
const native: Pick<typeof Timers, 'setTimeout' | 'clearTimeout'> =
  globalThis.process?.getBuiltinModule?.('node:timers') ?? globalThis

export function setTimeout(work: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): Timer {
  return start(ms, (timer) => {
    clearTimeout(timer)
    work(...args)
  })
}

export function setInterval(work: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): Timer {
  return start(ms, (timer) => {
    native.clearTimeout(timer.native as NodeJS.Timeout)
    arm(timer, ms)
    work(...args)
  })
}

export function clearTimeout(timer?: Timer): void {
  if (!timer) return
  pending.delete(timer)
  native.clearTimeout(timer.native as NodeJS.Timeout)
}

export { clearTimeout as clearInterval }

/** When the next timer is due, by `performance.now()`. */
export function nextTimerAt(): number {
  let next = Infinity
  for (const { at } of pending) next = Math.min(next, at)
  return next
}

/** Fires the timer that is due first; false when none is. */
export function fireDueTimer(): boolean {
  let first: Timer | undefined
  for (const timer of pending) if (!first || timer.at < first.at) first = timer
  if (!first || first.at > performance.now()) return false
  first.fire()
  return true
}

function start(ms: number, fire: (timer: Timer) => void): Timer {
  const timer: Timer = { at: 0, native: {}, fire: () => fire(timer) }
  arm(timer, ms)
  pending.add(timer)
  return timer
}

function arm(timer: Timer, ms: number): void {
  timer.at = performance.now() + ms
  timer.native = native.setTimeout(() => timer.fire(), ms)
  timer.native.unref?.()
}
