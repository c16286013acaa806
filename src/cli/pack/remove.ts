import { existsSync, readFileSync, rmdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

import { version } from '../../hooks/index.ts'
import { ProgramError } from '../exit.ts'
import { refuseStrangers } from './install.ts'
import { droppedMark, inspect, licence } from './inspect.ts'
import { stamped } from './stamp.ts'
import { removeWork, syncFolder, workFolder, writeInOrder } from './write.ts'

/** What stands in the place of the entry until a server has removed the tables. */
const droppingEntry = `
// 'pbts hooks remove --drop-tables' has put this here. The server removes the pack's tables when it starts, and says so in
// ${droppedMark}; the program then deletes both.
onBootstrap((e) => {
  e.next()
  const mark = __hooks + '/${droppedMark}'
  try {
    $os.stat(mark)
    return
  } catch (_) {
    // It is yet to be done.
  }
  const tables = arrayOf(new DynamicModel({ name: '' }))
  $app.auxDB().newQuery("SELECT name FROM sqlite_master WHERE type = 'table' AND name GLOB '_pbts_*'").all(tables)
  $app.auxRunInTransaction((tx) => {
    for (const { name } of tables) tx.auxDB().newQuery('DROP TABLE "' + name + '"').execute()
  })
  $os.mkdirAll(__hooks + '/${workFolder}', 0o755)
  $os.writeFile(mark, JSON.stringify(tables.map(({ name }) => name)), 0o644)
})
`

/** What removing has done. */
export interface Removed {
  readonly dir: string
  /** The tables that the server has removed; undefined where it was not asked to. */
  readonly tables?: readonly string[]
}

export interface RemoveOptions {
  readonly force: boolean
  readonly dropTables: boolean
  /** How long the server has to remove the tables. */
  readonly waitMs: number
  readonly signal: AbortSignal
}

/** Takes the pack out of a folder of hooks: the entry first, which the server reads. The tables stay unless they are to go too. */
export async function removePack(folder: string, options: RemoveOptions): Promise<Removed> {
  const dir = resolve(folder)
  const found = inspect(dir)
  if (found.state === 'none') {
    throw new ProgramError('missing', `There is no hooks pack in ${dir}.`)
  }
  if (!options.force) refuseStrangers(found.scripts, 'removes it')
  const dropping = options.dropTables || found.state === 'removing'
  const tables = dropping ? await dropTables(dir, options) : undefined
  rmSync(join(dir, 'pbts.pb.js'), { force: true })
  // The bundle may go only where the entry is sure to be gone.
  syncFolder(dir)
  for (const name of ['pbts/index.js', licence]) rmSync(join(dir, name), { force: true })
  removeWork(dir)
  removeIfEmpty(join(dir, 'pbts'))
  return { dir, ...(tables && { tables }) }
}

/** Has the server remove the tables: the way to them that no other process has open. */
async function dropTables(
  dir: string,
  { waitMs, signal }: RemoveOptions,
): Promise<readonly string[]> {
  const mark = join(dir, droppedMark)
  if (inspect(dir).state !== 'removing') {
    removeWork(dir)
    writeInOrder(dir, [{ name: 'pbts.pb.js', text: stamped(droppingEntry, version) }])
  }
  const endsAt = Date.now() + waitMs
  for (;;) {
    const tables = readMark(mark)
    if (tables) return tables
    if (Date.now() >= endsAt) {
      throw new ProgramError(
        'failed',
        'No server has removed the tables yet. It does so when it starts next; the pack is off from then on.',
        'Restart the server, and run this once more.',
      )
    }
    await pause(100, undefined, { signal })
  }
}

function readMark(path: string): string[] | undefined {
  if (!existsSync(path)) return undefined
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as string[]
  } catch {
    // It is being written.
    return undefined
  }
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder)
  } catch {
    // It is gone, or has files of somebody else.
  }
}
