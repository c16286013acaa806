import { AnswerReader } from './answer-reader.ts'
import type { AnswerSink, Head } from './answer-reader.ts'
import type { Connection } from './connection.ts'
import { failure, fetchFailed } from './failure.ts'
import { IncomingBody } from './incoming.ts'
import type { Tap } from './incoming.ts'
import type { Payload } from './payload.ts'

/** A request as it goes over a connection. */
export interface WireRequest {
  readonly method: string
  /** Request line and headers, with the empty line at the end. */
  readonly head: string
  readonly payload: Payload | undefined
  /** Whether the body is sent in chunks, because its length is unknown. */
  readonly isChunked: boolean
}

/** An answer whose body is still coming in; `undefined` when it has none by its nature. */
export interface Answer {
  readonly head: Head
  readonly body: IncomingBody | undefined
}

/** The connection was lost before it carried anything back: it may have been closed before the request was sent. */
export class LostUnansweredError extends Error {}

/** Lets go of connections whose answers nobody can read any more. */
const abandoned = new FinalizationRegistry<Exchange>((exchange) => exchange.stop(undefined))

/** One request and its answer. */
export class Exchange implements AnswerSink, Tap {
  readonly reader: AnswerReader
  readonly #connection: Connection
  readonly #request: WireRequest
  readonly #signal: AbortSignal | undefined
  /** Gone with the head: a promise holds what it was settled with. */
  #promise: { resolve(answer: Answer): void; reject(error: unknown): void } | undefined
  #head: Head | undefined
  /** Held weakly while it waits for its reader, so that it can be seen when there is none any more. */
  #body: IncomingBody | WeakRef<IncomingBody> | undefined
  #chunks: AsyncIterator<Uint8Array | string> | undefined
  #isSent = true
  #isOver = false

  constructor(
    connection: Connection,
    request: WireRequest,
    signal: AbortSignal | undefined,
    resolve: (answer: Answer) => void,
    reject: (error: unknown) => void,
  ) {
    this.#connection = connection
    this.#request = request
    this.#signal = signal
    this.#promise = { resolve, reject }
    this.reader = new AnswerReader(this, request.method)
  }

  start(): void {
    this.#signal?.addEventListener('abort', this)
    const { head, payload } = this.#request
    const { socket } = this.#connection
    if (!payload) {
      socket.write(head, 'latin1')
      return
    }
    const { content } = payload
    // One system call.
    socket.cork()
    socket.write(head, 'latin1')
    if (typeof content === 'function') void this.#stream(content)
    else socket.write(content)
    socket.uncork()
  }

  /** The signal was aborted. */
  handleEvent(): void {
    this.#fail(this.#signal!.reason)
    this.#connection.finish(false)
  }

  onHead(head: Head): void {
    this.#head = head
    this.#connection.serverKeepsMs = head.keepsMs
    const { status } = head
    const hasBody = this.#request.method !== 'HEAD' && ![204, 205, 304].includes(status)
    const body = hasBody ? new IncomingBody(this) : undefined
    this.#body = body
    this.#promise?.resolve({ head, body })
    this.#promise = undefined
  }

  onBytes(bytes: Uint8Array<ArrayBuffer>): void {
    this.#currentBody()?.push(bytes)
  }

  onEnd(isLast: boolean): void {
    if (this.#isOver) return
    this.#currentBody()?.close()
    this.#end()
    this.#connection.finish(isLast && this.#isSent && this.#head!.staysOpen)
  }

  /** The connection was lost, or carries nonsense. */
  lose(error: unknown): void {
    const isClosed = (error as { code?: string }).code !== 'EPROTO'
    if (isClosed && this.reader.close()) return
    const isUnanswered = isClosed && !this.#head && this.reader.isUntouched
    this.#fail(isUnanswered ? new LostUnansweredError('', { cause: error }) : error, true)
  }

  pause(body: IncomingBody): void {
    this.#connection.socket.pause()
    this.#body = new WeakRef(body)
    abandoned.register(body, this, this)
  }

  resume(body: IncomingBody): void {
    if (this.#isOver) return
    abandoned.unregister(this)
    this.#body = body
    this.#connection.socket.resume()
  }

  stop(reason: unknown): void {
    if (this.#isOver) return
    this.#fail(reason)
    this.#connection.finish(false)
  }

  #currentBody(): IncomingBody | undefined {
    return this.#body instanceof WeakRef ? this.#body.deref() : this.#body
  }

  #fail(error: unknown, isNetwork = false): void {
    if (this.#isOver) return
    this.#end()
    const isNew = isNetwork && !(error instanceof LostUnansweredError)
    this.#promise?.reject(isNew ? fetchFailed(error) : error)
    this.#currentBody()?.close({
      error: isNew ? new TypeError('terminated', { cause: error }) : (error as Error),
    })
  }

  #end(): void {
    this.#isOver = true
    // Its last bytes may wait for their reader, and the connection for the next request.
    this.#connection.socket.resume()
    this.#signal?.removeEventListener('abort', this)
    if (!this.#isSent) this.#chunks?.return?.().catch(() => {})
  }

  async #stream(content: () => AsyncIterator<Uint8Array | string>): Promise<void> {
    this.#isSent = false
    const { socket } = this.#connection
    const { isChunked, payload } = this.#request
    let sent = 0
    try {
      this.#chunks = content()
      for (;;) {
        const { done, value } = await this.#chunks.next()
        if (this.#isOver) return
        if (done) break
        const bytes = bytesOf(value)
        if (bytes.length === 0) continue
        sent += bytes.length
        const isTooLong = sent > (payload?.length ?? Infinity)
        if (isTooLong) throw failure('The body is longer than its length.', 'ERR_BODY_LENGTH')
        let isTaken: boolean
        if (isChunked) {
          socket.cork()
          socket.write(`${bytes.length.toString(16)}\r\n`, 'latin1')
          socket.write(bytes)
          isTaken = socket.write('\r\n', 'latin1')
          socket.uncork()
        } else isTaken = socket.write(bytes)
        if (!isTaken) await drained(socket)
        if (this.#isOver) return
      }
      if (sent < (payload?.length ?? 0)) {
        throw failure('The body is shorter than its length.', 'ERR_BODY_LENGTH')
      }
      if (isChunked) socket.write('0\r\n\r\n', 'latin1')
      this.#isSent = true
    } catch (error) {
      this.#fail(error, true)
      this.#connection.finish(false)
    }
  }
}

function bytesOf(chunk: unknown): Uint8Array {
  if (typeof chunk === 'string') return Buffer.from(chunk)
  if (chunk instanceof Uint8Array) return chunk
  throw new TypeError('A body that is a stream must be made of Uint8Array chunks.')
}

/** Waits until a socket takes more, or none any more. */
function drained(socket: Connection['socket']): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done)
      socket.off('close', done)
      resolve()
    }
    socket.on('drain', done)
    socket.on('close', done)
  })
}
