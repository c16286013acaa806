/**
 * Prints a table of every public method against the oldest and the newest server, each once where it works and once where it fails:
 * `npm run test:methods`. Other versions: `PB_VERSIONS`. Then one of every method of the blocking client, by the same cases.
 *
 * The rows come from the built declarations, what a row does from the files in `cases`. A method without a case and a case
 * without a method are failures like any other.
 */
import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inspect, styleText } from 'node:util'

import { ensureDist } from '../../scripts/ensure-dist.ts'
import { versionsUnderTest } from '../support/versions.ts'
import { runBlocking } from './blocking.ts'
import { createContext } from './context.ts'
import { publicMethods } from './declarations.ts'
import { outcomeOf } from './outcome.ts'
import { casesByRow, rowName } from './rows.ts'
import type { CaseFile } from './rows.ts'
import { printTable, reportCells } from './table.ts'
import type { Cell } from './table.ts'

const root = resolve(import.meta.dirname, '../..')

ensureDist()
const methods = publicMethods(root).map(rowName)
const blocking = publicMethods(root, 'blocking').map(rowName)
const cases = casesByRow(await loadCases(join(import.meta.dirname, 'cases')))
const rows = rowsOf([...new Set([...methods, ...cases.keys()])])
const columns: string[] = []
const blockingRows = rowsOf(blocking)
const blockingColumns: string[] = []

for (const version of versionsUnderTest(process.env['PB_VERSIONS'] || 'edges')) {
  console.log(`PocketBase ${version} ...`)
  await using context = await createContext(version)
  const [ok, fails] = [`${version} ok`, `${version} fails`]
  columns.push(ok, fails)
  for (const { name, cells } of rows) {
    const problem = problemOf(name)
    const outcome = problem ? undefined : await outcomeOf(cases.get(name)!, context)
    cells.set(ok, problem ?? outcome!.ok)
    cells.set(fails, problem ?? outcome!.fails)
  }
}
for (const version of versionsUnderTest(process.env['PB_VERSIONS'] || 'edges')) {
  console.log(`PocketBase ${version}, the blocking client ...`)
  const { outcomes, reason } = await runBlocking(version)
  const [ok, fails] = [`${version} ok`, `${version} fails`]
  blockingColumns.push(ok, fails)
  const missing: Cell = { text: 'NO CASE', isGood: false, reason }
  for (const { name, cells } of blockingRows) {
    cells.set(ok, outcomes[name]?.ok ?? missing)
    cells.set(fails, outcomes[name]?.fails ?? missing)
  }
}

printTable(columns, rows)
console.log('\nThe blocking client\n')
printTable(blockingColumns, blockingRows)
printReasons()
const what = `${methods.length} methods, ${blocking.length} that block: `
// A case that failed may have left something open.
process.exit(reportCells([...rows, ...blockingRows], what) ? 0 : 1)

function rowsOf(names: readonly string[]): { name: string; cells: Map<string, Cell> }[] {
  return names.map((name) => ({ name, cells: new Map() }))
}

async function loadCases(folder: string): Promise<CaseFile[]> {
  const files = readdirSync(folder).sort()
  return Promise.all(
    files.map(async (file) => (await import(pathToFileURL(join(folder, file)).href)) as CaseFile),
  )
}

function problemOf(name: string): Cell | undefined {
  if (!cases.has(name)) return { text: 'NO CASE', isGood: false, reason: 'no case tests it' }
  if (methods.includes(name)) return undefined
  return {
    text: 'NO METHOD',
    isGood: false,
    reason: 'a case tests it, but there is no such method',
  }
}

/** Why cells are red, and why methods cannot fail. */
function printReasons(): void {
  const excused = new Map<string, string[]>()
  for (const [name, { fails }] of cases) {
    if (typeof fails !== 'string') continue
    excused.set(fails, [...(excused.get(fails) ?? []), name])
  }
  console.log('')
  for (const [reason, excusedNames] of excused) {
    console.log(styleText('dim', `${reason}: ${excusedNames.join(', ')}`))
  }
  for (const { name, cells } of [...rows, ...blockingRows]) {
    for (const [column, { isGood, reason }] of cells) {
      if (isGood) continue
      console.log(`\n${styleText('red', `${name}, ${column}:`)}`)
      console.log(typeof reason === 'string' ? reason : inspect(reason))
    }
  }
}
