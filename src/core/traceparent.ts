/** The header of a new trace, sampled, with random ids: https://www.w3.org/TR/trace-context/ */
export function newTraceparent(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(24))
  const ids = Array.from(bytes, (byte) => (byte | 256).toString(16).slice(1)).join('')
  return `00-${ids.slice(0, 32)}-${ids.slice(32)}-01`
}
