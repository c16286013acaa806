/** What a request belongs to, by W3C Trace Context. */
export interface TraceContext {
  readonly traceId: string
  /** The span in which the request was sent, `''` where nobody has said. */
  readonly parentId: string
}

/** Reads a `traceparent` header. What is not one begins a trace. */
export function traceContextOf(header: string): TraceContext {
  const [, traceId = '', parentId = ''] =
    /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/.exec(header) ?? []
  const isValid = /[^0]/.test(traceId) && /[^0]/.test(parentId)
  return isValid ? { traceId, parentId } : { traceId: randomHex(32), parentId: '' }
}

/** A multiple of 8 digits. They tell requests apart, and need not be secret: this is ten times as fast as what would be. */
export function randomHex(length: number): string {
  let digits = ''
  // Never 0, so that not all digits are.
  while (digits.length < length) {
    const number = 1 + Math.floor(Math.random() * (2 ** 32 - 1))
    digits += number.toString(16).padStart(8, '0')
  }
  return digits
}
