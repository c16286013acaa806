import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** A folder in that of the hooks for what is on its way. Servers do not watch hidden folders, so it restarts none. */
export const workFolder = '.pbts'

/** A file to write. */
export interface NewFile {
  /** Its path in the folder of hooks. */
  readonly name: string
  readonly text: string
}

/**
 * Writes files into a folder of hooks, each as a whole: whenever the process or the computer stops, every file is the old one or the new
 * one, and a later one is new only if those before it are. What was on its way when it stopped stays in {@link workFolder}.
 */
export function writeInOrder(dir: string, files: readonly NewFile[]): void {
  const work = join(dir, workFolder)
  mkdirSync(work, { recursive: true })
  const written = files.map(({ name, text }) => {
    const path = join(work, `${basename(name)}.${process.pid}`)
    writeToDisk(path, text)
    return path
  })
  for (const [index, { name }] of files.entries()) {
    const path = join(dir, name)
    mkdirSync(dirname(path), { recursive: true })
    renameSync(written[index]!, path)
    syncFolder(dirname(path))
  }
}

/** Removes what was on its way. */
export function removeWork(dir: string): void {
  rmSync(join(dir, workFolder), { recursive: true, force: true })
}

/** Makes a change of a folder's entries last. Windows has no such thing. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function writeToDisk(path: string, text: string): void {
  const descriptor = openSync(path, 'w', 0o644)
  try {
    writeFileSync(descriptor, text)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
