/**
 * Tries the packed package, installed into a temporary folder, where it promises to run: `npm run test:runtimes`.
 *
 * - The method suite in Node 20.19, 22 and 24, Bun and Deno, and the part of it that needs no Node in workerd and Chromium, each
 *   against a real server. Every row must have its cells: what is not there is a failure.
 * - The same with the blocking client in Node, Bun and Deno.
 * - Small projects that use it in the ways there are: `import`, `require()`, an import map, a script, bundlers, compilers.
 */
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inspect, styleText } from 'node:util'

import { findChromium } from '../../scripts/chromium.ts'
import { ensureDist } from '../../scripts/ensure-dist.ts'
import { publicMethods } from '../methods/declarations.ts'
import { cannotFail } from '../methods/outcome.ts'
import { casesByRow, rowName } from '../methods/rows.ts'
import type { CaseFile } from '../methods/rows.ts'
import { printTable, reportCells } from '../methods/table.ts'
import type { Cell, Row } from '../methods/table.ts'
import { caseFiles } from './bundle.ts'
import { runInChromium } from './chromium.ts'
import { tryConsumers } from './consumers.ts'
import { installIfNeeded } from './install.ts'
import { runBlockingInProcesses, runInProcesses } from './processes.ts'
import { createProject } from './project.ts'
import type { Report } from './report.ts'
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
const blocking = await runBlockingInProcesses(project)
const consumers = await tryConsumers(project)
const smaller = [await runInWorkerd(project), await runInChromium(project, consumers)]

const everyRow = rowsOf(publicMethods(root).map(rowName), whole)
const blockingRows = rowsOf(publicMethods(root, 'blocking').map(rowName), blocking)
const portableRows = rowsOf(await portableNames(), smaller)
print('Every method', everyRow, whole)
print('Every method of the blocking client', blockingRows, blocking)
print('Methods that need no Node', portableRows, smaller)
printConsumers()
const projects = { name: 'project', cells: consumers }
process.exitCode = reportCells([...everyRow, ...blockingRows, ...portableRows, projects]) ? 0 : 1

async function portableNames(): Promise<string[]> {
  const files = caseFiles(true).map(
    async (file) => (await import(pathToFileURL(file).href)) as CaseFile,
  )
  return [...casesByRow(await Promise.all(files)).keys()]
}

function rowsOf(names: readonly string[], reports: readonly Report[]): Row[] {
  return names.map((name) => ({
    name,
    cells: new Map(reports.map((told) => [told.runtime, cellOf(name, told)])),
  }))
}

/** A method's two outcomes as one cell. */
function cellOf(name: string, { outcomes }: Report): Cell {
  const outcome = outcomes[name]
  if (!outcome) return { text: 'MISSING', isGood: false }
  const { ok, fails } = outcome
  if (!ok.isGood || !fails.isGood) return ok.isGood ? fails : ok
  return { text: fails.text === cannotFail ? 'ok' : `ok, ${fails.text}`, isGood: true }
}

function print(title: string, rows: readonly Row[], reports: readonly Report[]): void {
  console.log(`\n${styleText('bold', title)}\n`)
  printTable(
    reports.map(({ runtime }) => runtime),
    rows,
  )
  for (const { name, cells } of rows) {
    for (const [column, cell] of cells) printReason(`${name}, ${column}`, cell)
  }
  for (const { runtime, problem } of reports) {
    if (problem) console.log(`\n${styleText('red', runtime)}\n${problem}`)
  }
}

function printConsumers(): void {
  console.log(`\n${styleText('bold', 'Projects')}\n`)
  for (const [name, cell] of consumers) {
    console.log(`${styleText(cell.isGood ? 'green' : 'red', cell.text.padEnd(8))}${name}`)
  }
  for (const [name, cell] of consumers) printReason(name, cell)
}

/** Why a cell is red. */
function printReason(name: string, { isGood, reason }: Cell): void {
  if (isGood || !reason) return
  console.log(
    `\n${styleText('red', name)}\n${typeof reason === 'string' ? reason : inspect(reason)}`,
  )
}
