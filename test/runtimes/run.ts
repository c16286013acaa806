/**
 * Tries the packed package, installed into a temporary folder, where it promises to run: `npm run test:runtimes`.
 *
 * - The method suite in Node 20.19, 22 and 24, Bun and Deno, and the part of it that needs no Node in workerd and Chromium, each
 *   against a real server. Every row must have its cells: what is not there is a failure.
 * - Small projects that use it in the ways there are: `import`, `require()`, an import map, a script, bundlers, compilers.
 */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inspect, styleText } from 'node:util'

import { findChromium } from '../../scripts/chromium.ts'
import { ensureDist } from '../../scripts/ensure-dist.ts'
import { publicMethods } from '../methods/declarations.ts'
import { cannotFail, casesByRow, rowName } from '../methods/suite.ts'
import type { CaseFile } from '../methods/suite.ts'
import { printTable } from '../methods/table.ts'
import type { Cell } from '../methods/table.ts'
import { runInChromium } from './chromium.ts'
import { tryConsumers } from './consumers.ts'
import type { Report } from './entries/outcomes.ts'
import { installIfNeeded } from './install.ts'
import { runInProcesses } from './processes.ts'
import { createProject } from './project.ts'
import { caseFiles } from './suite.ts'
import { runInWorkerd } from './workerd.ts'

const root = resolve(import.meta.dirname, '../..')

if (findChromium() === undefined) {
  console.error('No Chromium found: `node scripts/chromium.ts` says how to get one.')
  process.exit(1)
}
installIfNeeded()
ensureDist()
await using project = await createProject()

const whole = await runInProcesses(project)
const consumers = await tryConsumers(project)
const smaller = [await runInWorkerd(project), await runInChromium(project, consumers)]

let [passed, failed] = [0, 0]
print('Every method', publicMethods(root).map(rowName), whole)
print('Methods that need no Node', await portableRows(), smaller)
printConsumers()
report()

async function portableRows(): Promise<string[]> {
  const files = caseFiles(true).map(
    async (file) => (await import(pathToFileURL(file).href)) as CaseFile,
  )
  return [...casesByRow(await Promise.all(files)).keys()]
}

function print(title: string, names: readonly string[], reports: readonly Report[]): void {
  const rows = names.map((name) => ({
    name,
    cells: new Map(reports.map((told) => [told.runtime, cellOf(name, told)])),
  }))
  console.log(`\n${styleText('bold', title)}\n`)
  printTable(
    reports.map(({ runtime }) => runtime),
    rows,
  )
  for (const { name, cells } of rows) {
    for (const [column, cell] of cells) count(`${name}, ${column}`, cell)
  }
  for (const { runtime, problem } of reports) {
    if (problem) console.log(`\n${styleText('red', runtime)}\n${problem}`)
  }
}

/** A method's two outcomes as one cell. */
function cellOf(name: string, { outcomes }: Report): Cell {
  const outcome = outcomes[name]
  if (!outcome) return { text: 'MISSING', isGood: false }
  const { ok, fails } = outcome
  if (!ok.isGood || !fails.isGood) return ok.isGood ? fails : ok
  return { text: fails.text === cannotFail ? 'ok' : `ok, ${fails.text}`, isGood: true }
}

function printConsumers(): void {
  console.log(`\n${styleText('bold', 'Projects')}\n`)
  for (const [name, cell] of consumers) {
    console.log(`${styleText(cell.isGood ? 'green' : 'red', cell.text.padEnd(8))}${name}`)
  }
  for (const [name, cell] of consumers) count(name, cell)
}

function count(name: string, { isGood, reason }: Cell): void {
  if (isGood) passed += 1
  else failed += 1
  if (!isGood && reason) {
    console.log(
      `\n${styleText('red', name)}\n${typeof reason === 'string' ? reason : inspect(reason)}`,
    )
  }
}

/** Counts cells, also in the shape of vitest's JSON reporter where `TEST_REPORT` says so. */
function report(): void {
  console.log(`\n${passed} cells passed, ${failed} failed`)
  const file = process.env['TEST_REPORT']
  if (file) {
    const counts = { numPassedTests: passed, numFailedTests: failed, numPendingTests: 0 }
    writeFileSync(file, JSON.stringify({ success: failed === 0, ...counts }))
  }
  process.exitCode = failed === 0 ? 0 : 1
}
