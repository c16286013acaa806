import { cookieParse, cookieSerialize } from './cookie.ts'
import type { SerializeOptions } from './cookie.ts'
import { addListener } from '../core/listeners.ts'
import { getTokenPayload, isTokenExpired } from './token.ts'
import type { RecordModel } from '../schema/records.ts'

/** The record that is signed in; `null` for none. */
export type AuthRecord = RecordModel | null

/**
 * Older name of {@link AuthRecord}.
 *
 * @deprecated Use {@link AuthRecord}.
 */
export type AuthModel = AuthRecord

/** What {@link BaseAuthStore.onChange} calls. */
export type OnStoreChangeFunc = (token: string, record: AuthRecord) => void

const defaultCookieKey = 'pb_auth'

/** Browsers drop a longer cookie. */
const maxCookieBytes = 4096

/** Id of the superusers' collection, the same on every server. */
export const superusersId = 'pbc_3142635823'

/** Who is signed in: kept in memory, and the base of every store that keeps it elsewhere. */
export class BaseAuthStore<R = AuthRecord> {
  /** What {@link token} returns. Stores that keep it elsewhere set it. */
  protected baseToken = ''
  /** What {@link record} returns. */
  protected baseModel: R = null as R
  // `any`, so that a store of one schema's records is also a store of any records.
  private readonly listeners = new Set<(token: string, record: any) => void>()
  private readonly expiryListeners = new Set<(record: any) => void>()

  /** The token that requests carry; `''` for guests. */
  get token(): string {
    return this.baseToken
  }

  /** The record that is signed in: the same object until it changes. */
  get record(): R {
    return this.baseModel
  }

  /**
   * Older name of {@link record}.
   *
   * @deprecated Use {@link record}.
   */
  get model(): R {
    return this.record
  }

  /** Whether there is a token and this machine's clock says it has not expired. Asks no server. */
  get isValid(): boolean {
    return !isTokenExpired(this.token)
  }

  /** Whether the token is a superuser's. */
  get isSuperuser(): boolean {
    const { type, collectionId } = getTokenPayload(this.token)
    const name = (this.record as AuthRecord)?.collectionName
    return type === 'auth' && (name ? name === '_superusers' : collectionId === superusersId)
  }

  /**
   * Older name of {@link isSuperuser}.
   *
   * @deprecated Use {@link isSuperuser}.
   */
  get isAdmin(): boolean {
    return this.isSuperuser
  }

  /**
   * Whether the token is a record's that is no superuser.
   *
   * @deprecated Use `!isSuperuser`.
   */
  get isAuthRecord(): boolean {
    return getTokenPayload(this.token)['type'] === 'auth' && !this.isSuperuser
  }

  /** Signs in: keeps the token and its record, and tells the listeners. What one of them throws comes out of this call. */
  save(token: string, record?: R): void {
    this.baseToken = token || ''
    this.baseModel = record || (null as R)
    this.triggerChange()
  }

  /**
   * Signs out, here: servers have no session to end, and the token stays valid until it expires.
   * Tells the listeners; what one of them throws comes out of this call.
   */
  clear(): void {
    this.baseToken = ''
    this.baseModel = null as R
    this.triggerChange()
  }

  /**
   * Signs in from a `Cookie` header as {@link exportToCookie} writes it. A missing or malformed cookie signs out; it never
   * throws. What a cookie says is unverified until the server has been asked.
   */
  loadFromCookie(cookie: string, key: string = defaultCookieKey): void {
    const { token, record } = parseState<R>(cookieParse(cookie)[key])
    this.save(token, record)
  }

  /**
   * A `Set-Cookie` header with token and record: `Secure`, `HttpOnly`, `SameSite=Strict`, `Path=/`, and expiring with the
   * token unless `options` say otherwise. Over 4096 bytes the record shrinks to what says who it is: its id, email, collection and
   * whether it is verified. A long token alone can still be over.
   */
  exportToCookie(options?: SerializeOptions, key: string = defaultCookieKey): string {
    const { token } = this
    const record = this.record as AuthRecord
    const settings: SerializeOptions = {
      secure: true,
      sameSite: true,
      httpOnly: true,
      path: '/',
      expires: new Date((getTokenPayload(token)['exp'] ?? 0) * 1000),
      ...options,
    }
    const write = (content: unknown): string =>
      cookieSerialize(key, JSON.stringify({ token, record: content }), settings)
    const whole = write(record)
    if (!record || new TextEncoder().encode(whole).length <= maxCookieBytes) return whole
    const { id, email, collectionId, collectionName, verified } = record
    return write({ id, email, collectionId, collectionName, verified })
  }

  /**
   * Calls `callback` whenever someone signs in or out, or the record changes.
   *
   * @param fireImmediately - call it now as well.
   * @returns a function that removes the callback.
   */
  onChange(callback: (token: string, record: R) => void, fireImmediately = false): () => void {
    const remove = addListener(this.listeners, callback)
    if (fireImmediately) callback(this.token, this.record)
    return remove
  }

  /**
   * Calls `callback` when a session has ended that nobody has ended: the token could not be refreshed in time, or was revoked, and the
   * server has said so. By then the store is empty; `callback` gets the record that was signed in.
   *
   * @returns a function that removes the callback.
   */
  onExpired(callback: (record: R) => void): () => void {
    return addListener(this.expiryListeners, callback)
  }

  /** Tells the listeners. For stores that change without {@link save} and {@link clear}. */
  protected triggerChange(): void {
    callAll(this.listeners, this.token, this.record)
  }

  /** Tells the listeners of {@link onExpired}. Clients call it, after {@link clear}. */
  protected triggerExpired(record: R): void {
    callAll(this.expiryListeners, record)
  }
}

/** Keeps who is signed in in memory, until the process or the page ends. */
export class MemoryAuthStore<R = AuthRecord> extends BaseAuthStore<R> {}

/** Calls all, whatever one of them throws: that comes out in the end. */
function callAll<A extends unknown[]>(listeners: Iterable<(...args: A) => void>, ...args: A): void {
  const thrown: unknown[] = []
  for (const listener of Array.from(listeners)) {
    try {
      listener(...args)
    } catch (error) {
      thrown.push(error)
    }
  }
  if (thrown.length > 0) throw thrown[0]
}

/** Reads what stores keep: JSON with a token and a record. Anything else is nobody. */
export function parseState<R>(text: string | null | undefined): { token: string; record: R } {
  let state: { token?: unknown; record?: unknown; model?: unknown } | undefined
  try {
    state = JSON.parse(text!)
  } catch {
    // Nobody.
  }
  const { token, model, record = model } = state ?? {}
  const isRecord = typeof record === 'object' && !Array.isArray(record)
  return {
    token: typeof token === 'string' ? token : '',
    record: (isRecord ? record : null) as R,
  }
}
