import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { hooksDir } from '../../hooks/index.ts'
import { readStamp } from './stamp.ts'
import { workFolder } from './write.ts'

/** The scripts of the pack, in the order in which they are installed: the server reads the last one first. */
export const scripts = ['pbts/index.js', 'pbts.pb.js'] as const

/** What goes beside them. */
export const licence = 'pbts/LICENSE'

/** What the server writes when it has removed the pack's tables. */
export const droppedMark: string = `${workFolder}/dropped`

/** One of the pack's scripts in a folder. */
interface FoundScript {
  readonly name: string
  /** `foreign`: a file of that name which is none of the pack's. `changed`: by hand. */
  readonly state: 'missing' | 'intact' | 'changed' | 'foreign'
  /** The pack's version, of those that are its. */
  readonly version?: string | undefined
  /** Whether it is the one that this program brings. */
  readonly isCurrent: boolean
}

/** What there is of the pack in a folder. */
export interface FoundPack {
  /**
   * `whole`: it works. `partial`: a script is missing, or they are of several versions; installing mends it. `changed`: somebody has
   * changed a script, or it is none of the pack's. `removing`: the server shall remove the tables when it starts next.
   */
  readonly state: 'none' | 'whole' | 'partial' | 'changed' | 'removing'
  /** That of the entry, which decides what the server does. */
  readonly version?: string | undefined
  /** Whether this program brings the same. */
  readonly isCurrent: boolean
  readonly scripts: readonly FoundScript[]
}

/** A script of somebody else that would have routes of the same paths: servers do not start with both. */
export interface Collision {
  readonly name: string
  readonly line: number
}

/** Looks at a folder of hooks. */
export function inspect(dir: string): FoundPack {
  const found = scripts.map((name) => lookAt(dir, name))
  const entry = found.at(-1)!
  return {
    state: stateOf(dir, found),
    version: entry.version,
    isCurrent: found.every(({ isCurrent }) => isCurrent),
    scripts: found,
  }
}

/** The lines of other scripts in a folder of hooks that name paths of the pack. */
export function collisions(dir: string): Collision[] {
  if (!existsSync(dir)) return []
  return readdirSync(dir)
    .filter((name) => /\.pb\.(js|ts)$/.test(name) && !scripts.includes(name as 'pbts.pb.js'))
    .sort()
    .flatMap((name) => {
      const line = readFileSync(join(dir, name), 'utf8')
        .split('\n')
        .findIndex((text) => /\/api\/(analytics|_\/trace)\b/.test(text))
      return line === -1 ? [] : [{ name, line: line + 1 }]
    })
}

function lookAt(dir: string, name: string): FoundScript {
  const path = join(dir, name)
  if (!existsSync(path)) return { name, state: 'missing', isCurrent: false }
  const text = readFileSync(path, 'utf8')
  const stamp = readStamp(text)
  if (!stamp) return { name, state: 'foreign', isCurrent: false }
  const state = stamp.isIntact ? 'intact' : 'changed'
  const isCurrent = stamp.isIntact && firstLine(text) === firstLine(ownText(name))
  return { name, state, version: stamp.version, isCurrent }
}

/** A file as this program brings it. */
export function ownText(name: string): string {
  return readFileSync(join(hooksDir, name), 'utf8')
}

function firstLine(text: string): string {
  return text.split(/\r?\n/, 1)[0]!
}

function stateOf(dir: string, found: readonly FoundScript[]): FoundPack['state'] {
  if (found.every(({ state }) => state === 'missing')) return 'none'
  if (found.some(({ state }) => state === 'changed' || state === 'foreign')) return 'changed'
  const entry = found.at(-1)!
  if (entry.state === 'intact' && readFileSync(join(dir, entry.name), 'utf8').includes(droppedMark))
    return 'removing'
  const [first, ...others] = found
  const isWhole = others.every(
    ({ state, version }) => state === first!.state && version === first!.version,
  )
  return isWhole ? 'whole' : 'partial'
}
