/** The whole method suite in Node, Bun or Deno: `suite.js <PocketBase version> <file for the report>`. */
import { writeFileSync } from 'node:fs'

import { createContext } from '../../methods/context.ts'
import type { CaseFile } from '../../methods/rows.ts'
import type { Report } from '../report.ts'
import { outcomesOf } from './outcomes.ts'

/** Others than Node have these. */
declare const Bun: { version: string } | undefined
declare const Deno: { version: { deno: string } } | undefined

export async function run(files: readonly CaseFile[]): Promise<void> {
  const [version = '', reportFile = ''] = process.argv.slice(2)
  await using context = await createContext(version)
  const report: Report = { runtime: runtimeName(), outcomes: await outcomesOf(files, context) }
  writeFileSync(reportFile, JSON.stringify(report))
}

function runtimeName(): string {
  if (typeof Bun !== 'undefined') return `Bun ${Bun.version}`
  if (typeof Deno !== 'undefined') return `Deno ${Deno.version.deno}`
  return `Node ${process.versions.node}`
}
