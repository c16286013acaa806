import { decode, isFailure } from './answer.ts'
import { isOnce, isUpload, prepareBody } from './body.ts'
import { Call } from './call.ts'
import { apiError } from './errors.ts'
import type { ClientResponseError } from './errors.ts'
import { exchange } from './exchange.ts'
import type { Middleware } from './exchange.ts'
import { FilterText } from './filter.ts'
import { FilterWriter } from './filter-writer.ts'
import { mergeHeaders } from './headers.ts'
import type { HeaderRecord } from './headers.ts'
import { defaultKey, expects, normalizeUnknownQueryParams, reads, repeatable } from './options.ts'
import type { FetchFunction, SendOptions } from './options.ts'
import { withQuery } from './query.ts'
import { retryDelayMs } from './retry.ts'
import type { RetryOptions } from './retry.ts'
import { newTraceparent } from './traceparent.ts'

/** What a `beforeSend` hook answers: what it wants changed. */
export interface BeforeSendResult {
  [key: string]: any
  /** Where the request goes instead. */
  url?: string
  /** The options to go on with instead. */
  options?: { [key: string]: any }
}

/** What the engine reads from the client, at every call, because applications change these. */
export interface TransportHost {
  baseURL: string
  lang: string
  authStore: {
    readonly token: string
    readonly ready?: Promise<void> | undefined
    onChange?(callback: () => void): () => void
  }
  beforeSend?:
    | ((
        url: string,
        options: SendOptions,
      ) => BeforeSendResult | void | Promise<BeforeSendResult | void>)
    | undefined
  afterSend?: ((response: Response, data: any, options: SendOptions) => any) | undefined
  buildURL(path: string): string
}

/** Whose requests they are, and what keeps the token good. */
export interface TransportSession {
  readonly identity: string
  readonly isValid: boolean
  readonly failure: unknown
  readonly ended: string
  confirm(token: string, headers: Headers | undefined): void
  freshen(): Promise<boolean> | undefined
  renew(): Promise<boolean> | undefined
}

/** Settings of every call of a client. */
export interface TransportOptions {
  /** Sends every request, instead of the global `fetch`. */
  fetch?: FetchFunction | undefined
  /** Sent with every request. */
  headers?: HeadersInit | undefined
  /** Longest silence of the server in milliseconds, 0 for none. Default 30,000; calls with file bodies have none. */
  timeout?: number | undefined
  /** How often, and how, failed calls are sent again where that is safe. Default: not at all. */
  retry?: number | RetryOptions | undefined
  /** Cancels every call of the client. */
  signal?: AbortSignal | undefined
  /** The request key of every call; `null`: no call is cancelled by a newer one. */
  requestKey?: string | null | undefined
  /**
   * A call refreshes the token first when it has less than this left, in seconds; of a token that is new, never sooner than in the last
   * quarter of its life, and of a superuser's when it has less than a quarter of this left. Default 86,400 (a day); 0: tokens are not
   * refreshed.
   */
  autoRefreshThreshold?: number | undefined
  /** Whether calls are refused while nobody is signed in, instead of being answered as a guest's. Default false. */
  requireAuth?: boolean | undefined
  /** Whether a newer read with the same method and path cancels the older one. Default true. */
  autoCancellation?: boolean | undefined
  /**
   * Whether every request is a trace of its own, by the W3C's header `traceparent`: servers with the hooks pack, and proxies, note its id.
   * A header of that name in `headers` wins. Default false.
   */
  traceparent?: boolean | undefined
  /**
   * The server's version in full, for example `'0.40.4'`; anything else is as good as none. It decides how filters are written,
   * at the base URL that the client is made with, and must change with the server: a wrong one lets values leave their quotes.
   */
  serverVersion?: string | undefined
}

/** Paths of calls that sign in, or need nobody signed in. */
const signsIn = /^\/api\/collections\/[^/]+\/(auth-|request-[opv]|confirm-)[^/]+$/

/** Builds requests, sends them, and reads the answers or raises. Knows HTTP, and no endpoint. */
export class Transport {
  readonly #host: TransportHost
  readonly options: TransportOptions
  readonly #session: TransportSession
  readonly #pending = new Set<Call>()
  readonly filters: FilterWriter
  #isClosed = false
  readonly middleware = new Set<Middleware>()
  declare autoCancellation: boolean

  constructor(host: TransportHost, options: TransportOptions, session: TransportSession) {
    this.#host = host
    this.#session = session
    this.options = options
    this.autoCancellation = options.autoCancellation ?? true
    this.filters = new FilterWriter(host, options.serverVersion, (path, own) =>
      this.send(path, own),
    )
  }

  async send<T>(path: string, given: SendOptions = {}): Promise<T> {
    const options: SendOptions = { ...given }
    normalizeUnknownQueryParams(options)
    const { $autoCancel, $cancelKey = $autoCancel === false ? null : this.options.requestKey } =
      options
    const { requestKey = $cancelKey, signal, retry = this.options.retry ?? 0 } = options
    const method = (options.method ||= 'GET')
    const key = requestKey === undefined ? (options[defaultKey] ?? `${method} ${path}`) : requestKey
    const call = new Call(key, method, path.replace(/[?#].*/s, ''))
    // A write that the server may have done is never reported as cancelled, unless its caller asked for that.
    if (requestKey || (requestKey === undefined && call.isRead && this.autoCancellation)) {
      this.cancel(
        key,
        'A newer call with the same requestKey replaced it; requestKey: null keeps both.',
      )
    }
    this.#pending.add(call)
    call.follow(signal)
    call.follow(this.options.signal)
    if (this.#isClosed) call.stop('The client is closed.')
    try {
      for (let attempt = 0; ; attempt++) {
        try {
          return (await this.#attempt(call, path, options)) as T
        } catch (error) {
          if (call.stopped || call.isOnce) throw error
          if (
            (error as ClientResponseError).status === 401 &&
            (await this.#isRenewed(call, options.timeout))
          ) {
            attempt--
            continue
          }
          await call.pause(retryDelayMs(error, attempt, retry, options[repeatable] ?? call.isRead))
        }
      }
    } finally {
      call.end()
      this.#pending.delete(call)
    }
  }

  /** Cancels the pending calls of a request key, or all. */
  cancel(key?: string | null, reason = 'Cancelled.'): void {
    for (const call of this.#pending) if (key === undefined || call.key === key) call.stop(reason)
  }

  /** Cancels what is pending; later calls are refused. */
  close(): void {
    this.#isClosed = true
    this.cancel()
  }

  async #attempt(call: Call, path: string, given: SendOptions): Promise<unknown> {
    const host = this.#host
    const { lang, authStore } = host
    if (authStore.ready) await call.run(() => authStore.ready)
    const server = this.filters.now()
    let url = host.buildURL(path)
    const body = prepareBody(given.body)
    call.isOnce = isOnce(body)
    const headers = mergeHeaders(
      {
        'Content-Type': isUpload(body) ? '' : 'application/json',
        'Accept-Language': lang,
        Authorization: authStore.token,
        traceparent: this.options.traceparent ? newTraceparent() : '',
      },
      this.options.headers,
      given.headers,
    )
    // A call may bring a token of its own, or want none.
    const named = Object.keys(headers).find((name) => /^authorization$/i.test(name))
    if ((named ? headers[named] : '') === authStore.token) {
      const identified = this.#identify(call, given, headers, named)
      if (identified) await identified
    }
    let options: SendOptions = { ...given, body, headers }
    if (host.beforeSend) {
      // Hooks may change it in place, and it can be the caller's own.
      if (options.query) options.query = { ...options.query }
      const result = (await call.run(() => host.beforeSend!(url, options))) ?? {}
      url = result.url || url
      // Older hooks return the options themselves.
      options = result.options ?? (result['headers'] ? result : options)
      call.isOnce ||= isOnce(options.body)
    }
    if (options.query) {
      const query = { ...options.query }
      for (const key in query) {
        const value = query[key]
        if (value instanceof FilterText) {
          query[key] = await call.run(() =>
            this.filters.textFor(server, value.parts, options.fetch),
          )
        }
        if (Array.isArray(value) && /^(expand|fields|sort)$/.test(key)) query[key] = value.join()
      }
      url = withQuery(url, query)
    }
    call.details.url = url

    const read = given[reads]
    const { response, text } = await exchange(call, url, options, read, this)
    if (call.isBound) this.#endForeign(call)
    if (call.stopped) throw call.stopped
    if (read && !isFailure(response)) return text
    const shape = given[expects]
    if (shape && response.ok) this.filters.learn(server, response, text)

    const data: any = decode(response, text, shape, call.details)
    if (shape === 'token' && response.ok) this.#session.confirm(data.token, response.headers)
    const result: unknown = host.afterSend
      ? await call.run<unknown>(() => host.afterSend!(response, data, options) as unknown)
      : data
    if (!isFailure(response)) return result
    const { status, statusText } = response
    throw apiError({
      ...call.details,
      status,
      headers: response.headers,
      message: statusText,
      response: result ?? {},
      // Servers look for these names in the whole text.
      hint:
        status === 403 && /%40(request|collection)\./.test(url)
          ? 'Values must not hold it either.'
          : '',
    })
  }

  /** Sends the call in the name of whoever is signed in, with a token that is good for a while. */
  #identify(
    call: Call,
    given: SendOptions,
    headers: HeaderRecord,
    named = 'Authorization',
  ): Promise<void> | undefined {
    const session = this.#session
    const { authStore } = this.#host
    const { path } = call.details
    // Read also before a sign-in: its token is a new one then.
    const { identity } = session
    const isRefresh = path.endsWith('/auth-refresh')
    const isSignIn = signsIn.test(path)
    if (isSignIn && !isRefresh) return undefined
    if (call.identity === undefined) {
      call.identity = identity
      // Realtime changes its stream itself.
      call.isBound = isRefresh || (call.isRead && path !== '/api/realtime')
      // Stand-ins for stores may have less.
      if (identity && call.isBound) {
        call.onEnd(authStore.onChange?.(() => this.#endForeign(call)))
      }
    }
    const go = (): void => {
      this.#endForeign(call)
      if (call.stopped) throw call.stopped
      if (isSignIn) return
      // It would be answered as a guest's.
      if (session.failure) throw session.failure as Error
      const { token } = authStore
      // Topics of realtime have rules of their own.
      const isDemanding = given.requireAuth ?? this.options.requireAuth
      if (isDemanding && !session.isValid && path !== '/api/realtime') {
        const message = token ? 'The session has expired.' : 'Nobody is signed in.'
        throw apiError({ ...call.details, status: 401, message })
      }
      call.token = headers[named] = token
      if (!token) delete headers[named]
    }
    const renewing = isSignIn ? undefined : session.freshen()
    if (renewing) return call.run(() => renewing, given.timeout).then(go)
    go()
    return undefined
  }

  /** Ends a call that was asked in another name. Whose session the server has ended goes on as a guest. */
  #endForeign(call: Call): void {
    const { identity, ended } = this.#session
    if (call.identity && identity !== call.identity && (identity || ended !== call.identity))
      call.stop('Who is signed in has changed.')
  }

  /** Whether a call whose token was refused can be sent again, once. */
  async #isRenewed(call: Call, timeout: number | undefined): Promise<boolean> {
    const { token } = call
    if (!token) return false
    call.token = ''
    const { authStore } = this.#host
    if (authStore.token !== token) return !!authStore.token
    const renewing = this.#session.renew()
    return !!renewing && call.run(() => renewing, timeout)
  }
}
