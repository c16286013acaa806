import { AbortError, TimeoutError } from './errors.ts'
import type { ErrorDetails } from './errors.ts'

/**
 * One call of a client from its start to its end, attempts and pauses included. Whatever it waits for can be stopped at once,
 * also a custom `fetch` that ignores its signal; nothing of it is left once it has ended.
 */
export class Call {
  readonly key: string
  /** What errors say of it. */
  readonly details: ErrorDetails & { hasFields: boolean }
  #stopped: AbortError | undefined
  #reject: ((error: Error) => void) | undefined
  #controller: AbortController | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #lastSignAt = 0
  readonly #cleanups: (() => void)[] = []

  constructor(key: string, method: string, path: string) {
    this.key = key
    this.details = { method, path, hasFields: false }
  }

  get isStopped(): boolean {
    return this.#stopped !== undefined
  }

  /** Ends the call with an `AbortError`. */
  stop(message: string, reason?: unknown): void {
    this.#stopped ??= new AbortError({
      ...this.details,
      message,
      isAbort: true,
      originalError: reason,
    })
    this.#fail(this.#stopped)
  }

  /** Stops with the caller's signal. */
  follow(signal: AbortSignal | null | undefined): void {
    if (!signal) return
    const onAbort = (): void => {
      const { reason } = signal
      this.stop(`It was cancelled: ${reason?.message ?? reason}`, reason)
    }
    if (signal.aborted) return onAbort()
    signal.addEventListener('abort', onAbort)
    this.#cleanups.push(() => signal.removeEventListener('abort', onAbort))
  }

  /** Waits for something, or for the call to be stopped. */
  wait<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#stopped) reject(this.#stopped)
      this.#reject = reject
      work.then(resolve, reject)
    })
  }

  /** Runs one attempt. A silence longer than `silenceMs` (0: none) ends it with a `TimeoutError`. */
  async attempt<T>(run: (signal: AbortSignal) => Promise<T>, silenceMs: number): Promise<T> {
    if (this.#stopped) throw this.#stopped
    this.#controller = new AbortController()
    this.showSign()
    if (silenceMs > 0) this.#watch(silenceMs, silenceMs)
    try {
      return await this.wait(run(this.#controller.signal))
    } finally {
      clearTimeout(this.#timer)
      this.#controller = undefined
    }
  }

  /** The other side has shown a sign of life. */
  readonly showSign = (): void => {
    this.#lastSignAt = performance.now()
  }

  pause(ms: number): Promise<void> {
    return this.wait(
      new Promise((resolve) => {
        this.#timer = setTimeout(resolve, ms)
      }),
    )
  }

  end(): void {
    clearTimeout(this.#timer)
    for (const cleanup of this.#cleanups) cleanup()
  }

  #watch(silenceMs: number, inMs: number): void {
    this.#timer = setTimeout(() => {
      const leftMs = this.#lastSignAt + silenceMs - performance.now()
      if (leftMs > 1) return this.#watch(silenceMs, leftMs)
      const message = `The server was silent for ${silenceMs} ms.`
      this.#fail(new TimeoutError({ ...this.details, message }))
    }, inMs)
  }

  #fail(error: Error): void {
    clearTimeout(this.#timer)
    this.#reject?.(error)
    this.#controller?.abort(error)
  }
}
