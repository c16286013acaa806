import type { Case, Cases } from './case.ts'

/** A public method, accessor or function, by the name that its row has. */
export interface PublicMethod {
  /** The class or interface; undefined for a function. */
  readonly owner: string | undefined
  /** `getList`, `[Symbol.asyncDispose]`, `cookieParse`. */
  readonly name: string
}

/** What a file of `cases` exports: `functions`, and the cases of classes by their names. */
export type CaseFile = Readonly<Record<string, Cases>>

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
