import assert from 'node:assert/strict'

import { NotFoundError } from '../../src/index.ts'
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

/** What an old server cannot do, and says so: there both parts show that it does. */
export function since(
  minor: number,
  tested: Case & { fails: (context: Context) => Promise<Error> },
): Case {
  const isOld = ({ server }: Context): boolean => Number(server.version.split('.')[1]) < minor
  const refused = async (context: Context): Promise<Error> => {
    const error = await failure(NotFoundError, async () => tested.ok(context))
    assert.equal(error.hint, `Servers before 0.${minor} do not have this endpoint.`)
    return error
  }
  return {
    ok: async (context) => (isOld(context) ? refused(context) : tested.ok(context)),
    fails: async (context) => (isOld(context) ? refused(context) : tested.fails(context)),
  }
}
