/** The method suite through the blocking client: `suite.js <PocketBase version> <file for the report>`. */
import { blockingCases } from '../../methods/blocking-cases.ts'
import type { Case, Cases } from '../../methods/case.ts'
import type { CaseFile } from '../../methods/rows.ts'
import { run as runInProcess } from './process.ts'

/** The same cases, but for those that are about what goes on at once. */
export async function run(files: readonly CaseFile[]): Promise<void> {
  const others = files.map((file) =>
    filtered(file, (owner, name) => {
      const isReplaced = blockingCases[owner]?.[name] !== undefined
      return !isReplaced && !name.startsWith('[Symbol.async')
    }),
  )
  await runInProcess([...others, filtered(blockingCases, () => true)])
}

function filtered(file: CaseFile, isWanted: (owner: string, name: string) => boolean): CaseFile {
  const entries = Object.entries(file).map(([owner, cases]): [string, Cases] => {
    const wanted = Object.entries(cases).filter(([name]) => isWanted(owner, name))
    return [
      owner,
      Object.fromEntries(wanted.map(([name, tested]) => [name, told(`${owner}.${name}`, tested)])),
    ]
  })
  return Object.fromEntries(entries)
}

/** Says that it has begun: one that waits for ever could not say that it has ended. */
function told(row: string, tested: Case): Case {
  return {
    ...tested,
    ok: (context) => {
      console.log(row)
      return tested.ok(context)
    },
  }
}
