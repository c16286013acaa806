import type { Case } from './case.ts'
import type { Context } from './context.ts'
import type { Cell } from './table.ts'

/** What a method did where it should work, and where it should fail. */
export interface Outcome {
  readonly ok: Cell
  readonly fails: Cell
}

/** In a cell: the method never fails. */
export const cannotFail = 'cannot fail'

/** Runs a case, the part that should work first. */
export async function outcomeOf(tested: Case, context: Context): Promise<Outcome> {
  return {
    ok: await cellOf(async () => {
      await tested.ok(context)
      return 'ok'
    }),
    fails: await cellOf(async () => {
      if (typeof tested.fails === 'string') return cannotFail
      const error: unknown = await tested.fails(context)
      if (!(error instanceof Error)) throw new TypeError('The case returned no error')
      return error.constructor.name
    }),
  }
}

/** Longer than any case takes on a slow computer. */
const maxCaseMs = 30_000

async function cellOf(run: () => Promise<string>): Promise<Cell> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Not done after ${maxCaseMs} ms`)), maxCaseMs)
  })
  try {
    return { text: await Promise.race([run(), tooLate]), isGood: true }
  } catch (reason) {
    return { text: 'FAILED', isGood: false, reason }
  } finally {
    clearTimeout(timer)
  }
}
