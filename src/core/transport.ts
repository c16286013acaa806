import { decode, readBody } from './answer.ts'
import { isJSON, isStream, isUpload, toFormDataIfNeeded, toJSON } from './body.ts'
import { Call } from './call.ts'
import { AbortError, NetworkError } from './errors.ts'
import type { ApiError, ClientResponseError } from './errors.ts'
import { FilterText, render } from './filter.ts'
import { headerName, mergeHeaders } from './headers.ts'
import type { HeaderRecord } from './headers.ts'
import type { Syntax } from './literal.ts'
import { expects, normalizeUnknownQueryParams, repeatable } from './options.ts'
import type { FetchFunction, SendOptions, Shape } from './options.ts'
import { serializeQueryParams } from './query.ts'
import { retryDelayMs } from './retry.ts'
import type { RetryOptions } from './retry.ts'

/** Silence that ends a request for data. */
const defaultTimeoutMs = 30_000

/** What a `beforeSend` hook answers: what it wants changed. */
export interface BeforeSendResult {
  [key: string]: any
  url?: string
  options?: { [key: string]: any }
}

/** What the engine reads from the client, at every call, because applications change these. */
export interface TransportHost {
  lang: string
  authStore: { readonly token: string; readonly ready?: Promise<void> | undefined }
  beforeSend?: ((url: string, options: SendOptions) => BeforeSendResult | Promise<BeforeSendResult>) | undefined
  afterSend?: ((response: Response, data: any, options: SendOptions) => any) | undefined
  buildURL(path: string): string
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
  /** Whether a newer read with the same method and path cancels the older one. Default true. */
  autoCancellation?: boolean | undefined
  /** The server's version, for example `'0.40.4'`, where it is known: saves the question how it reads filters. */
  serverVersion?: string | undefined
}

/** A request on its way out. A middleware hands `next` this one, changed or not, or another. */
export interface OutgoingRequest {
  readonly url: string
  readonly init: RequestInit & { method: string; headers: HeaderRecord }
}

/** Wraps every attempt to send a request: what it returns is read as the answer. */
export type Middleware = (
  request: OutgoingRequest,
  next: (request: OutgoingRequest) => Promise<Response>,
) => Promise<Response>

/** Builds a request, sends it, and reads the answer or raises. Knows HTTP, and no endpoint but one (see `askSyntax`). */
export class Transport {
  readonly #host: TransportHost
  readonly #options: TransportOptions
  readonly #pending = new Set<Call>()
  /** The newest call of each request key, while it is pending. */
  readonly #newest = new Map<string, Call>()
  middleware: readonly Middleware[] = []
  autoCancellation: boolean
  #isClosed = false
  #syntax: { base: string; syntax: Syntax | undefined; asked?: Promise<Syntax | undefined> }

  constructor(host: TransportHost, options: TransportOptions) {
    this.#host = host
    this.#options = options
    this.autoCancellation = options.autoCancellation ?? true
    this.#syntax = { base: host.buildURL(''), syntax: syntaxOf(options.serverVersion) }
  }

  /** How the server reads filters, if that is known. It is forgotten when the base URL changes. */
  get syntax(): Syntax | undefined {
    const base = this.#host.buildURL('')
    if (base !== this.#syntax.base) this.#syntax = { base, syntax: undefined }
    return this.#syntax.syntax
  }

  async send<T>(path: string, given: SendOptions = {}): Promise<T> {
    const options: SendOptions = { ...given }
    normalizeUnknownQueryParams(options)
    const method = (options.method ||= 'GET')
    const isRead = method === 'GET' || method === 'HEAD'
    const retry = options.retry ?? this.#options.retry
    const call = this.#start(path, isRead, options)
    try {
      for (let attempt = 0; ; attempt++) {
        try {
          return await this.#attempt(call, path, options)
        } catch (error) {
          const canRepeat = isRead || options[repeatable] === true
          const delayMs = call.isStopped ? undefined : retryDelayMs(error, attempt, retry, canRepeat)
          if (delayMs === undefined) throw error
          await call.pause(delayMs)
        }
      }
    } finally {
      call.end()
      this.#pending.delete(call)
      if (this.#newest.get(call.key) === call) this.#newest.delete(call.key)
    }
  }

  /** Cancels the pending calls of a request key, or all. */
  cancel(key?: string): void {
    for (const call of this.#pending) {
      if (key === undefined || call.key === key) call.stop('It was cancelled.')
    }
  }

  /** Cancels what is pending; later calls are refused. */
  close(): void {
    this.#isClosed = true
    this.cancel()
  }

  /** The text of a filter in the server's syntax. Asks the server for it where it matters and nothing has told. */
  async writeFilter(filter: FilterText): Promise<string> {
    return render(filter.parts, filter.needsSyntax ? (this.syntax ?? (await this.#askSyntax())) : 'new')
  }

  #start(path: string, isRead: boolean, options: SendOptions): Call {
    const given = options.requestKey === undefined ? this.#options.requestKey : options.requestKey
    const named = given ?? options.$cancelKey
    const isKept = given === null || options.$autoCancel === false
    const key = isKept ? '' : (named ?? `${options.method} ${path}`)
    const call = new Call(key, options.method!, path.replace(/[?#].*/s, ''))
    // A write that the server may have done is never reported as cancelled, unless its caller asked for that.
    if (key && (named || (isRead && this.autoCancellation))) {
      const reason = `A newer call with the request key ${JSON.stringify(key)} replaced it; requestKey: null keeps both.`
      this.#newest.get(key)?.stop(reason)
      this.#newest.set(key, call)
    }
    this.#pending.add(call)
    call.follow(options.signal)
    call.follow(this.#options.signal)
    if (this.#isClosed) call.stop('The client is closed.')
    return call
  }

  async #attempt(call: Call, path: string, given: SendOptions): Promise<any> {
    const host = this.#host
    if (host.authStore.ready) await call.wait(host.authStore.ready)
    let url = host.buildURL(path)
    const body = isJSON(given.body) ? toFormDataIfNeeded(given.body) : given.body
    let options: SendOptions = { ...given, body, headers: this.#headers(given.headers, body) }
    if (host.beforeSend) {
      const result = { ...(await call.wait(Promise.resolve(host.beforeSend(url, options)))) }
      url = result.url || url
      // Older hooks return the options themselves.
      if (result.options) options = result.options
      else if (result.url === undefined && Object.keys(result).length > 0) options = result
    }
    const query = options.query && serializeQueryParams(await this.#resolve(call, options.query))
    if (query) url += (url.includes('?') ? '&' : '?') + query
    call.details.url = url
    call.details.hasFields = /[?&]fields=/.test(url)

    const { response, data, error } = await this.#exchange(call, url, options, given[expects])
    const changed = host.afterSend
      ? await call.wait(Promise.resolve(host.afterSend(response, data, options)))
      : data
    if (!error) return changed
    error.response = changed ?? {}
    throw error
  }

  #headers(given: HeadersInit | undefined, body: unknown): HeaderRecord {
    const headers = mergeHeaders(mergeHeaders({}, this.#options.headers), given)
    const add = (name: string, value: string): void => {
      if (value && !headerName(headers, name)) headers[name] = value
    }
    if (!isUpload(body)) add('Content-Type', 'application/json')
    add('Accept-Language', this.#host.lang)
    add('Authorization', this.#host.authStore.token)
    return headers
  }

  /** Query values that are not yet what the server reads. */
  async #resolve(call: Call, query: { [key: string]: any }): Promise<{ [key: string]: any }> {
    const resolved = { ...query }
    for (const key in query) {
      const value = query[key]
      if (value instanceof FilterText) resolved[key] = await call.wait(this.writeFilter(value))
      if (/^(expand|fields|sort)$/.test(key) && Array.isArray(value)) resolved[key] = value.join()
    }
    return resolved
  }

  #exchange(call: Call, url: string, options: SendOptions, shape: Shape | undefined): Promise<Answer> {
    const { body } = options
    const init = { ...options, method: options.method ?? 'GET' } as OutgoingRequest['init']
    if (isJSON(body)) init.body = toJSON(body)
    else if (isStream(body)) Object.assign(init, { duplex: 'half' })
    const patience = isUpload(body) ? 0 : (this.#options.timeout ?? defaultTimeoutMs)
    const run = async (signal: AbortSignal): Promise<Answer> => {
      init.signal = signal
      const response = await this.#fetch(call, { url, init }, options.fetch)
      call.showSign()
      const text = await readBody(response, call.showSign).catch((cause: unknown) => {
        // The status says what happened, even where its explanation is cut.
        if (response.status >= 400) return ''
        throw networkError(cause, call, 'The answer was cut: ')
      })
      this.#learnSyntax(response, text)
      return { response, ...decode(response, text, shape, call.details) }
    }
    return call.attempt(run, options.timeout ?? patience)
  }

  /** Through the middleware, the first added outermost. */
  #fetch(call: Call, request: OutgoingRequest, own: FetchFunction | undefined, depth = 0): Promise<Response> {
    const wrap = this.middleware[depth]
    if (wrap) return wrap(request, (inner) => this.#fetch(call, inner, own, depth + 1))
    const send = own ?? this.#options.fetch ?? fetch
    return send(request.url, request.init).catch((cause: unknown) => {
      throw networkError(cause, call)
    })
  }

  #learnSyntax({ ok, headers }: Response, text: string): void {
    // Since 0.40 answers have this header and no final newline. A proxy may add the header to an older server's answers: then
    // the newline is there.
    if (!ok || this.syntax || !text || text.endsWith('\n')) return
    if (headers?.get?.('cross-origin-opener-policy') === 'same-origin') this.#syntax.syntax = 'new'
  }

  /**
   * Servers do not tell their version. But they refuse a text that they read as left open, on a collection that every
   * install has and no guest sees rows of. Any other answer than yes or no tells nothing.
   */
  #askSyntax(): Promise<Syntax | undefined> {
    const state = this.#syntax
    state.asked ??= this.send('/api/collections/_authOrigins/records', {
      query: { perPage: 1, skipTotal: true, filter: '"\\\\"="\\\\"' },
      requestKey: null,
      [expects]: 'list',
    }).then(
      () => (state.syntax = 'new'),
      (error: ClientResponseError) => {
        delete state.asked
        if (error.status === 400) return (state.syntax = 'old')
        if (error.status >= 400) return undefined
        throw error
      },
    )
    return state.asked
  }
}

interface Answer {
  response: Response
  data: any
  error?: ApiError
}

function networkError(cause: any, { details }: Call, prefix = ''): Error {
  // Node's fetch hides the reason one level down, and two when it tried several addresses.
  const inner = cause?.cause?.errors?.[0] ?? cause?.cause
  const message = `${prefix}${inner?.message || inner?.code || cause?.message || cause}`
  if (cause?.name === 'AbortError') {
    return new AbortError({ ...details, message, isAbort: true, originalError: cause })
  }
  const hint = inner?.code === 'ECONNREFUSED' ? 'Is the server running, and is the base URL right?' : ''
  return new NetworkError({ ...details, message, hint, originalError: cause })
}

function syntaxOf(version: string | undefined): Syntax | undefined {
  if (!version) return undefined
  const [major = 0, minor = 0, patch = 0] = version.replace(/^v/, '').split('.').map(Number.parseFloat)
  return major > 0 || minor > 39 || (minor === 39 && patch >= 9) ? 'new' : 'old'
}
