/**
 * Adds a function to a set of listeners, as one of its own: added twice, it is removed once at a time.
 *
 * @returns what removes it.
 */
export function addListener<F extends (...args: any[]) => unknown>(
  listeners: Set<F>,
  callback: F,
): () => void {
  const own = ((...args) => callback(...args)) as F
  listeners.add(own)
  return () => {
    listeners.delete(own)
  }
}

/** Calls a listener; what it throws is nobody else's business, and is not swallowed either. */
export function callListener<T extends unknown[]>(
  listener: (...args: T) => void,
  ...args: T
): void {
  try {
    listener(...args)
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
