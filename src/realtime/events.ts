import { AbortError } from '../core/errors.ts'

/** Events one after the other, for `for await`. Ends with the subscription; `return()` ends both. */
export interface EventIterator<T> {
  /** The next event; waits for it. Rejects when the subscription cannot begin, or has ended with an error. */
  next(): Promise<IteratorResult<T, undefined>>
  /** Ends the subscription and the iteration, at once. */
  return(): Promise<IteratorResult<T, undefined>>
  /** Itself: what `for await` asks for. */
  [Symbol.asyncIterator](): EventIterator<T>
  /** What the end of an `await using` block calls: the same as {@link return}. */
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * A queue between a subscription, which pushes, and a loop, which pulls.
 *
 * @param start - subscribes; called by the first `next()`.
 * @param stop - ends the subscription; called once.
 */
export function createEventIterator<T>(
  maxWaiting: number,
  start: (push: (event: T) => void, end: (error?: unknown) => void) => Promise<unknown>,
  stop: () => unknown,
): EventIterator<T> {
  const waiting: T[] = []
  const readers: {
    resolve: (result: IteratorResult<T, undefined>) => void
    reject: (error: unknown) => void
  }[] = []
  let state: 'new' | 'open' | 'over' = 'new'
  let failure: unknown

  const settle = (): void => {
    while (readers.length > 0) {
      if (waiting.length > 0) readers.shift()!.resolve({ done: false, value: waiting.shift()! })
      else if (failure !== undefined) {
        readers.shift()!.reject(failure)
        failure = undefined
      } else if (state === 'over') readers.shift()!.resolve({ done: true, value: undefined })
      else return
    }
  }
  const end = (error?: unknown): void => {
    if (state === 'over') return
    state = 'over'
    failure = error
    stop()
    settle()
  }
  const push = (event: T): void => {
    if (waiting.length < maxWaiting) waiting.push(event)
    else {
      const message = `${maxWaiting} events wait to be read, as many as maxWaiting allows.`
      end(new AbortError({ method: 'GET', path: '/api/realtime', message }))
    }
    settle()
  }

  return {
    next: async () => {
      if (state === 'new') {
        state = 'open'
        start(push, end).catch(end)
      }
      return new Promise((resolve, reject) => {
        readers.push({ resolve, reject })
        settle()
      })
    },
    return: async () => {
      waiting.length = 0
      end()
      return { done: true, value: undefined }
    },
    async [Symbol.asyncDispose]() {
      await this.return()
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
