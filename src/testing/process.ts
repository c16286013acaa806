import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync, statSync } from 'node:fs'

import { PocketBaseServerError, reasonOf } from './errors.ts'
import type { Watchdog } from './watchdog.ts'

/** How to run a PocketBase executable. */
export interface RunOptions {
  executable: string
  args: readonly string[]
  env: NodeJS.ProcessEnv
  /** Receives standard output and standard error, after what it holds already. */
  logFile: string
  watchdog: Watchdog
}

/** How long a server may take to finish its requests before it is killed. */
const stopGraceMs = 5000

/** A running PocketBase executable. It does not keep the event loop of this process alive. */
export class ServerProcess {
  readonly pid: number
  /** Resolves when the process is gone; never rejects. */
  readonly exited: Promise<void>
  readonly #child: ChildProcess
  readonly #options: RunOptions
  readonly #logStart: number

  private constructor(child: ChildProcess, pid: number, options: RunOptions, logStart: number) {
    this.pid = pid
    this.#child = child
    this.#options = options
    this.#logStart = logStart
    this.exited = new Promise((resolve) => {
      child.once('exit', () => {
        options.watchdog.watch(undefined)
        resolve()
      })
    })
  }

  /** Starts the process; does not wait until it serves. */
  static async run(options: RunOptions): Promise<ServerProcess> {
    const { executable, args, env, logFile, watchdog } = options
    // A file rather than a pipe: a pipe fills up and stops the server while this thread is blocked.
    const log = openSync(logFile, 'a')
    const logStart = statSync(logFile).size
    try {
      const child = spawn(executable, args, {
        env,
        stdio: ['ignore', log, log],
        // In a group of its own: Ctrl-C goes to this process, which may still need the server.
        detached: process.platform !== 'win32',
        windowsHide: true,
      })
      if (child.pid !== undefined) {
        watchdog.watch(child.pid)
        return new ServerProcess(child, child.pid, options, logStart)
      }
      await new Promise((_resolve, reject) => {
        child.once('error', reject)
      })
      throw new Error('it has no process id')
    } catch (error) {
      throw new PocketBaseServerError(
        'bad-executable',
        `${executable} cannot be run: ${reasonOf(error)}`,
        { cause: error },
      )
    } finally {
      closeSync(log)
    }
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Exit code, or the signal that ended it; undefined while it runs. */
  get exitStatus(): number | string | undefined {
    return this.#child.exitCode ?? this.#child.signalCode ?? undefined
  }

  /** What this process has printed so far. */
  output(): string {
    return readFileSync(this.#options.logFile).subarray(this.#logStart).toString()
  }

  /** Its last words, indented, for an error message. */
  lastLines(): string {
    const lines = this.output().trim().split('\n').slice(-10)
    return lines.map((line) => `  ${line}`).join('\n')
  }

  /** Lets the server finish its requests, and kills it when that takes too long. */
  async stop(): Promise<void> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), stopGraceMs)
    await this.#end('SIGTERM')
    clearTimeout(timer)
  }

  /** Kills the server as a crash would. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    this.#child.ref()
    this.#child.kill(signal)
    await this.exited
  }

  /** Lets the event loop end although the server runs. */
  unref(): void {
    this.#child.unref()
  }
}
