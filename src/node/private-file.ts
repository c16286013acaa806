import { randomBytes } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

/** A save takes milliseconds: an older temporary file belongs to a process that was killed. */
const staleAfterMs = 10 * 60_000

/** The text of a file; `undefined` when there is none. */
export function readPrivateFile(path: string): string | undefined {
  if (!isFile(path)) return undefined
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    // Another process has just removed it.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/**
 * Writes a whole file that only its owner may read. Whoever reads it meanwhile, and whatever ends this process, finds the old text
 * or the new one. Missing folders are made; a symbolic link stays one, and its target is written.
 */
export function writePrivateFile(path: string, text: string): void {
  const target = followLinks(path)
  // Throws for what is not ours to replace.
  isFile(target)
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 })
  // In the same folder: a rename replaces a file at once only within one file system.
  const temporary = `${target}.${randomBytes(6).toString('hex')}.tmp`
  const descriptor = openSync(temporary, 'wx', 0o600)
  try {
    try {
      writeFileSync(descriptor, text)
      // Else a power cut can keep the new name and lose what is in it.
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(temporary, target)
  } catch (error) {
    remove(temporary)
    throw error
  }
  removeStaleFiles(target)
}

/** Removes a file, or the target of a link, and what killed processes left beside it. A missing one is fine. */
export function removePrivateFile(path: string): void {
  const target = followLinks(path)
  if (isFile(target)) rmSync(target, { force: true })
  removeStaleFiles(target)
}

/**
 * Whether there is a file.
 *
 * @throws for anything else: reading a pipe would wait for ever, and `/dev/null` is not ours to replace.
 */
function isFile(path: string): boolean {
  try {
    if (statSync(path).isFile()) return true
  } catch (error) {
    // Missing, or below a file. Runtimes differ in what `throwIfNoEntry: false` makes of the second.
    if (/^(ENOENT|ENOTDIR)$/.test(String((error as NodeJS.ErrnoException).code))) return false
    throw error
  }
  throw new Error('it is not a regular file')
}

/** Where a path leads, also when the last link of a chain points to nothing yet. */
function followLinks(path: string): string {
  try {
    return realpathSync(path)
  } catch (error) {
    // Also other reasons than a missing file: using the path names them.
    const target = linkTarget(path)
    if (target === undefined || (error as NodeJS.ErrnoException).code !== 'ENOENT') return path
    return followLinks(resolve(realpathSync(dirname(path)), target))
  }
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

function removeStaleFiles(target: string): void {
  const folder = dirname(target)
  const prefix = `${basename(target)}.`
  const isTemporary = (name: string): boolean =>
    name.startsWith(prefix) && /^[0-9a-f]{12}\.tmp$/.test(name.slice(prefix.length))
  try {
    for (const path of readdirSync(folder)
      .filter(isTemporary)
      .map((name) => join(folder, name))) {
      // A younger one may be another process's, about to be renamed.
      const { mtimeMs = Date.now() } = statSync(path, { throwIfNoEntry: false }) ?? {}
      if (Date.now() - mtimeMs > staleAfterMs) remove(path)
    }
  } catch {
    // A folder that cannot be listed: the file itself is as it should be.
  }
}

function remove(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch {
    // What made this necessary is the error to report.
  }
}
