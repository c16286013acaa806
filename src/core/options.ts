import type { ProgressListener } from './progress.ts'
import type { RetryOptions } from './retry.ts'

/** What an endpoint promises to answer: the engine refuses anything else. */
export type Shape = 'list' | 'record' | 'token' | 'object' | 'array'

/** Option key: the {@link Shape} of the answer. Without it any JSON will do, and nothing reads as `{}`. */
export const expects: unique symbol = Symbol('expects')

/** Option key: the request key where the caller gives none, instead of method and path. */
export const defaultKey: unique symbol = Symbol('defaultKey')

/** Option key: this write can be sent again without doing it twice. */
export const repeatable: unique symbol = Symbol('repeatable')

/** Option key: reads the answer of a success itself, instead of its being read as JSON; what it returns becomes the call's result. */
export const reads: unique symbol = Symbol('reads')

/** A `fetch`-shaped function. */
export type FetchFunction = (url: RequestInfo | URL, init?: RequestInit) => Promise<Response>

/**
 * Options of every call. Members of `RequestInit` (`cache`, `credentials`, `keepalive`, `next`, …) go to `fetch`.
 */
export interface RequestOptions extends Omit<
  RequestInit,
  'body' | 'headers' | 'method' | 'signal'
> {
  /** Sends this call instead of the client's own `fetch` or the global one. */
  fetch?: FetchFunction | undefined
  /** Sent besides the client's own; a name given here wins. */
  headers?: { [key: string]: string } | undefined
  /** Query parameters. `null` and `undefined` are left out, a list repeats its key. */
  query?: { [key: string]: any } | undefined
  /** Cancels the call, which then rejects with an `AbortError` whose `cause` is the signal's reason. */
  signal?: AbortSignal | null | undefined
  /**
   * A newer call with the same key cancels this one. Default: method and path, for reads alone; `null`: never cancelled
   * this way.
   */
  requestKey?: string | null | undefined
  /**
   * How long the server may be silent, in milliseconds; 0 switches it off. Default: 30,000 for requests with a JSON body
   * or none, off for file bodies and long administrative calls.
   */
  timeout?: number | undefined
  /** Whether the call is refused while nobody is signed in, instead of being answered as a guest's. Default false. */
  requireAuth?: boolean | undefined
  /** How often, and how, a failed call is sent again where that is safe. Default: not at all. */
  retry?: number | RetryOptions | undefined
  /**
   * Told how many bytes of the body have been sent, again and again, from 0 for each attempt; the last time `loaded === total`.
   * Browsers send such a call by `XMLHttpRequest`; in service workers, and with a `fetch` of your own in browsers, nothing is told.
   * Elsewhere bytes count as sent when they are handed to the socket. Of a call without a body nothing is told. What the listener throws
   * ends the call, which rejects with it.
   */
  onUploadProgress?: ProgressListener | undefined
  /**
   * Told how many bytes of the answer have come, uncompressed, again and again; the last time `loaded === total`. Of an answer without
   * a body, such as that of a delete, nothing is told. What it throws ends the call, which rejects with it.
   */
  onDownloadProgress?: ProgressListener | undefined
}

/** Options of calls without a schema: any key that is not known becomes a query parameter. */
export interface SendOptions extends RequestOptions {
  [key: string]: any
  /** Default: what the call is known for, `GET` for `send`. */
  method?: string | undefined
  /** Plain objects are sent as JSON, or as multipart form data when a value is a file; anything else as `fetch` does. */
  body?: any
  /**
   * Older name of `query`.
   *
   * @deprecated Use `query`.
   */
  params?: { [key: string]: any } | undefined
  /**
   * Older name of `requestKey`.
   *
   * @deprecated Use `requestKey`.
   */
  $cancelKey?: string | undefined
  /**
   * `false` is the older form of `requestKey: null`.
   *
   * @deprecated Use `requestKey: null`.
   */
  $autoCancel?: boolean | undefined
  /** @internal */
  [expects]?: Shape
  /** @internal */
  [defaultKey]?: string
  /** @internal */
  [repeatable]?: boolean
  /** @internal */
  [reads]?: ReadAnswer
}

/** Reads an answer that is no failure in its own way. `onBytes` is to be called as bytes come. */
export type ReadAnswer = (response: Response, onBytes: () => void) => Promise<any>

/** What is not a query parameter: our own options and what the platforms' `fetch` functions take. */
const known = new Set(
  (
    'requestKey $cancelKey $autoCancel fetch headers body query params timeout retry requireAuth ' +
    'onUploadProgress onDownloadProgress ' +
    'cache credentials integrity keepalive method mode redirect referrer referrerPolicy signal window ' +
    'priority duplex dispatcher next cf'
  ).split(' '),
)

/**
 * Moves every unknown key of `options` into `options.query`, in place. The official client's rule, for code written for it:
 * calls do it on a copy of what they are given.
 */
export function normalizeUnknownQueryParams(options: SendOptions = {}): void {
  let query = options.params && { ...options.params, ...options.query }
  for (const key in options) {
    if (known.has(key)) continue
    query ??= { ...options.query }
    query[key] = options[key]
    delete options[key]
  }
  if (query) options.query = query
  if ('params' in options) delete options.params
}
