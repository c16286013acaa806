import { lengthOf } from './answer.ts'

/** How far a body has come. */
export interface Progress {
  /** Bytes so far. */
  loaded: number
  /** Bytes in all; `undefined` while nobody knows. The last call has `loaded === total`. */
  total?: number | undefined
}

/** Called for every piece of a body. What it throws ends the call, which rejects with it. */
export type ProgressListener = (progress: Progress) => void

/** Bytes, one piece after the other; `undefined` is the end. */
export interface ByteReader {
  readonly next: () => Promise<Uint8Array | undefined>
  /** Lets go of the source, at once. */
  readonly cancel: () => void
}

/** Reads a stream of any kind. */
export function readerOf(
  stream: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array | string>,
): ByteReader {
  if ('getReader' in stream) {
    const reader = stream.getReader()
    return {
      next: async () => toBytes((await reader.read()).value),
      cancel: () => void reader.cancel().catch(() => {}),
    }
  }
  const iterator = stream[Symbol.asyncIterator]()
  return {
    next: async () => toBytes((await iterator.next()).value),
    cancel: () => {
      // Node's streams would wait for their next piece first.
      ;(stream as { destroy?: () => void }).destroy?.()
      void iterator.return?.().catch(() => {})
    },
  }
}

function toBytes(piece: unknown): Uint8Array | undefined {
  if (typeof piece === 'string') return new TextEncoder().encode(piece)
  // Of any realm.
  if (piece === undefined || ArrayBuffer.isView(piece)) return piece as Uint8Array | undefined
  throw new TypeError('Streams of files must hold bytes or texts.')
}

const maxPieceLength = 65_536

/**
 * A stream that is read as slowly as it is asked for.
 *
 * @param total - in bytes, as far as it is known.
 * @param fail - told what the source or the listener throws.
 */
export function metered(
  { next, cancel }: ByteReader,
  total: number | undefined,
  onProgress: ProgressListener | undefined,
  fail: (error: Error) => void,
): ReadableStream<Uint8Array> {
  let loaded = 0
  let piece: Uint8Array | undefined
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          piece = piece?.length ? piece : await next()
          if (piece) {
            // A Blob in memory comes as a whole, which would be no progress.
            const bytes = piece.subarray(0, maxPieceLength)
            piece = piece.subarray(maxPieceLength)
            loaded += bytes.length
            controller.enqueue(bytes)
            // Browsers may hide that a length is that of a compressed body.
            onProgress?.({ loaded, total: total! >= loaded ? total : undefined })
          } else {
            controller.close()
            if (loaded !== total) onProgress?.({ loaded, total: loaded })
          }
        } catch (error) {
          fail(error as Error)
          throw error
        }
      },
      cancel,
    },
    { highWaterMark: 0 },
  )
}

/** An answer that tells how far it has been read. */
export function meteredAnswer(
  response: Response,
  onProgress: ProgressListener,
  fail: (error: Error) => void,
): Response {
  const { body, headers } = response
  if (!body) return response
  const total = Number(lengthOf(headers) ?? Number.NaN)
  return withBody(response, metered(readerOf(body), total, onProgress, fail))
}

/** An answer with another body. */
export function withBody(
  { status, statusText, headers }: Response,
  body: ReadableStream<Uint8Array>,
): Response {
  // Deno takes no headers of others' making.
  return new Response(body, { status, statusText, headers: [...headers] })
}
