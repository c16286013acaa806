export type Bytes = Uint8Array<ArrayBuffer>

/** What a stream's reader reads. */
export type ReadResult = { done: false; value: Bytes } | { done: true; value: undefined }

export const nothingMore: ReadResult = { done: true, value: undefined }

/** Bytes to be read once: what a stream's reader can do, without a stream. */
export interface ByteSource {
  /** The next bytes, never none. One call at a time. */
  read(): Promise<ReadResult>
  /** Nobody will read the rest. */
  cancel(reason?: unknown): Promise<void>
}

/** What fills an {@link IncomingBody}. */
export interface Tap {
  pause(body: IncomingBody): void
  resume(body: IncomingBody): void
  stop(reason: unknown): void
}

/** Bytes that wait for a reader until the other side has to wait. */
const maxWaitingBytes = 65_536

/** The body of an answer as it comes in. */
export class IncomingBody implements ByteSource {
  readonly #tap: Tap
  readonly #chunks: Bytes[] = []
  #bytes = 0
  #isPaused = false
  #end: { readonly error?: Error } | undefined
  #reader: { resolve(result: ReadResult): void; reject(error: unknown): void } | undefined

  constructor(tap: Tap) {
    this.#tap = tap
  }

  push(value: Bytes): void {
    if (this.#end) return
    if (this.#reader) {
      this.#reader.resolve({ done: false, value })
      this.#reader = undefined
      return
    }
    this.#chunks.push(value)
    this.#bytes += value.length
    if (this.#bytes < maxWaitingBytes || this.#isPaused) return
    this.#isPaused = true
    this.#tap.pause(this)
  }

  /** Nothing more will come: because all has come, or for a reason. */
  close(end: { readonly error?: Error } = {}): void {
    if (this.#end) return
    this.#end = end
    if (!this.#reader) return
    if ('error' in end) this.#reader.reject(end.error)
    else this.#reader.resolve(nothingMore)
    this.#reader = undefined
  }

  read(): Promise<ReadResult> {
    const value = this.#chunks.shift()
    if (value) {
      this.#bytes -= value.length
      if (this.#isPaused && this.#bytes < maxWaitingBytes) {
        this.#isPaused = false
        this.#tap.resume(this)
      }
      return Promise.resolve({ done: false, value })
    }
    return new Promise((resolve, reject) => {
      if (!this.#end) this.#reader = { resolve, reject }
      else if ('error' in this.#end) reject(this.#end.error)
      else resolve(nothingMore)
    })
  }

  async cancel(reason?: unknown): Promise<void> {
    this.#chunks.length = 0
    if (this.#end) return
    this.close()
    this.#tap.stop(reason)
  }
}
