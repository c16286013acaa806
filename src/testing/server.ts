/// <reference lib="esnext.disposable" preserve="true" />
import { readFileSync } from 'node:fs'

import { MemoryAuthStore, PocketBase } from '../index.ts'
import type { Untyped } from '../index.ts'
import { PocketBaseServerError } from './errors.ts'
import type { Serving, SuperuserCredentials } from './launch.ts'
import type { ServerProcess } from './process.ts'

/** A PocketBase that {@link startPocketBase} has started. */
export interface PocketBaseServer extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`, without a slash at the end. Restarts keep it. */
  readonly url: string
  /** The port of `url`. */
  readonly port: number
  /** The running version, such as `0.40.4`; that of `POCKETBASE_BIN` is what the executable says. */
  readonly version: string
  /** The data folder, as an absolute path. */
  readonly dir: string
  /** Sign-in of the superuser; undefined when it was switched off. */
  readonly superuser: SuperuserCredentials | undefined
  /** Process id; undefined while the server is not running. */
  readonly pid: number | undefined
  /** All that the server has printed so far, over all restarts. Stays readable after `stop()`. */
  readonly logs: string
  /** Makes a client that nobody is signed in with. It does not cancel repeated calls. */
  client<S = Untyped>(): PocketBase<S>
  /**
   * Makes a client and signs it in as the superuser.
   *
   * @throws TypeError when the server was started with `superuser: false`.
   */
  superuserClient<S = Untyped>(): Promise<PocketBase<S>>
  /**
   * Ends the server, open connections too, and deletes its temporary folder; a folder given as `dir` stays.
   * Also ends a restart that is under way. Calling it again does nothing.
   */
  stop(): Promise<void>
  /**
   * Stops the server and starts it again, on the same port with the same data. Resolves when it answers.
   *
   * @throws {@link PocketBaseServerError} `stopped` after `stop()`.
   */
  restart(): Promise<void>
  /** Kills the server as a crash would (SIGKILL). Its data stays, and `restart()` brings it back. */
  kill(): Promise<void>
  /** The same as `stop()`. */
  [Symbol.asyncDispose](): Promise<void>
}

/** Input of {@link RunningServer}. */
export interface RunningServerOptions {
  serving: Serving
  version: string
  dir: string
  superuser: SuperuserCredentials | undefined
  logFile: string
  /** Serves on the same port once more. */
  serveAgain(signal: AbortSignal): Promise<Serving>
  /** Removes what the server leaves behind. */
  cleanUp(): Promise<void>
}

export class RunningServer implements PocketBaseServer {
  readonly url: string
  readonly port: number
  readonly version: string
  readonly dir: string
  readonly superuser: SuperuserCredentials | undefined
  readonly #options: RunningServerOptions
  readonly #stopping = new AbortController()
  #process: ServerProcess
  /** Restarts and kills, one after the other. Never rejects. */
  #turn: Promise<void> = Promise.resolve()
  #stopped: Promise<void> | undefined
  #lastLogs: string | undefined

  constructor(options: RunningServerOptions) {
    this.#options = options
    this.#process = options.serving.process
    this.url = options.serving.url
    this.port = options.serving.port
    this.version = options.version
    this.dir = options.dir
    this.superuser = options.superuser
  }

  get pid(): number | undefined {
    return this.#process.isRunning ? this.#process.pid : undefined
  }

  get logs(): string {
    return this.#lastLogs ?? readFileSync(this.#options.logFile, 'utf8')
  }

  client<S = Untyped>(): PocketBase<S> {
    return new PocketBase<S>(this.url, {
      authStore: new MemoryAuthStore(),
      autoCancellation: false,
    })
  }

  async superuserClient<S = Untyped>(): Promise<PocketBase<S>> {
    if (!this.superuser) throw new TypeError('The server was started with `superuser: false`')
    const { email, password } = this.superuser
    const untyped = this.client()
    await untyped.collection('_superusers').authWithPassword(email, password)
    const client = this.client<S>()
    client.authStore = untyped.authStore
    return client
  }

  async stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    await this.#stopped
  }

  async restart(): Promise<void> {
    await this.#inTurn(async () => {
      await this.#process.stop()
      this.#process = (await this.#options.serveAgain(this.#stopping.signal)).process
    })
  }

  async kill(): Promise<void> {
    await (this.#stopped ?? this.#inTurn(async () => this.#process.kill()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #stop(): Promise<void> {
    this.#stopping.abort(
      new PocketBaseServerError('stopped', `The server at ${this.url} has been stopped.`),
    )
    await this.#turn
    await this.#process.stop()
    this.#lastLogs = this.logs
    await this.#options.cleanUp()
  }

  async #inTurn(work: () => Promise<void>): Promise<void> {
    const result = this.#turn.then(async () => {
      this.#stopping.signal.throwIfAborted()
      await work()
    })
    this.#turn = result.catch(() => {})
    await result
  }
}
