import { mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

import { ProgramError } from '../exit.ts'
import { collisions, inspect, licence, ownText, scripts } from './inspect.ts'
import type { FoundPack } from './inspect.ts'
import { removeWork, writeInOrder } from './write.ts'

/** What installing has done. */
export interface Installed {
  /** The whole path of the folder. */
  readonly dir: string
  /** What was there before. */
  readonly before: FoundPack
  readonly after: FoundPack
}

/**
 * Copies the pack into a folder of hooks, or makes the one that is there this one. Whenever it is stopped, what the server reads is the
 * pack of before or this one: the bundle is put in its place first, and works with the entries of earlier versions, and the entry last.
 *
 * @param force - goes over collisions and changed files.
 */
export function installPack(folder: string, force: boolean): Installed {
  const dir = resolve(folder)
  makeFolder(dir)
  const before = inspect(dir)
  if (!force) refuseWhatIsInTheWay(dir, before)
  if (before.state !== 'whole' || !before.isCurrent) {
    writeInOrder(
      dir,
      [licence, ...scripts].map((name) => ({ name, text: ownText(name) })),
    )
  }
  removeWork(dir)
  return { dir, before, after: inspect(dir) }
}

function makeFolder(dir: string): void {
  if (isFolder(dir)) return
  if (statSync(dir, { throwIfNoEntry: false })) {
    throw new ProgramError('usage', `${dir} is not a folder.`)
  }
  // One that is nowhere near anything is a mistake in writing.
  if (!isFolder(dirname(dir))) {
    throw new ProgramError('usage', `There is no folder ${dirname(dir)}.`)
  }
  mkdirSync(dir)
}

function refuseWhatIsInTheWay(dir: string, { scripts: found }: FoundPack): void {
  const [collision] = collisions(dir)
  if (collision) {
    throw new ProgramError(
      'inTheWay',
      `${collision.name}, line ${collision.line}, names a path of the pack. A server does not start with two routes of one path.`,
      'Remove it, or add --force where it has no such route.',
    )
  }
  refuseStrangers(found, 'replaces it')
}

/** @param forced - what `--force` does to it. */
export function refuseStrangers(found: FoundPack['scripts'], forced: string): void {
  const stranger = found.find(({ state }) => state === 'changed' || state === 'foreign')
  if (!stranger) return
  const message =
    stranger.state === 'changed'
      ? `${stranger.name} was changed by hand.`
      : `${stranger.name} is none of the pack's files.`
  throw new ProgramError('inTheWay', message, `Keep a copy where you need it; --force ${forced}.`)
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
