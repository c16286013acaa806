/** The bytes of an answer, as they come, for `for … of`; leaving the loop gives up the rest. */
export interface BlockingBody {
  /** The next pieces; waits for each. Throws where the answer is cut. */
  [Symbol.iterator](): Generator<Uint8Array, void, undefined>
}

/** What is different in a {@link BlockingResponse}. */
type Promising = 'arrayBuffer' | 'blob' | 'body' | 'bytes' | 'clone' | 'formData' | 'json' | 'text'

/** A `Response` without promises: what it reads, it waits for. Its body can be read once. */
export interface BlockingResponse extends Omit<Response, Promising> {
  /** The bytes, piece by piece. */
  readonly body: BlockingBody | null
  /** The body as an `ArrayBuffer`. */
  arrayBuffer(): ArrayBuffer
  /** The body as a `Blob` of its content type. */
  blob(): Blob
  /** The body's bytes. */
  bytes(): Uint8Array
  /** The body as JSON. */
  json(): any
  /** The body as text, which is UTF-8. */
  text(): string
}
