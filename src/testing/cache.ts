import { access, constants, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

import { PocketBaseServerError, reasonOf } from './errors.ts'

/** Where the executable of a version is cached; each version has a folder of its own. */
export function cachedExecutable(version: string): string {
  return join(cacheFolder(), 'servers', version, executableName())
}

/** Ours, in the user's cache. */
export function cacheFolder(): string {
  return join(userCacheFolder(), 'pocketbase-typescript')
}

/** What the official releases call the executable. */
export function executableName(): string {
  return process.platform === 'win32' ? 'pocketbase.exe' : 'pocketbase'
}

/** Tells whether there is a file that this user may run. */
export async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK)
    return (await stat(file)).isFile()
  } catch {
    return false
  }
}

/** A folder of the cache cannot be created or written to. */
export function cacheError(folder: string, cause: unknown): PocketBaseServerError {
  return new PocketBaseServerError(
    'cache',
    `The cache folder ${folder} cannot be written: ${reasonOf(cause)}. ` +
      'Set XDG_CACHE_HOME to a folder that can, or POCKETBASE_BIN to a PocketBase executable.',
    { cause },
  )
}

function userCacheFolder(): string {
  if (process.platform === 'win32') {
    return process.env['LOCALAPPDATA'] || join(homedir(), 'AppData', 'Local')
  }
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches')
  const configured = process.env['XDG_CACHE_HOME']
  // The XDG specification has relative paths ignored.
  return configured && isAbsolute(configured) ? configured : join(homedir(), '.cache')
}
