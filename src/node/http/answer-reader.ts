import { protocolError } from './failure.ts'
import { trimmed } from './trim.ts'

/** Status and headers of an answer. */
export interface Head {
  readonly status: number
  readonly statusText: string
  /** Names in lower case and values, in turns. */
  readonly headers: readonly string[]
  /** Whether the connection can take another request afterwards. */
  readonly staysOpen: boolean
  /** How long the server keeps the connection, in milliseconds. */
  readonly keepsMs: number
}

/** Told what an answer holds, in this order. */
export interface AnswerSink {
  onHead(head: Head): void
  onBytes(bytes: Uint8Array): void
  /** @param isLast - nothing came after the answer, as it should be. */
  onEnd(isLast: boolean): void
}

/** As Node's own clients: for a head, or for the lines about one chunk. */
const maxLineLength = 16_384

/** Status line and header lines. Whatever is looser could be read in two ways. */
const headPattern =
  /^HTTP\/1\.[01] [1-9]\d\d(?: [^\r\n\0]*)?(?:\r\n[!#$%&'*+\-.^_`|~\w]+:[^\r\n\0]*)*$/

const maxLengthDigits = 15

/** Reads one HTTP/1.1 answer, in whatever pieces it comes. */
export class AnswerReader {
  readonly #sink: AnswerSink
  readonly #isHEAD: boolean
  #expected: 'head' | 'body' | 'rest' | 'size' | 'chunk' | 'chunkEnd' | 'trailers' | 'nothing' =
    'head'
  /** The beginning of a head or line. */
  #text = ''
  /** Bytes of the body, or of the chunk, that are still to come. */
  #left = 0
  #isUntouched = true

  constructor(sink: AnswerSink, method: string) {
    this.#sink = sink
    this.#isHEAD = method === 'HEAD'
  }

  /** Nothing has come in yet. */
  get isUntouched(): boolean {
    return this.#isUntouched
  }

  /**
   * Reads the first `length` bytes. They are copied where they are kept, so the buffer can be filled again.
   *
   * @throws Error with the code `EPROTO` when this is no HTTP.
   */
  push(buffer: Buffer, length: number): void {
    this.#isUntouched = false
    let at = 0
    while (at < length && this.#expected !== 'nothing') {
      if (this.#expected === 'head') at = this.#readHead(buffer, at, length)
      else if (this.#expected === 'rest') at = this.#readBytes(buffer, at, length)
      else if (this.#left > 0) {
        const end = Math.min(length, at + this.#left)
        this.#left -= end - at
        at = this.#readBytes(buffer, at, end)
        if (this.#left === 0) this.#expected = this.#expected === 'body' ? 'nothing' : 'chunkEnd'
      } else at = this.#readLine(buffer, at, length)
    }
    if (this.#expected === 'nothing') this.#sink.onEnd(at === length)
  }

  /** The connection was closed: whether this was the end of the answer. */
  close(): boolean {
    if (this.#expected !== 'rest') return false
    this.#expected = 'nothing'
    this.#sink.onEnd(true)
    return true
  }

  #readHead(buffer: Buffer, at: number, length: number): number {
    const known = this.#text.length
    const text =
      this.#text + buffer.toString('latin1', at, Math.min(length, at + maxLineLength + 4))
    const end = text.indexOf('\r\n\r\n', Math.max(0, known - 3))
    if (end < 0) {
      if (text.length > maxLineLength) throw protocolError('its headers are too long')
      // Noise is refused at once, not when it has become long.
      if (!'HTTP/1.'.startsWith(text.slice(0, 7))) throw protocolError('it has no status line')
      if (/(?<!\r)\n/.test(text)) throw protocolError('its headers are malformed')
      this.#text = text
      return length
    }
    this.#text = ''
    this.#startBody(text.slice(0, end))
    return at + end + 4 - known
  }

  #startBody(text: string): void {
    if (!headPattern.test(text)) throw protocolError('its headers are malformed')
    const [statusLine = '', ...lines] = text.split('\r\n')
    const status = Number(statusLine.slice(9, 12))
    if (status === 101) throw protocolError('it switches protocols, which nobody asked for')
    // Hints on the way; the answer comes after them.
    if (status < 200) return
    const headers: string[] = []
    let length: string | undefined
    let coding: string | undefined
    let keepsMs = Infinity
    let connection = statusLine.startsWith('HTTP/1.0') ? 'close' : ''
    for (const line of lines) {
      const colon = line.indexOf(':')
      const name = line.slice(0, colon).toLowerCase()
      const value = trimmed(line.slice(colon + 1))
      headers.push(name, value)
      if (name === 'content-length') {
        if (length !== undefined) throw protocolError('it has two lengths')
        length = value
      } else if (name === 'transfer-encoding') {
        coding = coding === undefined ? value : `${coding}, ${value}`
      } else if (name === 'connection') connection = value.toLowerCase()
      else if (name === 'keep-alive') {
        keepsMs = Number(/timeout=(\d+)/i.exec(value)?.[1] ?? Infinity) * 1000
      }
    }
    this.#expected = this.#framing(status, length, coding)
    this.#sink.onHead({
      status,
      statusText: statusLine.slice(13),
      headers,
      staysOpen: this.#expected !== 'rest' && !connection.includes('close'),
      keepsMs,
    })
  }

  #framing(
    status: number,
    length: string | undefined,
    coding: string | undefined,
  ): 'nothing' | 'size' | 'body' | 'rest' {
    if (this.#isHEAD || status === 204 || status === 304) return 'nothing'
    if (coding !== undefined) {
      if (length !== undefined) throw protocolError('it has a length and chunks')
      if (coding.toLowerCase() !== 'chunked')
        throw protocolError('its transfer-encoding is unknown')
      return 'size'
    }
    if (length === undefined) return 'rest'
    if (!/^\d+$/.test(length) || length.length > maxLengthDigits) {
      throw protocolError('its length is no number')
    }
    this.#left = Number(length)
    return this.#left > 0 ? 'body' : 'nothing'
  }

  #readBytes(buffer: Buffer, at: number, end: number): number {
    const bytes = new Uint8Array(end - at)
    bytes.set(buffer.subarray(at, end))
    this.#sink.onBytes(bytes)
    return end
  }

  #readLine(buffer: Buffer, at: number, length: number): number {
    const lineFeed = buffer.indexOf(10, at)
    const end = lineFeed < 0 || lineFeed >= length ? length : lineFeed + 1
    this.#text += buffer.toString('latin1', at, end)
    if (this.#text.length > maxLineLength) throw protocolError('a line is too long')
    if (!this.#text.endsWith('\n')) return end
    const line = this.#text
    this.#text = ''
    if (this.#expected === 'size') {
      const [, digits] = /^([\da-f]{1,12})[ \t]*(?:;[^\r\n]*)?\r\n$/i.exec(line) ?? []
      if (digits === undefined) throw protocolError('a chunk has no size')
      this.#left = Number.parseInt(digits, 16)
      this.#expected = this.#left > 0 ? 'chunk' : 'trailers'
    } else if (this.#expected === 'chunkEnd') {
      if (line !== '\r\n') throw protocolError('a chunk is longer than its size')
      this.#expected = 'size'
    } else if (line === '\r\n') this.#expected = 'nothing'
    return end
  }
}
