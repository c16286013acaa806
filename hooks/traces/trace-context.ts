/** What a request belongs to, by W3C Trace Context. */
export interface TraceContext {
  readonly traceId: string
  /** The span in which the request was sent, `''` where nobody has said. */
  readonly parentId: string
}

/** Reads a `traceparent` header. What is not one begins a trace. */
export function traceContextOf(header: string): TraceContext {
  const isValid = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/.test(header)
  return isValid
    ? { traceId: header.slice(3, 35), parentId: header.slice(36, 52) }
    : { traceId: randomHex(32), parentId: '' }
}

/** Of that many digits, not all of them 0. */
export function randomHex(length: number): string {
  const digits = $security.randomStringWithAlphabet(length, '0123456789abcdef')
  return /[^0]/.test(digits) ? digits : randomHex(length)
}
