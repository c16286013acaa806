import { RealtimeService, TimeoutError } from '../index.ts'
import type { EventIterator, RecordService } from '../index.ts'
import { blockUntil } from './loop.ts'
import { settled } from './promise.ts'
import type { BlockingPromise } from './promise.ts'

/** What iterators of the client have, built with promises of our own. */
interface Inner {
  next(value?: unknown): BlockingPromise<IteratorResult<unknown>>
  return?(value?: unknown): BlockingPromise<IteratorResult<unknown>>
  throw?(error: unknown): BlockingPromise<IteratorResult<unknown>>
}

type Outer = Generator<unknown, unknown, unknown>

/** So that what engines give all iterators, `map` and the like, is here too. */
const prototype: object = Object.getPrototypeOf(Object.getPrototypeOf([].values()))

/** The iterator for `for … of` of one for `for await`. */
export function createIterator(inner: Inner, next = () => settled(inner.next())): Outer {
  return Object.assign(Object.create(prototype), {
    next,
    return: (value?: unknown) => settled(inner.return?.(value)) ?? { done: true, value },
    throw: (error: unknown) => {
      if (inner.throw) return settled(inner.throw(error))
      settled(inner.return?.())
      throw error
    },
    [Symbol.dispose]: () => void settled(inner.return?.()),
  }) as Outer
}

/**
 * The events of a subscription, which begins at once: when this returns, the server has confirmed it, so that what the script does next
 * is heard. `timeout` is how long `next()` waits for an event, in milliseconds; then the loop ends.
 */
export function createEvents(
  service: RealtimeService | RecordService,
  iterator: EventIterator<unknown>,
  options: unknown,
): Outer {
  const inner = iterator as unknown as Inner
  const realtime = service instanceof RealtimeService ? service : service.client.realtime
  const { timeout } = (options ?? {}) as { timeout?: number }
  const limitMs = timeout || Infinity
  let first: BlockingPromise<IteratorResult<unknown>> | undefined = inner.next()
  const hasBegun = (): boolean => !!first!.outcome || isConfirmed(realtime)
  if (!blockUntil(hasBegun, limitMs)) {
    settled(inner.return!())
    const message = `The server has not confirmed the subscription within ${limitMs} ms.`
    throw new TimeoutError({ method: 'POST', path: '/api/realtime', message })
  }
  // It could not begin.
  if (first.outcome?.isFulfilled === false) settled(first)
  return createIterator(inner, () => {
    const result = first ?? inner.next()
    first = undefined
    if (blockUntil(() => !!result.outcome, limitMs)) return settled(result)
    return settled(inner.return!())
  })
}

/** Whether the server knows all subscriptions. */
function isConfirmed(realtime: RealtimeService): boolean {
  return Array.from(realtime['subscriptions'].values()).every((all) =>
    Array.from(all).every(({ settle }) => !settle),
  )
}
