/** The method suite through the blocking client: `suite.js <PocketBase version> <file for the report>`. */
import { blockingCases } from '../../methods/blocking-cases.ts'
import type { Cases } from '../../methods/case.ts'
import type { CaseFile } from '../../methods/rows.ts'
import { run as runInProcess } from './process.ts'

export async function run(files: readonly CaseFile[]): Promise<void> {
  await runInProcess(files.map(inBlockingForm))
}

/** The same cases, but for those that are about what goes on at once; each says that it has begun, as one that waits for ever could not. */
function inBlockingForm(file: CaseFile): CaseFile {
  const entries = Object.entries(file).map(([owner, cases]): [string, Cases] => [
    owner,
    Object.fromEntries(
      Object.entries({ ...cases, ...blockingCases[owner] })
        .filter(([name]) => !name.startsWith('[Symbol.async'))
        .map(([name, tested]) => [
          name,
          {
            ...tested,
            ok: (context) => {
              console.log(`${owner}.${name}`)
              return tested.ok(context)
            },
          },
        ]),
    ),
  ])
  return Object.fromEntries(entries)
}
