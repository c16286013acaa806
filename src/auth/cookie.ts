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
  const cookies: { [key: string]: string } = {}
  const decode = options?.decode ?? decodeURIComponent
  for (const part of String(str ?? '').split(';')) {
    const equals = part.indexOf('=')
    if (equals < 0) continue
    const name = part.slice(0, equals).trim()
    if (!name || Object.hasOwn(cookies, name)) continue
    let value = part.slice(equals + 1).trim()
    if (/^".*"$/.test(value)) value = value.slice(1, -1)
    try {
      value = decode(value)
    } catch {
      // Not ours, or broken on the way: as it is.
    }
    // Not by assignment: a cookie may be called __proto__.
    Object.defineProperty(cookies, name, { value, enumerable: true, writable: true, configurable: true })
  }
  return cookies
}

/**
 * Writes a `Set-Cookie` header.
 *
 * @throws TypeError for a name, value or attribute that would break out of its place.
 */
export function cookieSerialize(name: string, val: string, options: SerializeOptions = {}): string {
  const { maxAge, domain, path, expires, httpOnly, secure, priority, sameSite } = options
  const value = (options.encode ?? encodeURIComponent)(val)
  const parts = [`${token(name, 'name')}=${value && token(value, 'value')}`]
  const add = (attribute: string, text: string | undefined | false): void => {
    if (text) parts.push(`${attribute}=${token(text, attribute)}`)
  }
  if (maxAge !== undefined && maxAge !== null) {
    if (!Number.isFinite(Number(maxAge))) throw new TypeError('A cookie: maxAge is not a number.')
    parts.push(`Max-Age=${Math.floor(maxAge)}`)
  }
  add('Domain', domain)
  add('Path', path)
  if (expires) {
    if (Number.isNaN(expires.getTime?.() ?? Number.NaN)) {
      throw new TypeError('A cookie: expires is not a valid Date.')
    }
    parts.push(`Expires=${expires.toUTCString()}`)
  }
  if (httpOnly) parts.push('HttpOnly')
  if (secure) parts.push('Secure')
  add('Priority', priority && capitalized(priority))
  add('SameSite', sameSite === true ? 'Strict' : sameSite && capitalized(sameSite))
  return parts.join('; ')
}

function token(text: string, what: string): string {
  if (!/^[\t\x20-\x3a\x3c-\x7e\x80-\xff]+$/.test(text) || (what === 'name' && /[=\s]/.test(text))) {
    throw new TypeError(`A cookie: the ${what} ${JSON.stringify(text)} holds characters it must not.`)
  }
  return text
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1).toLowerCase()
}
