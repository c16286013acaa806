/** How {@link cookieParse} reads values. */
export interface ParseOptions {
  /** Default: `decodeURIComponent`. A value that it throws for is kept as it is. */
  decode?: (val: string) => string
}

/** The attributes of a cookie. */
export interface SerializeOptions {
  /** Default: `encodeURIComponent`. */
  encode?: (val: string | number | boolean) => string
  /** Seconds. */
  maxAge?: number
  domain?: string
  path?: string
  expires?: Date
  httpOnly?: boolean
  secure?: boolean
  priority?: string
  /** `true` means `Strict`. */
  sameSite?: boolean | string
}

/** Reads a `Cookie` header. The first value of a repeated name counts. Malformed parts are left out; it never throws. */
export function cookieParse(str: string, options?: ParseOptions): { [key: string]: any } {
  const cookies = new Map<string, string>()
  for (const part of String(str ?? '').split(';')) {
    const [, name, quoted] = /^\s*([^=]+?)\s*=\s*(.*?)\s*$/s.exec(part) ?? []
    if (!name || cookies.has(name)) continue
    const value = quoted!.replace(/^"(.*)"$/s, '$1')
    try {
      cookies.set(name, (options?.decode ?? decodeURIComponent)(value))
    } catch {
      // Not ours, or broken on the way: as it is.
      cookies.set(name, value)
    }
  }
  return Object.fromEntries(cookies)
}

/**
 * Writes a `Set-Cookie` header.
 *
 * @throws TypeError for a name, value or attribute that would break out of its place.
 */
export function cookieSerialize(name: string, val: string, options: SerializeOptions = {}): string {
  const { encode = encodeURIComponent, maxAge, domain, path, expires, sameSite } = options
  const attributes: [name: string, value: unknown][] = [
    [name, encode(val)],
    ['Max-Age', maxAge && Math.floor(maxAge)],
    ['Domain', domain],
    ['Path', path],
    ['Expires', expires?.toUTCString()],
    ['HttpOnly', options.httpOnly],
    ['Secure', options.secure],
    ['Priority', capitalized(options.priority)],
    ['SameSite', sameSite === true ? 'Strict' : capitalized(sameSite)],
  ]
  return attributes
    .filter(([, value], index) => index === 0 || value || typeof value === 'number')
    .map(([key, value], index) => {
      const text = value === true ? key : `${key}=${value}`
      if (!/^[^=;\s]+(=[\t -:<-~\x80-\xff]*)?$/.test(text) || (index > 0 && /=(NaN|Invalid Date)$/.test(text))) {
        throw new TypeError(`A cookie cannot hold ${JSON.stringify(text)}.`)
      }
      return text
    })
    .join('; ')
}

function capitalized(word: string | boolean | undefined): string {
  return word ? String(word).replace(/^./, (first) => first.toUpperCase()) : ''
}
