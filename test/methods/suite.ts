import type { Case, Cases } from './case.ts'
import type { Context } from './context.ts'
import type { Cell } from './table.ts'

/** A public method, accessor or function, by the name that its row has. */
export interface PublicMethod {
  /** The class or interface; undefined for a function. */
  readonly owner: string | undefined
  /** `getList`, `[Symbol.asyncDispose]`, `cookieParse`. */
  readonly name: string
}

/** What a file of `cases` exports: `functions`, and the cases of classes by their names. */
export type CaseFile = Readonly<Record<string, Cases>>

/** What a method did where it should work, and where it should fail. */
export interface Outcome {
  readonly ok: Cell
  readonly fails: Cell
}

/** In a cell: the method never fails. */
export const cannotFail = 'cannot fail'

/** How a method's row and case are found. */
export function rowName({ owner, name }: PublicMethod): string {
  if (owner === undefined) return name
  return name.startsWith('[') ? owner + name : `${owner}.${name}`
}

/** The cases of all files, by the name of their row. */
export function casesByRow(files: Iterable<CaseFile>): Map<string, Case> {
  const found = new Map<string, Case>()
  for (const file of files) {
    for (const [owner, members] of Object.entries(file)) {
      for (const [name, tested] of Object.entries(members)) {
        const row = rowName({ owner: owner === 'functions' ? undefined : owner, name })
        if (found.has(row)) throw new Error(`There are two cases for ${row}`)
        found.set(row, tested)
      }
    }
  }
  return found
}

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
