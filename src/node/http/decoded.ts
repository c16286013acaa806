import { pipeline } from 'node:stream'
import type { Transform } from 'node:stream'
import * as zlib from 'node:zlib'

import { nothingMore } from './incoming.ts'
import type { ByteSource, ReadResult } from './incoming.ts'

const { constants } = zlib

/** Ends that are cut are not reported, as in `fetch`: what could be unpacked is handed out. */
const lenient = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH }
const lenientBrotli = {
  flush: constants.BROTLI_OPERATION_FLUSH,
  finishFlush: constants.BROTLI_OPERATION_FLUSH,
}

/** What is sent as `accept-encoding`. */
export const acceptedEncodings = 'gzip, deflate, br'

/** A body as it was before it was compressed; as it came, when an encoding is unknown. */
export function decoded(source: ByteSource, encodings: string): ByteSource {
  const names = encodings.toLowerCase().split(',')
  if (names.length > 5) throw new Error('The answer has too many content encodings.')
  let result = source
  for (const name of names.reverse()) {
    const create = decoders[name.trim()]
    if (!create) return source
    result = new DecodedBody(result, create)
  }
  return result
}

const decoders: { [encoding: string]: (firstByte: number) => Transform } = {
  gzip: () => zlib.createGunzip(lenient),
  'x-gzip': () => zlib.createGunzip(lenient),
  // Many send it without the header that the standard asks for.
  deflate: (firstByte) =>
    (firstByte & 15) === 8 ? zlib.createInflate(lenient) : zlib.createInflateRaw(lenient),
  br: () => zlib.createBrotliDecompress(lenientBrotli),
  // Since Node 22.15.
  ...('createZstdDecompress' in zlib && { zstd: () => zlib.createZstdDecompress() }),
}

/** Starts with the first read: an answer that nobody reads holds nothing that works for it. */
class DecodedBody implements ByteSource {
  readonly #source: ByteSource
  readonly #create: (firstByte: number) => Transform
  #chunks: AsyncIterator<Buffer<ArrayBuffer>> | undefined
  #isCancelled = false

  constructor(source: ByteSource, create: (firstByte: number) => Transform) {
    this.#source = source
    this.#create = create
  }

  async read(): Promise<ReadResult> {
    if (this.#isCancelled) return nothingMore
    if (!this.#chunks) {
      const { done, value: first } = await this.#source.read()
      if (done) return nothingMore
      const decoder = this.#create(first[0]!)
      // The iterator rejects with the same error.
      pipeline(chunksOf(this.#source, first), decoder, () => {})
      this.#chunks = decoder[Symbol.asyncIterator]() as AsyncIterator<Buffer<ArrayBuffer>>
    }
    const { done, value } = await this.#chunks.next()
    if (done) return nothingMore
    return { done: false, value: new Uint8Array(value.buffer, value.byteOffset, value.length) }
  }

  async cancel(reason?: unknown): Promise<void> {
    this.#isCancelled = true
    await this.#source.cancel(reason)
    await this.#chunks?.return?.()
  }
}

async function* chunksOf(source: ByteSource, first: Uint8Array): AsyncGenerator<Uint8Array> {
  try {
    yield first
    for (;;) {
      const { done, value } = await source.read()
      if (done) return
      yield value
    }
  } finally {
    await source.cancel()
  }
}
