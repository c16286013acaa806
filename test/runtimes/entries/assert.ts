/** What the cases use of `node:assert/strict`, for browsers. */
class AssertionError extends Error {
  constructor({
    message,
    actual,
    expected,
  }: {
    message?: string
    actual?: unknown
    expected?: unknown
  }) {
    super(message ?? `${JSON.stringify(actual)} is not ${JSON.stringify(expected)}`)
    this.cause = actual
  }
}

function check(isTrue: boolean, actual: unknown, expected: unknown): void {
  if (!isTrue) throw new AssertionError({ actual, expected })
}

function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || !a || !b) return false
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every(
      (key) => Object.hasOwn(b, key) && isSame(a[key as keyof object], b[key as keyof object]),
    )
  )
}

export default Object.assign((value: unknown) => check(Boolean(value), value, true), {
  AssertionError,
  equal: (actual: unknown, expected: unknown) =>
    check(Object.is(actual, expected), actual, expected),
  notEqual: (actual: unknown, expected: unknown) =>
    check(!Object.is(actual, expected), actual, `other than ${String(expected)}`),
  deepEqual: (actual: unknown, expected: unknown) =>
    check(isSame(actual, expected), actual, expected),
  match: (text: string, pattern: RegExp) => check(pattern.test(text), text, String(pattern)),
  doesNotMatch: (text: string, pattern: RegExp) =>
    check(!pattern.test(text), text, `without ${String(pattern)}`),
  rejects: async (call: Promise<unknown> | (() => Promise<unknown>)) => {
    const promise = typeof call === 'function' ? call() : call
    const isRejected = await promise.then(
      () => false,
      () => true,
    )
    check(isRejected, 'fulfilled', 'rejected')
  },
})
