import { blockUntil, enqueue, isBlocking } from './loop.ts'

/** How a promise ends: with a value, or else a reason. */
interface Outcome<T> {
  readonly isFulfilled: boolean
  readonly value: T
}

type Settle = (value?: any) => unknown

/**
 * A promise whose reactions are jobs of our own {@link enqueue queue}: unlike the engine's, they can run while the script is blocked. The
 * client's code is built with it in the place of `Promise`.
 */
export class BlockingPromise<T = unknown> {
  /** Once it is settled. */
  outcome: Outcome<T> | undefined
  #isResolved = false
  #reactions: (() => void)[] = []

  constructor(executor: (resolve: Settle, reject: Settle) => void) {
    const reject: Settle = (reason) => {
      if (!this.#isResolved) this.#settle({ isFulfilled: false, value: reason })
    }
    try {
      executor((value) => this.#resolve(value), reject)
    } catch (error) {
      reject(error)
    }
  }

  // oxlint-disable-next-line unicorn/no-thenable -- it is a promise
  then(onFulfilled?: Settle | null, onRejected?: Settle | null): BlockingPromise {
    return new BlockingPromise((resolve, reject) => {
      const react = (): void => {
        const { isFulfilled, value } = this.outcome!
        const handler = isFulfilled ? onFulfilled : onRejected
        if (!handler) (isFulfilled ? resolve : reject)(value)
        else {
          try {
            resolve(handler(value))
          } catch (error) {
            reject(error)
          }
        }
      }
      if (this.outcome) enqueue(react)
      else this.#reactions.push(react)
    })
  }

  catch(onRejected?: Settle | null): BlockingPromise {
    return this.then(undefined, onRejected)
  }

  finally(work?: (() => unknown) | null): BlockingPromise {
    const after = (): BlockingPromise => BlockingPromise.resolve(work?.()).then(() => this)
    return this.then(after, after)
  }

  static resolve<T>(value?: T): BlockingPromise<T> {
    if (value instanceof BlockingPromise) return value
    return new BlockingPromise((resolve) => resolve(value))
  }

  static reject(reason: unknown): BlockingPromise<never> {
    return new BlockingPromise((_, reject) => reject(reason))
  }

  static all(values: Iterable<unknown>): BlockingPromise<unknown[]> {
    return new BlockingPromise((resolve, reject) => {
      const results: unknown[] = []
      let missing = 1
      const count = (): void => {
        if (--missing === 0) resolve(results)
      }
      let index = 0
      for (const value of values) {
        const at = index++
        missing++
        BlockingPromise.resolve(value).then((result) => {
          results[at] = result
          count()
        }, reject)
      }
      count()
    })
  }

  static allSettled(values: Iterable<unknown>): BlockingPromise<unknown[]> {
    return BlockingPromise.all(
      Array.from(values, (each) =>
        BlockingPromise.resolve(each).then(
          (value) => ({ status: 'fulfilled', value }),
          (reason: unknown) => ({ status: 'rejected', reason }),
        ),
      ),
    )
  }

  static race(values: Iterable<unknown>): BlockingPromise {
    return new BlockingPromise((resolve, reject) => {
      for (const value of values) BlockingPromise.resolve(value).then(resolve, reject)
    })
  }

  #resolve(value: unknown): void {
    if (this.#isResolved) return
    const { then } = Object(value) as Partial<PromiseLike<unknown>>
    if (typeof then !== 'function') this.#settle({ isFulfilled: true, value })
    else if (!(value instanceof BlockingPromise) && isBlocking()) {
      const reason =
        'This call waits for a promise that only the event loop can settle, while the script is blocked. ' +
        'Await it before the call, or use the client of pocketbase-typescript.'
      this.#settle({ isFulfilled: false, value: new TypeError(reason) })
    } else {
      this.#isResolved = true
      Reflect.apply(then, value, [
        (result: unknown) => this.#settle({ isFulfilled: true, value: result }),
        (reason: unknown) => this.#settle({ isFulfilled: false, value: reason }),
      ])
    }
  }

  #settle(outcome: Outcome<any>): void {
    this.#isResolved = true
    this.outcome = outcome
    for (const react of this.#reactions) enqueue(react)
    this.#reactions = []
  }
}

/** Waits for a promise of the client, and returns or throws what it settles with; other values as they are. */
export function settled<T>(promise: T | BlockingPromise<T>): T {
  if (!(promise instanceof BlockingPromise)) return promise
  blockUntil(() => promise.outcome !== undefined)
  const { isFulfilled, value } = promise.outcome!
  if (isFulfilled) return value
  throw value as Error
}
