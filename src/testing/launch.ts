import getPort from 'get-port'

import { isPocketBaseServerError, PocketBaseServerError } from './errors.ts'
import { folderFlags } from './folders.ts'
import type { Folders } from './folders.ts'
import { ServerProcess } from './process.ts'
import { untilReady } from './ready.ts'
import type { Watchdog } from './watchdog.ts'

/** E-mail and password of a superuser. */
export interface SuperuserCredentials {
  /** What it signs in with. */
  email: string
  /** At least eight characters. */
  password: string
}

/** What every process of one server has in common. */
export interface LauncherOptions {
  executable: string
  env: NodeJS.ProcessEnv
  /** For `serve`. */
  args: readonly string[]
  folders: Folders
  watchdog: Watchdog
  startTimeoutMs: number
}

/** A server that answers. */
export interface Serving {
  process: ServerProcess
  port: number
  url: string
}

const portAttempts = 5

/** Runs the commands of the executable for one server. */
export class Launcher {
  readonly #options: LauncherOptions

  constructor(options: LauncherOptions) {
    this.#options = options
  }

  /** Creates the superuser, or changes the password of the one that has this e-mail. */
  async saveSuperuser({ email, password }: SuperuserCredentials): Promise<void> {
    // Behind `--` a password may start with a dash.
    const command = await this.#run(['superuser', 'upsert', '--', email, password])
    await command.exited
    // Before 0.24 a failure is printed and the exit code is 0.
    if (command.exitStatus === 0 && !/^Error:/m.test(command.output())) return
    throw new PocketBaseServerError(
      'start-failed',
      `PocketBase could not save the superuser ${email}. It printed:\n${command.lastLines()}`,
    )
  }

  /** Serves on a port and resolves when the server answers. */
  async serve(port: number, signal?: AbortSignal): Promise<Serving> {
    const url = `http://127.0.0.1:${port}`
    const process = await this.#run(['serve', `--http=127.0.0.1:${port}`, ...this.#options.args])
    try {
      await untilReady(process, { url, timeoutMs: this.#options.startTimeoutMs, signal })
    } catch (error) {
      await process.kill()
      throw error
    }
    process.unref()
    return { process, port, url }
  }

  /** Serves on a free port. Another program may take it in between: then on the next. */
  async serveOnFreePort(signal?: AbortSignal): Promise<Serving> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.serve(await getPort({ host: '127.0.0.1' }), signal)
      } catch (error) {
        const taken = isPocketBaseServerError(error) && error.reason === 'port-taken'
        if (!taken || attempt === portAttempts) throw error
      }
    }
  }

  async #run(command: readonly string[]): Promise<ServerProcess> {
    const { executable, env, folders, watchdog } = this.#options
    const args = [...folderFlags(folders), ...command]
    return ServerProcess.run({ executable, args, env, logFile: folders.logFile, watchdog })
  }
}
