/** A record id as servers make them: 15 random characters of `[a-z0-9]`. */
export function createId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(15))
  return Array.from(bytes, (byte) => (byte % 36).toString(36)).join('')
}
