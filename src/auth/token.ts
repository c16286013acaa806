/** The claims of a token, unverified; `{}` when it is not one. */
export function getTokenPayload(token: string): { [key: string]: any } {
  try {
    const claims = token.split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/')
    const bytes = Uint8Array.from(atob(claims), (char) => char.charCodeAt(0))
    return (JSON.parse(new TextDecoder().decode(bytes)) ?? {}) as { [key: string]: any }
  } catch {
    return {}
  }
}

/** Whose token it is; `''` for guests. */
export function identityOf(token: string): string {
  const { id, collectionId } = getTokenPayload(token)
  return id ? `${collectionId}/${id}` : token
}

/**
 * Whether a token has expired, or is none. Looks at its `exp` claim and this machine's clock; asks nobody.
 *
 * @param expirationThreshold - seconds before its end from which it counts as expired.
 */
export function isTokenExpired(token: string, expirationThreshold = 0): boolean {
  const claims = getTokenPayload(token)
  const isToken = Object.keys(claims).length > 0
  return !isToken || (claims['exp'] || Infinity) - expirationThreshold <= Date.now() / 1000
}
