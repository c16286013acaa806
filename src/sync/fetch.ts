import { ask, errorOf } from './link.ts'
import { BlockingPromise } from './promise.ts'
import type { Answer, AnswerHead, FormEntry, WireRequest } from './protocol.ts'

interface Read {
  readonly done: boolean
  readonly value?: Uint8Array | undefined
}

/** Takes the place of `fetch` in the client's code: the worker sends the request. */
export function fetch(url: string, init: RequestInit = {}): BlockingPromise<BlockingResponse> {
  const { signal } = init
  return new BlockingPromise((resolve, reject) => {
    signal?.throwIfAborted()
    const body = new BlockingBody()
    const end = (error: unknown): void => {
      giveUp()
      reject(error)
      body.end(error)
    }
    const onAbort = (): void => end(signal!.reason)
    const onAnswer = ({ head, chunk, isDone, error }: Answer): void => {
      if (head) resolve(new BlockingResponse(head, body))
      if (chunk) body.push(chunk)
      if (error) end(errorOf(error))
      if (isDone) body.end()
      if (isDone || error) signal?.removeEventListener('abort', onAbort)
    }
    const giveUp = ask(wireRequest(url, init), onAnswer)
    body.cancel = () => {
      giveUp()
      return BlockingPromise.resolve()
    }
    signal?.addEventListener('abort', onAbort)
  })
}

/** The bytes of an answer, for one reader. */
class BlockingBody {
  cancel: () => BlockingPromise = () => BlockingPromise.resolve()
  readonly #chunks: Uint8Array[] = []
  #last: (() => BlockingPromise<Read>) | undefined
  #reader: ((read: BlockingPromise<Read> | Read) => void) | undefined

  push(value: Uint8Array): void {
    if (this.#reader) this.#hand({ done: false, value })
    else this.#chunks.push(value)
  }

  end(error?: unknown): void {
    this.#last ??= () =>
      error === undefined ? BlockingPromise.resolve({ done: true }) : BlockingPromise.reject(error)
    if (this.#reader) this.#hand(this.#last())
  }

  read(): BlockingPromise<Read> {
    const value = this.#chunks.shift()
    if (value) return BlockingPromise.resolve({ done: false, value })
    return this.#last?.() ?? new BlockingPromise((resolve) => (this.#reader = resolve))
  }

  getReader(): this {
    return this
  }

  #hand(read: BlockingPromise<Read> | Read): void {
    const reader = this.#reader!
    this.#reader = undefined
    reader(read)
  }
}

/** What hooks and middleware see of an answer: status and headers. Its body is the client's to read. */
class BlockingResponse {
  readonly type = 'basic'
  readonly status: number
  readonly statusText: string
  readonly ok: boolean
  readonly url: string
  readonly redirected: boolean
  readonly headers: Headers
  readonly body: BlockingBody

  constructor({ status, statusText, url, redirected, headers }: AnswerHead, body: BlockingBody) {
    this.status = status
    this.statusText = statusText
    this.ok = status >= 200 && status < 300
    this.url = url
    this.redirected = redirected
    this.headers = new Headers(headers as [string, string][])
    this.body = body
  }
}

Object.setPrototypeOf(BlockingResponse.prototype, Response.prototype)

function wireRequest(url: string, { body, headers, ...rest }: RequestInit): WireRequest {
  const form = body instanceof FormData ? [...body].map(formEntry) : undefined
  const plain = Object.entries(rest).filter(([, value]) => Object(value) !== value)
  return {
    url,
    form,
    init: {
      ...Object.fromEntries(plain),
      headers: headers instanceof Headers ? [...headers] : headers,
      ...(!form && body != null && { body: wireBody(body) }),
    },
  }
}

function formEntry([name, value]: [string, FormDataEntryValue]): FormEntry {
  return typeof value === 'string' ? [name, value] : [name, value, value.name]
}

function wireBody(body: unknown): unknown {
  if (body instanceof URLSearchParams) return String(body)
  const canCross =
    typeof body === 'string' ||
    body instanceof Blob ||
    body instanceof ArrayBuffer ||
    ArrayBuffer.isView(body)
  if (canCross) return body
  throw new TypeError(
    'The body is a stream, which nothing reads while the script is blocked. Pass a Blob, a File or bytes.',
  )
}
