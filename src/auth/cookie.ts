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
  /** Host that the cookie is sent to, with its subdomains. Default: the host that set it, alone. */
  domain?: string
  /** Where the cookie is sent: this path and all below. */
  path?: string
  /** When browsers forget it. Without this and `maxAge`: when they are closed. */
  expires?: Date
  /** Whether scripts of the page cannot read it. */
  httpOnly?: boolean
  /** Whether it is sent over HTTPS alone. */
  secure?: boolean
  /** `Low`, `Medium` or `High`, in any case: which cookies go first when there are too many. */
  priority?: string
  /** `true` means `Strict`. */
  sameSite?: boolean | string
}

/** Reads a `Cookie` header. The first value of a repeated name counts. Malformed parts are left out; it never throws. */
export function cookieParse(str: string, options?: ParseOptions): { [key: string]: any } {
  const cookies = new Map<string, string>()
  for (const part of typeof str === 'string' ? str.split(';') : []) {
    const [name = '', ...rest] = part.split('=')
    const key = name.trim()
    if (!key || rest.length === 0 || cookies.has(key)) continue
    const value = rest
      .join('=')
      .trim()
      .replace(/^"(.*)"$/s, '$1')
    try {
      cookies.set(key, (options?.decode ?? decodeURIComponent)(value))
    } catch {
      // Not ours, or broken on the way: as it is.
      cookies.set(key, value)
    }
  }
  return Object.fromEntries(cookies)
}

/**
 * Writes a `Set-Cookie` header.
 *
 * @throws TypeError for a name, value or attribute that is none, or would break out of its place.
 */
export function cookieSerialize(name: string, val: string, options: SerializeOptions = {}): string {
  const { maxAge, domain, path, expires, priority, sameSite } = options
  return [
    `${checked(name, /^[!-:<>-~\x80-\xff]+$/)}=${checked((options.encode ?? encodeURIComponent)(val))}`,
    maxAge != null && `Max-Age=${checked(Math.floor(maxAge), /^-?\d/)}`,
    domain && `Domain=${checked(domain)}`,
    path && `Path=${checked(path)}`,
    expires && `Expires=${checked(expires.toUTCString(), /GMT$/)}`,
    options.httpOnly && 'HttpOnly',
    options.secure && 'Secure',
    priority && `Priority=${checked(capitalized(priority), /^(Low|Medium|High)$/)}`,
    sameSite &&
      `SameSite=${checked(capitalized(sameSite), /^(True|Strict|Lax|None)$/).replace('True', 'Strict')}`,
  ]
    .filter(Boolean)
    .join('; ')
}

/** A text that stays in its place: by default anything that a header can hold but the semicolon, which would end it. */
function checked(value: string | number, pattern = /^[\t -:<-~\x80-\xff]*$/): string {
  if (pattern.test(String(value))) return String(value)
  throw new TypeError(`A cookie cannot hold ${JSON.stringify(value)}.`)
}

function capitalized(word: string | true): string {
  return String(word)
    .toLowerCase()
    .replace(/^./, (first) => first.toUpperCase())
}
