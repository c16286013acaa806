import { cookieParse } from '../index.ts'

/** The attributes of a cookie, as the cookie jars of frameworks take them. */
export interface CookieAttributes {
  /** Where it is sent: this path and all below. */
  path: string
  /** Whether scripts of the page cannot read it. */
  httpOnly: boolean
  /** Whether it is sent over HTTPS alone. */
  secure: boolean
  /** With which requests of other sites it is sent. */
  sameSite: 'lax' | 'strict' | 'none'
  /** Host that it is sent to, with its subdomains. Missing: the host that set it, alone. */
  domain?: string
  /** Seconds; 0 removes the cookie. Missing: until the browser is closed. */
  maxAge?: number
}

/**
 * The cookies of a request and of its answer in one object, as frameworks have it: Next.js's `await cookies()`, SvelteKit's
 * `event.cookies`, Astro's `context.cookies`.
 */
export interface CookieJar {
  /** The value of a cookie of the request, decoded, or an object that holds it. */
  get(name: string): string | { readonly value: string } | null | undefined
  /** Writes a cookie of the answer, and encodes its value. May throw where that is too late. */
  set(name: string, value: string, attributes: CookieAttributes): unknown
  /**
   * Whether the page was asked for at this machine itself, without TLS; then cookies are not `Secure` by default. {@link nodeCookies}
   * and {@link nextCookies} know; missing means no.
   */
  readonly isLocal?: boolean | undefined
}

/** What is read of a `Headers` object. */
export interface HeadersLike {
  /** The value of a header. */
  get(name: string): string | null
  /** Tells headers from cookie jars; it is not called. */
  append(name: string, value: string): void
}

/**
 * Where the cookies of a request are: a `Request`, its `Headers`, the text of its `Cookie` header (empty or missing for none), or a
 * {@link CookieJar}.
 */
export type CookieSource =
  | CookieJar
  | HeadersLike
  | { readonly headers: HeadersLike }
  | string
  | null
  | undefined

/** A {@link CookieSource} as the store uses it: without `set` where an answer is yet to be made. */
export interface Cookies extends Pick<CookieJar, 'get' | 'isLocal'> {
  readonly set?: CookieJar['set']
}

/** Reads a {@link CookieSource}. */
export function readSource(source: CookieSource): Cookies {
  if (source != null && typeof source === 'object') {
    // Astro's jar has a method called `headers`.
    const headers = 'get' in source ? source : source.headers
    if (!('append' in headers)) return headers
    return fromHeaders((name) => headers.get(name))
  }
  return fromHeaders((name) => (name === 'cookie' ? source : undefined))
}

/** The cookies that a request's headers tell, by lower-case name. */
export function fromHeaders(header: (name: string) => string | null | undefined): Cookies {
  const values: { [name: string]: string } = cookieParse(header('cookie') ?? '')
  return { get: (name) => values[name], isLocal: isLocal(header) }
}

/**
 * Whether a request came to this machine's own name without TLS. Where a proxy keeps the public name to itself, `localhost` may
 * be what the world calls `https://example.com`: what tells of that is heeded.
 */
export function isLocal(header: (name: string) => string | null | undefined): boolean {
  const host = header('host') ?? ''
  const isLoopback = /^(([\w-]+\.)*localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/i.test(host)
  const told = ['origin', 'forwarded', 'x-forwarded-proto'].map(header)
  return isLoopback && !/https/i.test(told.join())
}
