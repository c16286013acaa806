import { decode, readBody } from './answer.ts'
import { isJSON, isUpload, toFormDataIfNeeded, toJSON } from './body.ts'
import { Call } from './call.ts'
import { AbortError, NetworkError } from './errors.ts'
import type { ApiError, ClientResponseError } from './errors.ts'
import { FilterText, needsSyntax, render } from './filter.ts'
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

/** Builds requests, sends them, and reads the answers or raises. Knows HTTP, and no endpoint but one (see `askSyntax`). */
export class Transport {
  readonly #host: TransportHost
  readonly #options: TransportOptions
  readonly #pending = new Set<Call>()
  #isClosed = false
  #server: { base: string; syntax?: Syntax | undefined; asked?: Promise<Syntax | undefined> | undefined }
  middleware: readonly Middleware[] = []
  autoCancellation: boolean

  constructor(host: TransportHost, options: TransportOptions) {
    this.#host = host
    this.#options = options
    this.autoCancellation = options.autoCancellation ?? true
    this.#server = { base: host.buildURL(''), syntax: syntaxOf(options.serverVersion) }
  }

  /** How the server reads filters, if that is known. Forgotten when the base URL changes. */
  get syntax(): Syntax | undefined {
    const base = this.#host.buildURL('')
    if (base !== this.#server.base) this.#server = { base }
    return this.#server.syntax
  }

  async send<T>(path: string, given: SendOptions = {}): Promise<T> {
    const options: SendOptions = { ...given }
    normalizeUnknownQueryParams(options)
    const method = (options.method ||= 'GET')
    const isRead = method === 'GET' || method === 'HEAD'
    const { $autoCancel, $cancelKey = $autoCancel === false ? null : this.#options.requestKey } = options
    const { requestKey = $cancelKey } = options
    const key = requestKey === null ? '' : (requestKey ?? `${method} ${path}`)
    const call = new Call(key, method, path.replace(/[?#].*/s, ''))
    // A write that the server may have done is never reported as cancelled, unless its caller asked for that.
    if (requestKey || (requestKey === undefined && isRead && this.autoCancellation)) {
      this.cancel(key, `A newer call with the key "${key}" replaced it; requestKey: null keeps both.`)
    }
    this.#pending.add(call)
    call.follow(options.signal)
    call.follow(this.#options.signal)
    if (this.#isClosed) call.stop('The client is closed.')
    try {
      for (let attempt = 0; ; attempt++) {
        try {
          return await this.#attempt(call, path, options)
        } catch (error) {
          const { retry = this.#options.retry, [repeatable]: canRepeat = isRead, body } = options
          const isFinal = call.stopped || body?.getReader
          const delayMs = isFinal ? undefined : retryDelayMs(error, attempt, retry, canRepeat)
          if (delayMs === undefined) throw error
          await call.pause(delayMs)
        }
      }
    } finally {
      call.end()
      this.#pending.delete(call)
    }
  }

  /** Cancels the pending calls of a request key, or all. */
  cancel(key?: string, reason = 'Cancelled.'): void {
    for (const call of this.#pending) if (key === undefined || call.key === key) call.stop(reason)
  }

  /** Cancels what is pending; later calls are refused. */
  close(): void {
    this.#isClosed = true
    this.cancel()
  }

  async #attempt(call: Call, path: string, given: SendOptions): Promise<any> {
    const host = this.#host
    const { ready } = host.authStore
    if (ready) await call.run(() => ready)
    let url = host.buildURL(path)
    const body = isJSON(given.body) ? toFormDataIfNeeded(given.body) : given.body
    let options: SendOptions = { ...given, body, headers: this.#headers(given.headers, body) }
    if (host.beforeSend) {
      const result = (await call.run(() => host.beforeSend!(url, options))) ?? {}
      url = result.url || url
      // Older hooks return the options themselves.
      if (result.options) options = result.options
      else if (!result.url && Object.keys(result).length > 0) options = result
    }
    const query = serializeQueryParams(await this.#resolve(call, options.query))
    if (query) url += (url.includes('?') ? '&' : '?') + query
    call.details.url = url

    const { response, data, error } = await this.#exchange(call, url, options, given[expects])
    const result = host.afterSend ? await call.run(() => host.afterSend!(response, data, options)) : data
    if (!error) return result
    error.response = result ?? {}
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

  /** Writes the values that depend on the server or on where they stand. */
  async #resolve(call: Call, query: { [key: string]: any } = {}): Promise<{ [key: string]: any }> {
    const resolved = { ...query }
    for (const key in query) {
      const value = query[key]
      if (value instanceof FilterText) {
        const syntax = needsSyntax(value.parts) ? (this.syntax ?? (await call.run(() => this.#askSyntax()))) : 'new'
        resolved[key] = render(value.parts, syntax)
      }
      if (/^(expand|fields|sort)$/.test(key) && Array.isArray(value)) resolved[key] = value.join()
    }
    return resolved
  }

  #exchange(call: Call, url: string, options: SendOptions, shape: Shape | undefined): Promise<Answer> {
    const { body, timeout, fetch: own } = options
    // Streams need `duplex`.
    const init = { duplex: 'half', ...options } as OutgoingRequest['init'] & { duplex: string }
    if (isJSON(body)) init.body = toJSON(body)
    const patience = isUpload(body) ? 0 : (this.#options.timeout ?? defaultTimeoutMs)
    return call.run(async (signal) => {
      init.signal = signal
      const response = await this.#fetch(call, { url, init }, own)
      call.showSign()
      const text = await readBody(response, call.showSign).catch((cause: unknown) => {
        // The status says what happened, even where its explanation is cut.
        if (response.status >= 400) return ''
        throw networkError(cause, call, 'The answer was cut: ')
      })
      this.#learnSyntax(response, text)
      return { response, ...decode(response, text, shape, call.details) }
    }, timeout ?? patience)
  }

  /** Through the middleware, the first added outermost. */
  #fetch(call: Call, request: OutgoingRequest, own?: FetchFunction, depth = 0): Promise<Response> {
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
    if (ok && !this.syntax && /[^\n]$/.test(text) && headers?.get?.('cross-origin-opener-policy') === 'same-origin') {
      this.#server.syntax = 'new'
    }
  }

  /**
   * Servers do not tell their version. But they refuse a text that they read as left open, on a collection that every
   * install has and no guest sees rows of. Any other answer than yes or no tells nothing.
   */
  #askSyntax(): Promise<Syntax | undefined> {
    const server = this.#server
    server.asked ??= this.send('/api/collections/_authOrigins/records', {
      query: { perPage: 1, skipTotal: 1, filter: '"\\\\"="\\\\"' },
      requestKey: null,
      [expects]: 'list',
    }).then(
      () => (server.syntax = 'new'),
      (error: ClientResponseError) => {
        server.asked = undefined
        if (error.status === 400) return (server.syntax = 'old')
        if (!error.status) throw error
        return undefined
      },
    )
    return server.asked
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
  const message = prefix + (inner?.message || cause?.message || cause)
  const isAbort = cause?.name === 'AbortError'
  const Class = isAbort ? AbortError : NetworkError
  return new Class({ ...details, message, isAbort, originalError: cause })
}

function syntaxOf(version: string | undefined): Syntax | undefined {
  if (!version) return undefined
  return version.replace(/^v/, '').localeCompare('0.39.9', 'en', { numeric: true }) < 0 ? 'old' : 'new'
}
