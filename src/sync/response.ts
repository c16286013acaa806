import { BlockingPromise, settled } from './promise.ts'
import type { BlockingResponse as PublicResponse } from './types.ts'

/** What a reader of bytes gets. */
interface Read {
  readonly done: boolean
  readonly value?: Uint8Array | undefined
}

/** What the client's code asks of the source of a stream. */
interface Source {
  start?(controller: Controller): void
  pull?(controller: Controller): unknown
  cancel?(reason?: unknown): unknown
}

interface Controller {
  enqueue(bytes: Uint8Array): void
  close(): void
  error(error: unknown): void
}

/** A stream of bytes, for one reader, that can be read while the script is blocked. In the client's code it is `ReadableStream`. */
export class BlockingStream {
  readonly locked = false
  readonly #source: Source
  readonly #chunks: Uint8Array[] = []
  readonly #controller: Controller = {
    enqueue: (bytes) => this.#give({ done: false, value: bytes }),
    close: () => this.#end(BlockingPromise.resolve({ done: true })),
    error: (error) => this.#end(BlockingPromise.reject(error)),
  }
  #last: BlockingPromise<Read> | undefined
  #reader: ((read: BlockingPromise<Read> | Read) => void) | undefined

  constructor(source: Source = {}) {
    this.#source = source
    source.start?.(this.#controller)
  }

  read(): BlockingPromise<Read> {
    const value = this.#chunks.shift()
    if (value) return BlockingPromise.resolve({ done: false, value })
    if (this.#last) return this.#last
    return new BlockingPromise((resolve) => {
      this.#reader = resolve
      this.#source.pull?.(this.#controller)
    })
  }

  cancel(reason?: unknown): BlockingPromise {
    this.#chunks.length = 0
    this.#controller.close()
    return BlockingPromise.resolve(this.#source.cancel?.(reason))
  }

  getReader(): this {
    return this
  }

  /** Hands its bytes on as they are asked for. It rejects when it is cut, which the other end does not hear of. */
  pipeTo(sink: Sink): BlockingPromise {
    return new BlockingPromise((resolve, reject) => {
      sink.onCancel = (reason) => {
        this.cancel(reason).then(() => reject(reason))
      }
      sink.onWanted = () => {
        this.read().then(({ done, value }: Read) => {
          sink.take(value)
          if (done) resolve()
        }, reject)
      }
    })
  }

  /** Its pieces, for `for … of`. */
  *[Symbol.iterator](): Generator<Uint8Array, void, undefined> {
    try {
      for (;;) {
        const { value } = settled(this.read())
        if (!value) return
        yield value
      }
    } finally {
      settled(this.cancel())
    }
  }

  #give(read: BlockingPromise<Read> | Read): void {
    const reader = this.#reader
    this.#reader = undefined
    if (reader) reader(read)
    else if ('value' in read) this.#chunks.push(read.value!)
  }

  #end(last: BlockingPromise<Read>): void {
    if (this.#last) return
    this.#last = last
    this.#give(last)
  }
}

/** Where bytes go that are piped. */
interface Sink {
  onWanted: () => void
  onCancel: (reason: unknown) => void
  take(bytes: Uint8Array | undefined): void
}

/** In the client's code it is `TransformStream`. */
export class BlockingTransform {
  readonly readable: BlockingStream
  readonly writable: Sink

  constructor(given: {
    start?(controller: Controller): void
    transform(bytes: Uint8Array, controller: Controller): void
  }) {
    let controller: Controller
    let isWanted = false
    let onWanted: (() => void) | undefined
    this.readable = new BlockingStream({
      start: (own) => {
        controller = own
        given.start?.(own)
      },
      pull: () => {
        if (onWanted) onWanted()
        else isWanted = true
      },
      cancel: (reason) => this.writable.onCancel(reason),
    })
    this.writable = {
      onCancel: () => {},
      set onWanted(ask: () => void) {
        onWanted = ask
        if (isWanted) ask()
      },
      take: (bytes) => {
        if (bytes) given.transform(bytes, controller)
        else controller.close()
      },
    }
  }
}

/** What answers are made of: the worker tells more than other answers can be made with. */
interface ResponseDetails extends ResponseInit, Partial<Pick<Response, 'url' | 'redirected'>> {}

/**
 * An answer whose body can be read while the script is blocked: all that a `Response` has, without promises. In the client's code it is
 * `Response`.
 */
export class BlockingResponse implements Omit<PublicResponse, 'body'> {
  readonly type = 'basic'
  readonly status: number
  readonly statusText: string
  readonly ok: boolean
  readonly url: string
  readonly redirected: boolean
  readonly headers: Headers
  readonly body: BlockingStream | null
  bodyUsed = false

  constructor(body: BlockingStream | null, details: ResponseDetails) {
    const { status = 200, statusText = '', headers, url = '', redirected = false } = details
    this.status = status
    this.statusText = statusText
    this.ok = status >= 200 && status < 300
    this.url = url
    this.redirected = redirected
    this.headers = new Headers(headers)
    this.body = body
  }

  bytes(): Uint8Array<ArrayBuffer> {
    if (this.bodyUsed) throw new TypeError('Body is unusable: Body has already been read')
    this.bodyUsed = true
    const chunks = Array.from(this.body ?? [])
    const bytes = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0))
    let at = 0
    for (const chunk of chunks) {
      bytes.set(chunk, at)
      at += chunk.length
    }
    return bytes
  }

  arrayBuffer(): ArrayBuffer {
    return this.bytes().buffer
  }

  blob(): Blob {
    return new Blob([this.bytes()], { type: this.headers.get('content-type') ?? '' })
  }

  text(): string {
    return new TextDecoder().decode(this.bytes())
  }

  json(): unknown {
    return JSON.parse(this.text())
  }
}

// For `instanceof`.
Object.setPrototypeOf(BlockingResponse.prototype, globalThis.Response.prototype)
