/**
 * Tries the applications in `examples`, each in a temporary copy with the packed package and a real PocketBase, over HTTP as browsers
 * do it: `npm run test:examples`, or `node test/examples/run.ts hono next` for some of them. Prints a table, and another one for the
 * app of the official client, which is used in Chromium: see `drop-in.ts`.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { inspect, styleText } from 'node:util'

import { ensureDist } from '../../scripts/ensure-dist.ts'
import { pack } from '../../scripts/pack.ts'
import { printTable, reportCells } from '../methods/table.ts'
import type { Cell, Row } from '../methods/table.ts'
import { cases } from './cases.ts'
import { columns as dropInColumns, tryDropIn } from './drop-in.ts'
import { startWorld } from './people.ts'
import type { World } from './people.ts'
import { startExample } from './project.ts'

const root = resolve(import.meta.dirname, '../..')
const columns = ['starts', ...Object.keys(cases)]

const all = readdirSync(join(root, 'examples')).filter((name) =>
  existsSync(join(root, 'examples', name, 'package-lock.json')),
)
const unknown = process.argv.slice(2).filter((name) => !all.includes(name))
if (unknown.length > 0) {
  console.error(`There is no example ${unknown.join(', ')}: there are ${all.join(', ')}.`)
  process.exit(1)
}
const named = process.argv.length > 2 ? process.argv.slice(2) : all

ensureDist()
const folder = mkdtempSync(join(tmpdir(), 'pocketbase-examples-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const { tarball } = pack(folder)

const rows: Row[] = []
const rendering = named.filter((name) => name !== 'todos-react')
if (rendering.length > 0) {
  await using world = await startWorld()
  for (const name of rendering) {
    console.error(`${name} ...`)
    rows.push({ name, cells: await tryExample(name, world) })
  }
  printTable(columns, rows)
}
if (named.includes('todos-react')) {
  const tried = await tryDropIn(tarball)
  console.log()
  printTable(dropInColumns, tried)
  rows.push(...tried)
}
const cells = rows.flatMap((row) =>
  Array.from(row.cells, ([column, cell]) => ({ row, column, cell })),
)
for (const { row, column, cell } of cells) {
  if (cell.isGood || cell.reason === undefined) continue
  console.log(`\n${styleText('red', `${row.name}, ${column}`)}\n${inspect(cell.reason)}`)
}
process.exitCode = reportCells(rows) ? 0 : 1

async function tryExample(name: string, world: World): Promise<Map<string, Cell>> {
  const found = new Map<string, Cell>(
    columns.map((column) => [column, { text: 'not run', isGood: false }]),
  )
  try {
    await using example = await startExample(join(root, 'examples', name), tarball, world.url)
    found.set('starts', { text: 'ok', isGood: true })
    for (const [column, work] of Object.entries(cases)) {
      try {
        await work(example.url, world)
        found.set(column, { text: 'ok', isGood: true })
      } catch (reason) {
        found.set(column, { text: 'FAILED', isGood: false, reason })
      }
    }
    const isRed = Array.from(found.values()).some((cell) => !cell.isGood)
    if (isRed) console.error(example.output())
  } catch (reason) {
    found.set('starts', { text: 'FAILED', isGood: false, reason })
  }
  return found
}
