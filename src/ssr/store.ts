import { BaseAuthStore, cookieSerialize, getTokenPayload } from '../index.ts'
import type { AuthRecord } from '../index.ts'
import { readSource } from './source.ts'
import type { CookieAttributes, Cookies, CookieSource } from './source.ts'

/** How a {@link CookieAuthStore} writes. */
export interface CookieAuthStoreOptions {
  /** Name of the cookie; further ones are called `name.1`, `name.2` and so on. Default `pb_auth`. */
  name?: string | undefined
  /** Host that cookies are sent to, with its subdomains. Default: the host that set them, alone. */
  domain?: string | undefined
  /** Default `/`. */
  path?: string | undefined
  /** Default `lax`: sent along when somebody follows a link from another site, and not with another site's forms and scripts. */
  sameSite?: CookieAttributes['sameSite'] | undefined
  /**
   * Whether cookies are sent over HTTPS alone. Default: yes, unless the request came to `localhost`, `127.0.0.1` or `[::1]` without TLS,
   * which some browsers store no such cookie for.
   */
  secure?: boolean | undefined
  /** Whether the page's scripts cannot read them. Default true. */
  httpOnly?: boolean | undefined
  /**
   * Fields of the record that cookies hold, besides `id`, `collectionId` and `collectionName`: `[]` for no others. Default: all. A
   * browser sends its cookies with every request, and many servers refuse over 8 or 16 kB of them.
   */
  fields?: readonly string[] | undefined
}

/** Browsers drop a longer cookie. */
const maxCookieBytes = 4096

/** A token, in shape. Anything else could not be sent either. */
const tokenPattern = /^[\w-]+\.[\w-]+\.[\w-]*$/

/**
 * Who is signed in, in the cookies of one request: read when the store is made, and written when somebody signs in or out, the
 * token is refreshed, or the record has changed. Make one for each request, see {@link serverClient}.
 *
 * The cookie is the official client's, and each reads what the other writes. What is longer than browsers take is divided among
 * cookies of its own (`pb_auth.1` …), which the official client does not read.
 *
 * What a cookie says is unverified, the record above all, until the server has been asked: see {@link verifyAuth}. A missing, malformed
 * or broken one means that nobody is signed in; it never throws. A record that is not the token's is left out.
 */
export class CookieAuthStore<R = AuthRecord> extends BaseAuthStore<R> {
  private readonly options: CookieAuthStoreOptions
  private readonly cookies: Cookies
  /** What the browser holds, as far as is known: one text, in so many cookies. */
  private held: string
  private heldCount = 0
  private heldToken: string

  /**
   * @param source - the request, its `Headers` or `Cookie` header: then {@link attach} writes the cookies. Or a cookie jar, which gets
   * them at once.
   */
  constructor(source: CookieSource, options: CookieAuthStoreOptions = {}) {
    super()
    this.options = options
    this.cookies = readSource(source)
    this.held = this.read()
    this.loadFromCookie(`pb_auth=${encodeURIComponent(this.held)}`)
    this.distrust()
    this.heldToken = this.token
    if (this.cookies.set) this.onChange(() => this.write())
  }

  /**
   * The `Set-Cookie` headers of the answer: none when the browser holds what it should. They expire with the token; signing out
   * removes all that there were. With a cookie jar none is left to set.
   *
   * @throws TypeError for a `name`, `domain` or `path` that no header can hold.
   */
  setCookieHeaders(): string[] {
    return this.changes().map((cookie) => cookieSerialize(...cookie))
  }

  /**
   * Adds {@link setCookieHeaders} to the answer, once, when all that may change them has happened: headers go out before the body.
   *
   * @param target - an answer, or the headers of one.
   * @returns the same; of an answer whose headers cannot be changed, such as one that `fetch` returned, a copy with its body.
   */
  attach<T extends Response | Headers>(target: T): T {
    const cookies = this.setCookieHeaders()
    if (cookies.length === 0) return target
    if (!('headers' in target)) {
      append(target, cookies)
      return target
    }
    try {
      append(target.headers, cookies)
      return target
    } catch {
      const copy = new Response(target.body, target)
      append(copy.headers, cookies)
      return copy as T
    }
  }

  /** The request's text: of as many cookies as make one. */
  private read(): string {
    let text = ''
    let whole: string | undefined
    for (;;) {
      const value = this.cookies.get(this.nameOf(this.heldCount))
      const part = typeof value === 'string' ? value : value?.value
      if (part == null) return whole ?? text
      this.heldCount += 1
      text += part
      // Another program may have written one cookie, and left the others of a longer text.
      if (whole === undefined && isJson(text)) whole = text
    }
  }

  /** Lets go of what no server has said: a text that is no token, a record of somebody else. */
  private distrust(): void {
    const { token } = this
    const { type, id, collectionId } = getTokenPayload(token)
    const isToken =
      tokenPattern.test(token) && type === 'auth' && typeof id === 'string' && isName(collectionId)
    const { record } = this as { record: AuthRecord }
    const isSame = record?.id === id && record?.collectionId === collectionId
    if (!isToken) this.baseToken = ''
    if (!isToken || !isSame) this.baseModel = null as R
  }

  /** What the browser should hold; `''` for nobody. */
  private text(): string {
    const { token } = this
    const { fields } = this.options
    let record = this.record as AuthRecord
    if (record && fields) {
      const kept = new Set(['collectionId', 'collectionName', 'id', ...fields])
      record = Object.fromEntries(
        Object.entries(record).filter(([name]) => kept.has(name)),
      ) as NonNullable<AuthRecord>
    }
    return token && JSON.stringify({ token, record })
  }

  /** The cookies to set: all of them or none, as they expire together. */
  private changes(): [name: string, value: string, attributes: CookieAttributes][] {
    const text = this.text()
    if (text === this.held) return []
    const attributes = this.attributes()
    // Cookie jars may write `Expires` besides `Max-Age`, as Next.js's does.
    const settings = { ...attributes, expires: new Date() }
    const spaceBytes = maxCookieBytes - cookieSerialize(this.nameOf(999), '', settings).length
    const parts = divide(text, spaceBytes)
    const count = Math.max(parts.length, this.heldCount)
    return Array.from({ length: count }, (_, index) => {
      const part = parts[index]
      if (part === undefined) return [this.nameOf(index), '', { ...attributes, maxAge: 0 }]
      return [this.nameOf(index), part, attributes]
    })
  }

  private attributes(): CookieAttributes {
    const { path = '/', httpOnly = true, sameSite = 'lax', domain, secure } = this.options
    const lifetimeS = Math.floor((getTokenPayload(this.token)['exp'] ?? 0) - Date.now() / 1000)
    return {
      path,
      httpOnly,
      secure: secure ?? !this.cookies.isLocal,
      sameSite,
      ...(domain && { domain }),
      // This machine's clock may be wrong about a token that the server has just given.
      ...(lifetimeS > 0 && { maxAge: lifetimeS }),
    }
  }

  /** Hands the cookies to the jar. */
  private write(): void {
    const changes = this.changes()
    try {
      for (const cookie of changes) this.cookies.set!(...cookie)
    } catch (error) {
      // Too late for this answer. The next request gets a new token again; but who signs in or out must know.
      if (this.token && ownerOf(this.token) === ownerOf(this.heldToken)) return
      throw error
    }
    this.held = this.text()
    this.heldToken = this.token
    this.heldCount = Math.max(this.heldCount, changes.length)
  }

  private nameOf(index: number): string {
    const { name = 'pb_auth' } = this.options
    return index === 0 ? name : `${name}.${index}`
  }
}

/** Whom a token is about. */
function ownerOf(token: string): string {
  const { id, collectionId } = getTokenPayload(token)
  return `${collectionId}/${id}`
}

function append(headers: Headers, cookies: readonly string[]): void {
  for (const cookie of cookies) headers.append('set-cookie', cookie)
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && /^[\w-]+$/.test(value)
}

/** Whether a text is JSON; the beginning of an object's is not. */
function isJson(text: string): boolean {
  try {
    return text.endsWith('}') && !!JSON.parse(text)
  } catch {
    return false
  }
}

/** Divides a text into as few parts as take no more than so many bytes each, encoded. */
function divide(text: string, maxBytes: number): string[] {
  const parts: string[] = []
  let size = Infinity
  // By whole characters: each part is decoded by itself.
  for (const character of text) {
    const bytes = encodeURIComponent(character).length
    size += bytes
    if (size > maxBytes) {
      parts.push('')
      size = bytes
    }
    parts[parts.length - 1] += character
  }
  return parts
}
