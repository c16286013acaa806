import type { Connection } from './connection.ts'
import { dial } from './dial.ts'
import type { Route } from './dial.ts'

/** Before a server's own time is up, so that a request does not cross the end of the connection on the way. */
const marginMs = 1000

/** The connections to one server. There are as many as there are requests at a time. */
export class Pool {
  readonly route: Route
  readonly #keepMs: number
  /** The one used last comes last. */
  readonly #idle: Connection[] = []
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(route: Pick<Route, 'target' | 'proxy' | 'ca'>, keepMs: number) {
    this.#keepMs = keepMs
    this.route = {
      ...route,
      onFree: (connection) => this.#keep(connection),
      onGone: (connection) => this.#forget(connection),
    }
  }

  /** A connection that has been used before and is free. */
  take(): Connection | undefined {
    for (let connection = this.#idle.pop(); connection; connection = this.#idle.pop()) {
      if (this.#isFresh(connection)) {
        connection.socket.ref()
        return connection
      }
      connection.destroy()
    }
    return undefined
  }

  open(signal: AbortSignal | undefined): Promise<Connection> {
    return dial(this.route, signal)
  }

  /** Closes what is free now. */
  closeIdle(): void {
    for (const connection of this.#idle.splice(0)) connection.destroy()
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #keep(connection: Connection): void {
    if (this.#keepMs <= 0) {
      connection.destroy()
      return
    }
    connection.idleSince = performance.now()
    // The process may end.
    connection.socket.unref()
    this.#idle.push(connection)
    this.#timer ??= setTimeout(() => this.#sweep(), this.#keepMs).unref()
  }

  #forget(connection: Connection): void {
    const index = this.#idle.indexOf(connection)
    if (index >= 0) this.#idle.splice(index, 1)
  }

  #isFresh({ idleSince, serverKeepsMs, socket }: Connection): boolean {
    const keepMs = Math.min(this.#keepMs, serverKeepsMs - marginMs)
    return !socket.destroyed && performance.now() - idleSince < keepMs
  }

  #sweep(): void {
    this.#timer = undefined
    const old = this.#idle.filter((connection) => !this.#isFresh(connection))
    for (const connection of old) connection.destroy()
    if (this.#idle.length === 0) return
    this.#timer = setTimeout(() => this.#sweep(), this.#keepMs).unref()
  }
}
