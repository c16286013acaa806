import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'

import { findPocketBase, newestPocketBase, readVersion } from './binary.ts'
import { cachedExecutable } from './cache.ts'
import { createFolders, pathWithoutBrowser } from './folders.ts'
import type { Folders } from './folders.ts'
import { Launcher } from './launch.ts'
import type { SuperuserCredentials } from './launch.ts'
import type { OnProgress } from './progress.ts'
import { RunningServer } from './server.ts'
import type { PocketBaseServer } from './server.ts'
import { startWatchdog } from './watchdog.ts'

/** Input of {@link startPocketBase}. */
export interface StartOptions {
  /** The version to run, such as `0.23.12`. Default: the newest that this package is tested against. */
  version?: string | undefined
  /**
   * Data folder to use and keep; it is created when missing. Default: a temporary one, deleted when the
   * server stops.
   */
  dir?: string | undefined
  /** Port to listen on. Default: a free one. Taken: the start fails with `port-taken`. */
  port?: number | undefined
  /**
   * The superuser to create before the server starts; one with this e-mail gets this password, which ends
   * its earlier sessions. Default: `superuser@example.com` with a random password. `false`: none, the server
   * is left to its installer, but opens no browser.
   */
  superuser?: SuperuserCredentials | false | undefined
  /** Folder with JavaScript hooks (`*.pb.js`). The server restarts when they change. Default: none. */
  hooksDir?: string | undefined
  /**
   * Whether the server gets the hooks pack: analytics and traces. The server then runs a copy of `hooksDir` with the pack in it,
   * which later changes of `hooksDir` do not reach. Default: false.
   */
  pack?: boolean | undefined
  /**
   * Folder with migrations, which are applied. Changing a collection writes none, unless `args` has
   * `--automigrate`. Default: none.
   */
  migrationsDir?: string | undefined
  /** Folder with static files to serve at `/`. Default: none. */
  publicDir?: string | undefined
  /** Environment variables, added to those of this process. */
  env?: Record<string, string> | undefined
  /** More arguments for `pocketbase serve`, such as `--queryTimeout=5`; they win over the ones set here. */
  args?: readonly string[] | undefined
  /** How long the server may take to answer, in milliseconds; fetching it is not counted. Default 30,000. */
  startTimeoutMs?: number | undefined
  /** Hears of downloads, builds and waiting. Default: readable lines on standard error. */
  onProgress?: OnProgress | undefined
  /** Gives up starting; what has been started is cleaned up. Without effect once the server runs. */
  signal?: AbortSignal | undefined
}

/**
 * Starts a real PocketBase on this computer and resolves when it answers. The executable is found, or
 * fetched once, by {@link findPocketBase}.
 *
 * ```ts
 * await using server = await startPocketBase()
 * const admin = await server.superuserClient()
 * await admin.collections.create({ name: 'posts', type: 'base', fields: [{ name: 'title', type: 'text' }] })
 * ```
 *
 * The server ends and its temporary folder goes with `stop()`, at the end of an `await using` block, or
 * when this process ends in whichever way. It does not keep this process running.
 *
 * Every server is its own: port, data, migrations. It listens on 127.0.0.1 only.
 *
 * @throws {@link PocketBaseServerError} when there is no executable, the port is taken, or it does not start.
 * @throws TypeError when `hooksDir` or `publicDir` does not exist.
 */
export async function startPocketBase(options: StartOptions = {}): Promise<PocketBaseServer> {
  const { version: wanted = newestPocketBase, port, signal } = options
  const executable = await findPocketBase(options)
  const version = executable === cachedExecutable(wanted) ? wanted : await readVersion(executable)
  const superuser = options.superuser ?? generateSuperuser()
  const folders = await createFolders(options)
  const watchdog = startWatchdog(folders.own)
  const cleanUp = async () => {
    await watchdog.dismiss()
    await rm(folders.own, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    const launcher = new Launcher({
      executable,
      env: await serverEnvironment(options, folders),
      args: options.args ?? [],
      folders,
      watchdog,
      startTimeoutMs: options.startTimeoutMs ?? 30_000,
    })
    if (superuser) await launcher.saveSuperuser(superuser)
    signal?.throwIfAborted()
    const serving = port
      ? await launcher.serve(port, signal)
      : await launcher.serveOnFreePort(signal)
    return new RunningServer({
      serving,
      version,
      dir: folders.data,
      superuser: superuser || undefined,
      logFile: folders.logFile,
      serveAgain: async (stopping) => launcher.serve(serving.port, stopping),
      cleanUp,
    })
  } catch (error) {
    await cleanUp()
    throw error
  }
}

function generateSuperuser(): SuperuserCredentials {
  return { email: 'superuser@example.com', password: randomBytes(12).toString('hex') }
}

async function serverEnvironment(
  options: StartOptions,
  folders: Folders,
): Promise<NodeJS.ProcessEnv> {
  const environment: NodeJS.ProcessEnv = { ...process.env, ...options.env }
  if (options.superuser !== false) return environment
  // Windows calls it `Path`, and a copy of the environment is case-sensitive.
  const name = Object.keys(environment).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH'
  return { ...environment, [name]: await pathWithoutBrowser(folders, environment[name] ?? '') }
}
