import type { Socket } from 'node:net'

import { Exchange } from './exchange.ts'
import type { Answer, WireRequest } from './exchange.ts'
import { failure, protocolError } from './failure.ts'

/** A connection to a server, or to a proxy on the way. It takes one request after the other. */
export class Connection {
  readonly socket: Socket
  /** When it was last free, in milliseconds of `performance.now()`. */
  idleSince = 0
  /** How long the server keeps it open without a request, when it says so. */
  serverKeepsMs = Infinity
  #exchange: Exchange | undefined
  readonly #onFree: (connection: Connection) => void
  readonly #onGone: (connection: Connection) => void

  constructor(
    socket: Socket,
    onFree: (connection: Connection) => void,
    onGone: (connection: Connection) => void,
  ) {
    this.socket = socket
    this.#onFree = onFree
    this.#onGone = onGone
    socket.on('error', (error) => this.#end(error))
    const onClosed = (): void =>
      this.#end(failure('The server closed the connection.', 'ECONNRESET'))
    socket.on('end', onClosed)
    socket.on('close', onClosed)
  }

  /** Sends a request, and resolves with the answer as soon as its headers are here. */
  exchange(request: WireRequest, signal: AbortSignal | undefined): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#exchange = new Exchange(this, request, signal, resolve, reject)
      this.#exchange.start()
    })
  }

  /** Bytes have come in. */
  receive(buffer: Buffer, length: number): void {
    if (!this.#exchange) {
      this.#end(protocolError('nobody asked for it'))
      return
    }
    try {
      this.#exchange.reader.push(buffer, length)
    } catch (error) {
      this.#end(error)
    }
  }

  /** The exchange is over. */
  finish(isReusable: boolean): void {
    this.#exchange = undefined
    if (isReusable && !this.socket.destroyed) this.#onFree(this)
    else this.destroy()
  }

  destroy(): void {
    this.#onGone(this)
    this.socket.destroy()
  }

  #end(error: unknown): void {
    const exchange = this.#exchange
    this.#exchange = undefined
    exchange?.lose(error)
    this.destroy()
  }
}
