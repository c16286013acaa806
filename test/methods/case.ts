import assert from 'node:assert/strict'

import type { Context } from './context.ts'

/** How a method is shown to work, and to fail, on a server. */
export interface Case {
  /** Throws when the method does not do what its documentation says. */
  ok(context: Context): unknown
  /** Has the method fail and returns its error, see {@link failure}; or says why it never does. */
  fails: `cannot fail: ${string}` | ((context: Context) => Promise<Error>)
}

/** The cases of a class by member, or of functions by name. */
export type Cases = Readonly<Record<string, Case>>

/** Runs what must fail and returns its error, which has to be of exactly this class. */
export async function failure<E extends Error>(
  expected: new (...args: any[]) => E,
  work: () => unknown,
): Promise<E> {
  let thrown: unknown
  try {
    await work()
  } catch (error) {
    thrown = error
  }
  if (thrown instanceof expected && thrown.constructor === expected) return thrown
  const cause = thrown === undefined ? 'nothing was thrown' : 'another error was thrown'
  throw new assert.AssertionError({
    message: `Expected a ${expected.name}: ${cause}`,
    actual: thrown,
  })
}
