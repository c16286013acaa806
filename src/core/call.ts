import { AbortError, TimeoutError } from './errors.ts'

/** Timers that are set to more end at once. */
export const maxTimerMs = 2 ** 31 - 1

/**
 * One call of a client from its start to its end, attempts and pauses included. Whatever it waits for can be stopped at once,
 * also a custom `fetch` that ignores its signal; nothing of it is left once it has ended.
 */
export class Call {
  /** Its request key; `null` for none. */
  declare readonly key: string | null
  /** What errors say of it. */
  declare readonly details: { method: string; path: string; url: string }
  /** Whether it changes nothing on the server. */
  declare readonly isRead: boolean
  /** Why it was stopped. */
  declare stopped: AbortError | undefined
  /** In whose name it was asked; `''` for guests, and `undefined` where it does not matter. */
  identity: string | undefined
  /** Whether it ends when that changes. */
  isBound = false
  /** Whether what was sent is used up. */
  isOnce = false
  /** The token of the last attempt, until a server has refused one. */
  token: string | undefined
  /** How often it was sent. */
  sent = 0
  #fail: ((error: Error) => void) | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #lastSignAt = 0
  readonly #cleanups: (() => void)[] = []

  constructor(key: string | null, method: string, path: string) {
    this.key = key
    this.details = { method, path, url: '' }
    this.isRead = /^(GET|HEAD)$/i.test(method)
  }

  /** Ends the call with an `AbortError`. */
  stop(message: string, originalError?: unknown): void {
    this.stopped ??= new AbortError({ ...this.details, message, originalError })
    this.#fail?.(this.stopped)
  }

  /** Stops with the caller's signal. */
  follow(signal: AbortSignal | null | undefined): void {
    if (!signal) return
    const onAbort = (): void => {
      const { reason } = signal
      this.stop((typeof reason === 'string' ? reason : reason?.message) || 'Cancelled.', reason)
    }
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort)
    this.onEnd(() => signal.removeEventListener('abort', onAbort))
  }

  onEnd(cleanup: (() => void) | undefined): void {
    if (cleanup) this.#cleanups.push(cleanup)
  }

  /** Waits for some work, or for the call to be stopped. A silence longer than `silenceMs` (0: any) is a `TimeoutError`. */
  run<T>(work: (signal: AbortSignal) => T | Promise<T>, silenceMs = 0): Promise<T> {
    return new Promise((resolve, reject) => {
      const controller = new AbortController()
      const fail = (error: Error): void => {
        reject(error)
        controller.abort(error)
      }
      const watch = (): void => {
        const leftMs = this.#lastSignAt + silenceMs - performance.now()
        if (leftMs > 0) this.#timer = setTimeout(watch, Math.min(leftMs, maxTimerMs))
        else
          fail(
            new TimeoutError({
              ...this.details,
              message: `The server was silent for ${silenceMs} ms.`,
            }),
          )
      }
      if (this.stopped) {
        fail(this.stopped)
        return
      }
      clearTimeout(this.#timer)
      this.#fail = fail
      this.showSign()
      if (silenceMs) watch()
      Promise.resolve(work(controller.signal)).then(resolve, reject)
    })
  }

  /** Ends what it waits for, with any error. */
  readonly fail = (error: Error): void => {
    this.#fail?.(error)
  }

  /** The other side has shown a sign of life. */
  readonly showSign = (): void => {
    this.#lastSignAt = performance.now()
  }

  pause(ms: number): Promise<void> {
    const work = (resolve: () => void): void => {
      this.#timer = setTimeout(resolve, ms)
    }
    return this.run(() => new Promise(work))
  }

  end(): void {
    clearTimeout(this.#timer)
    for (const cleanup of this.#cleanups) cleanup()
  }
}
