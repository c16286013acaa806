import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'

/** What `nodeFetch` sends: what `fetch` does, and whatever hands out bytes one after the other, such as Node's streams. */
export type NodeBody = BodyInit | AsyncIterable<Uint8Array | string>

/** A request's body, ready to be sent. */
export interface Payload {
  /** Its type, unless the caller names one. */
  readonly type: string
  /** In bytes; unknown for streams. */
  readonly length: number | undefined
  /** The whole, or a way to its pieces. */
  readonly content: string | Uint8Array | (() => AsyncIterator<Uint8Array | string>)
  /** Whether it can be read again, for a redirect. */
  readonly isRepeatable: boolean
}

/**
 * @throws TypeError for a stream that was read from, or is given without `duplex: 'half'`.
 */
export function payloadOf(body: unknown, duplex: string | undefined): Payload {
  if (typeof body === 'string') return whole(body, 'text/plain;charset=UTF-8')
  if (body instanceof Uint8Array) return whole(body)
  if (ArrayBuffer.isView(body)) {
    return whole(new Uint8Array(body.buffer, body.byteOffset, body.byteLength))
  }
  if (body instanceof ArrayBuffer || body instanceof SharedArrayBuffer) {
    return whole(new Uint8Array(body))
  }
  if (body instanceof URLSearchParams) {
    return whole(body.toString(), 'application/x-www-form-urlencoded;charset=UTF-8')
  }
  if (body instanceof Blob) return pieces([body], body.type)
  if (body instanceof FormData) return multipart(body)
  if (body instanceof ReadableStream || Symbol.asyncIterator in Object(body)) {
    return streamed(body as ReadableStream<Uint8Array> | AsyncIterable<Uint8Array | string>, duplex)
  }
  return whole(String(body), 'text/plain;charset=UTF-8')
}

function whole(content: string | Uint8Array, type = ''): Payload {
  const length = typeof content === 'string' ? Buffer.byteLength(content) : content.byteLength
  return { type, length, content, isRepeatable: true }
}

/** Files are read while they are sent. */
function pieces(parts: readonly (string | Blob)[], type: string): Payload {
  let length = 0
  for (const part of parts) length += typeof part === 'string' ? Buffer.byteLength(part) : part.size
  async function* content(): AsyncGenerator<Uint8Array | string> {
    for (const part of parts) {
      if (typeof part === 'string') yield part
      else yield* part.stream()
    }
  }
  return { type, length, content, isRepeatable: true }
}

/** As the HTML standard has it. */
function multipart(form: FormData): Payload {
  const boundary = `----formdata-${randomUUID()}`
  const parts: (string | Blob)[] = []
  for (const [name, value] of form) {
    const start = `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(lines(name))}"`
    if (typeof value === 'string') parts.push(`${start}\r\n\r\n${lines(value)}\r\n`)
    else {
      const type = value.type || 'application/octet-stream'
      parts.push(`${start}; filename="${quoted(value.name)}"\r\nContent-Type: ${type}\r\n\r\n`)
      parts.push(value, '\r\n')
    }
  }
  parts.push(`--${boundary}--\r\n`)
  return pieces(parts, `multipart/form-data; boundary=${boundary}`)
}

function lines(text: string): string {
  return text.replace(/\r\n?|\n/g, '\r\n')
}

function quoted(name: string): string {
  return name.replace(/\n/g, '%0A').replace(/\r/g, '%0D').replace(/"/g, '%22')
}

function streamed(
  body: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array | string>,
  duplex: string | undefined,
): Payload {
  if (body instanceof ReadableStream) {
    if (duplex !== 'half') throw new TypeError("A stream as body needs the option duplex: 'half'.")
    if (body.locked) throw new TypeError('The body is locked: somebody else reads it.')
  }
  const content = (): AsyncIterator<Uint8Array | string> => {
    if (body instanceof ReadableStream) return chunksOf(body)
    const iterator = body[Symbol.asyncIterator]()
    if (!(body instanceof Readable)) return iterator
    const end = async (): Promise<IteratorReturnResult<undefined>> => {
      body.destroy()
      return { done: true, value: undefined }
    }
    return { next: () => iterator.next(), return: end }
  }
  return { type: '', length: undefined, content, isRepeatable: false }
}

/** Unlike a stream's own iterator, which waits for its last chunk, it can be ended while it waits for a chunk. */
function chunksOf(stream: ReadableStream<Uint8Array>): AsyncIterator<Uint8Array> {
  const reader = stream.getReader()
  return {
    next: async () => {
      const { done, value } = await reader.read()
      return done ? { done, value: undefined } : { done, value }
    },
    return: async () => {
      await reader.cancel().catch(() => {})
      return { done: true, value: undefined }
    },
  }
}
