import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'

import { buildModule } from './build.ts'
import { cachedExecutable, cacheError, isExecutable } from './cache.ts'
import { downloadRelease } from './download.ts'
import { PocketBaseServerError, reasonOf } from './errors.ts'
import { takeLock } from './lock.ts'
import type { LockHolder } from './lock.ts'
import { printProgress, runStep } from './progress.ts'
import type { OnProgress } from './progress.ts'

/** The newest PocketBase that this package is tested against: the default version. */
export const newestPocketBase = '0.40.4'

/** Input of {@link findPocketBase}. */
export interface FindOptions {
  /** The wanted version, such as `0.23.12`. Default: {@link newestPocketBase}. */
  version?: string | undefined
  /** Hears of downloads, builds and waiting. Default: readable lines on standard error. */
  onProgress?: OnProgress | undefined
  /** Gives up; the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined
}

/**
 * Finds a PocketBase executable, fetching it when needed, and returns its path. In this order:
 *
 * 1. the file that the environment variable `POCKETBASE_BIN` names, whatever its version;
 * 2. the user's cache: `pocketbase-typescript/servers/<version>` in `$XDG_CACHE_HOME` or `~/.cache`,
 *    on macOS `~/Library/Caches`, on Windows `%LOCALAPPDATA%`;
 * 3. the official release, its SHA-256 checked, into that cache; `POCKETBASE_DOWNLOAD_URL` names a mirror
 *    of `https://github.com/pocketbase/pocketbase/releases/download`;
 * 4. a build of PocketBase's Go module, into that cache, when `go` is installed.
 *
 * Callers that need the same version at the same time, in other processes too, wait for one of them.
 *
 * @throws {@link PocketBaseServerError} `not-found`, `corrupt-download`, `bad-executable` or `cache`.
 */
export async function findPocketBase(options: FindOptions = {}): Promise<string> {
  return configuredExecutable() ?? cachedOrFetched(options)
}

/** The version that an executable says it has; what it printed, when that holds no version. */
export async function readVersion(executable: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(executable, ['--version'])
    return /version v?(\S+)/.exec(stdout)?.[1] ?? stdout.trim()
  } catch (error) {
    throw new PocketBaseServerError(
      'bad-executable',
      `${executable} is not a PocketBase executable for this system: ${reasonOf(error)}`,
      { cause: error },
    )
  }
}

function configuredExecutable(): Promise<string> | undefined {
  const configured = process.env['POCKETBASE_BIN']
  if (!configured) return undefined
  return checkExecutable(resolve(configured))
}

async function checkExecutable(file: string): Promise<string> {
  if (await isExecutable(file)) return file
  throw new PocketBaseServerError(
    'bad-executable',
    `POCKETBASE_BIN names ${file}, which does not exist or may not be run. ` +
      'Correct it, or unset it to have PocketBase fetched.',
  )
}

async function cachedOrFetched(options: FindOptions): Promise<string> {
  const { version = newestPocketBase, onProgress = printProgress(), signal } = options
  if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) {
    throw new TypeError(`'${version}' is not a version of PocketBase: it looks like '0.40.4'`)
  }
  const file = cachedExecutable(version)
  if (await isExecutable(file)) return file

  const release = await waitForTurn(dirname(file), { version, onProgress, signal })
  try {
    if (!(await isExecutable(file))) await fetchInto(file, { version, onProgress, signal })
  } finally {
    await release()
  }
  return file
}

interface FetchOptions {
  version: string
  onProgress: OnProgress
  signal: AbortSignal | undefined
}

/** Locks the version's cache folder, creating it. */
async function waitForTurn(
  folder: string,
  { version, onProgress, signal }: FetchOptions,
): Promise<() => Promise<void>> {
  return runStep('wait', onProgress, async (step) => {
    let waited = false
    const onWait = ({ pid }: LockHolder) => {
      waited = true
      step.report(`Waiting for process ${pid}, which is fetching PocketBase ${version}`)
    }
    try {
      await mkdir(folder, { recursive: true })
      const release = await takeLock(join(folder, '.lock'), { onWait, signal })
      if (waited) step.report(`Waited ${step.elapsed()} for PocketBase ${version}`, { done: true })
      return release
    } catch (error) {
      signal?.throwIfAborted()
      throw cacheError(folder, error)
    }
  })
}

async function fetchInto(file: string, options: FetchOptions): Promise<void> {
  const folder = dirname(file)
  await removeStagingFolders(folder)
  const staging = await mkdtemp(join(folder, stagingPrefix))
  try {
    // In one step: nobody ever sees half an executable.
    await rename(await downloadOrBuild(file, { ...options, folder: staging }), file)
  } catch (error) {
    // A caller that thought this one dead may have been faster.
    if (!(await isExecutable(file))) throw error
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

const stagingPrefix = '.staging-'

/** What a process that was killed while fetching has left. */
async function removeStagingFolders(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.startsWith(stagingPrefix))
      await rm(join(folder, name), { recursive: true, force: true })
  }
}

async function downloadOrBuild(
  file: string,
  options: FetchOptions & { folder: string },
): Promise<string> {
  const failures: unknown[] = []
  for (const fetchExecutable of [downloadRelease, buildModule]) {
    try {
      return await fetchExecutable(options)
    } catch (error) {
      options.signal?.throwIfAborted()
      if (error instanceof PocketBaseServerError) throw error
      failures.push(error)
    }
  }
  const [download, build] = failures.map(reasonOfFetch)
  throw new PocketBaseServerError(
    'not-found',
    [
      `PocketBase ${options.version} is neither here nor could it be fetched.`,
      `  cache: there is no ${file}`,
      `  download: ${download}`,
      `  build: ${build}`,
      'Connect to the network once, install Go (https://go.dev/dl), or set POCKETBASE_BIN to a PocketBase executable.',
    ].join('\n'),
    { cause: new AggregateError(failures, 'Download and build failed') },
  )
}

function reasonOfFetch(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
