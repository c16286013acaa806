/**
 * Measures the official client and ours side by side: `npm run bench -- --help`. Exits with 1 when a limit of
 * `limits.ts` is missed.
 */
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'

import { ensureDist } from '../scripts/ensure-dist.ts'
import { measureBundles } from './bundle.ts'
import { officialVersion } from './contestants.ts'
import { measureCpu } from './cpu.ts'
import { measureEvents } from './events.ts'
import { measureHeap } from './heap.ts'
import { measureHooks } from './hooks.ts'
import { measureImports } from './imports.ts'
import { writeReadme } from './readme.ts'
import { isMissed } from './row.ts'
import type { Row } from './row.ts'
import { startPlainServer, startRealServer } from './server.ts'
import { measureSync } from './sync.ts'
import { markdownTable, textTable } from './table.ts'
import { measureTypes } from './types/measure.ts'
import { isAnyMissed, typesTable } from './types/table.ts'
import { measureWalk } from './walk.ts'

const usage = `npm run bench -- [options]

  --only <parts>   some of cpu, events, heap, walk, sync, import, bundle, hooks, types; by commas
  --json           print the figures as JSON
  --node <path>    run the clients on another Node
  --plain          measure CPU against a plain HTTP server instead of PocketBase: faster
  --readme         write the table between the README's markers, from a whole run
  --help           print this`

const parts = ['cpu', 'events', 'heap', 'walk', 'sync', 'import', 'bundle', 'hooks', 'types']

const { values: options } = readOptions()
if (options.help) {
  console.log(usage)
  process.exit()
}
const selected = options.only?.split(',') ?? parts
if (!selected.every((part) => parts.includes(part))) fail(`--only takes ${parts.join(', ')}.`)
if (options.readme && selected.length < parts.length) fail('--readme needs a whole run.')
const node = options.node ?? process.execPath

ensureDist()
const servers: string[] = []
const rows = await measure()
const types = selected.includes('types') ? measureTypes() : []
const environment = [
  `Node ${spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim()}`,
  ...new Set(servers),
  `${process.platform} ${process.arch}`,
]
const tables = [
  ...(rows.length > 0 ? [textTable(rows)] : []),
  ...(types.length > 0 ? [typesTable(types)] : []),
  environment.join(', '),
]
console.log(
  options.json
    ? JSON.stringify({ official: officialVersion(), environment, rows, types }, null, 2)
    : tables.join('\n\n'),
)
if (
  options.readme &&
  !writeReadme(`${markdownTable(rows)}\n\nMedians. ${environment.join(', ')}.`)
) {
  fail('README.md has no <!-- bench --> and <!-- /bench --> lines.')
}
if (rows.some(isMissed) || isAnyMissed(types)) process.exitCode = 1

async function measure(): Promise<Row[]> {
  const found: Row[] = []
  if (selected.includes('cpu')) {
    await using server = await (options.plain ? startPlainServer() : startRealServer())
    servers.push(server.name)
    found.push(...(await measureCpu(node, server)))
  }
  if (selected.includes('events')) {
    const events = await measureEvents(node)
    servers.push(events.server)
    found.push(...events.rows)
  }
  if (selected.includes('heap')) found.push(...(await measureHeap(node)))
  if (selected.includes('walk')) {
    const walk = await measureWalk()
    servers.push(walk.server)
    found.push(...walk.rows)
  }
  if (selected.includes('sync')) {
    const sync = await measureSync()
    servers.push(sync.server)
    found.push(...sync.rows)
  }
  if (selected.includes('import')) found.push(...(await measureImports(node)))
  if (selected.includes('bundle')) found.push(...(await measureBundles()))
  if (selected.includes('hooks')) {
    const hooks = await measureHooks()
    servers.push(hooks.server)
    found.push(...hooks.rows)
  }
  return found
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        only: { type: 'string' },
        json: { type: 'boolean' },
        node: { type: 'string' },
        plain: { type: 'boolean' },
        readme: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    })
  } catch (error) {
    return fail((error as Error).message)
  }
}

function fail(message: string): never {
  console.error(`${message}\n\n${usage}`)
  process.exit(1)
}
