/**
 * What happened, as a literal that survives minifying and two copies of the package: the server answered with a failure (its
 * `status` says which), there was no answer, none in time, the call was cancelled, the answer was not what the endpoint
 * promises, or a provider did not sign anyone in.
 */
export type ErrorKind = 'api' | 'network' | 'timeout' | 'abort' | 'decode' | 'oauth2' | 'unknown'

/** What the server says of one field: `{ code: 'validation_required', message: 'Cannot be blank.' }`. */
export interface FieldError {
  /** Stable, such as `validation_required`: what code can tell by. */
  code: string
  /** The server's sentence, in English: what people can be shown. */
  message: string
  /** Numbers of the rule that was broken, for example `{ min: 8 }`. */
  params?: { [key: string]: unknown } | undefined
}

/** Input of the error classes. Application code needs it only to make errors of its own, in tests for example. */
export interface ErrorDetails {
  /** Default: the server's sentence, else that of `originalError`. */
  message?: string | undefined
  /** `GET`, `POST`, … */
  method?: string | undefined
  /** The full URL. */
  url?: string | undefined
  /** The URL's path, without the query. */
  path?: string | undefined
  /** HTTP status; 0, the default, without an answer. */
  status?: number | undefined
  /** The answer's headers. */
  headers?: Headers | undefined
  /** The answer's error body. */
  response?: { [key: string]: any } | undefined
  /** Older name of `response`. */
  data?: { [key: string]: any } | undefined
  /** Whether the request was cancelled. */
  isAbort?: boolean | undefined
  /** What was thrown first; becomes `cause`. */
  originalError?: any
  /** What to do about it. */
  hint?: string | undefined
}

/**
 * The base of every error of a failed request. Subclasses say what happened: {@link ApiError} and its kin when the server
 * answered, {@link NetworkError}, {@link TimeoutError}, {@link AbortError} and {@link DecodeError} when it did not, or not
 * with what the endpoint promises.
 *
 * `message` is the server's own sentence, which can be shown to people; {@link describe} says which call failed and why.
 */
export class ClientResponseError extends Error {
  /** What happened, for a `switch`; survives minifying and two copies of the package, where `instanceof` does not. */
  readonly kind: ErrorKind = 'unknown'
  /** The full URL, with its query; left out when the error is printed or logged. */
  declare url: string
  /** HTTP status; 0 when there was no answer. */
  declare status: number
  /** The server's error body `{ status, message, data }`; `{}` when there is none. */
  declare response: { [key: string]: any }
  /** True for every cancelled request: by a newer one, by `cancelRequest`, or by the caller's signal. */
  declare isAbort: boolean
  /** What `fetch` or the parser threw, or the abort's reason; the same as `cause`. */
  declare originalError: any
  /** `GET`, `POST`, … */
  declare method: string
  /** The URL's path, without the query. */
  declare path: string
  /** The answer's headers, when there was an answer. */
  declare headers: Headers | undefined
  /** What to do about it, where there is something to say; else `''`. */
  declare hint: string

  constructor(details: ErrorDetails | Error = {}) {
    // Errors that are wrapped may have all of these themselves.
    const given: ErrorDetails & { name?: string } = details
    const { url = '', method = '', path = '', hint = '', status = 0, headers } = given
    const { response = given.data ?? {}, isAbort = given.name === 'AbortError' } = given
    const originalError: any = details instanceof Error ? details : given.originalError
    const reasons: unknown[] = [response['message'], given.message, originalError?.message]
    const reason =
      reasons.find((text): text is string => typeof text === 'string' && text !== '') ??
      'Something went wrong.'
    // Reasons name URLs, whose query can hold secrets, and bad header values, which can be tokens.
    const message = (url ? reason.replaceAll(url, path) : reason).replace(/eyJ[^"]*/g, 'eyJ…')
    const shown = { status, method, path, hint, response, isAbort, message }
    // Browsers' consoles print name, message, and the stack from its first "at": there the call is named.
    super(`${message}\n    at ${describe(shown)}`, { cause: originalError })
    Object.assign(this, shown, { name: `ClientResponseError ${status}` })
    // Loggers copy what is enumerable.
    for (const [key, value] of Object.entries({ url, originalError, headers })) {
      Object.defineProperty(this, key, { value, writable: true })
    }
  }

  /** The same as `response`, by the official client's older name. */
  get data(): { [key: string]: any } {
    return this.response
  }

  /**
   * Errors by field. Nested ones have their path as key: `smtp.host`, `fields.2.name`. Empty when the server named none.
   */
  get fieldErrors(): { [field: string]: FieldError } {
    return fieldErrors(this.response)
  }

  /** One line with method, path, reason and, where there is one, the way out. Never holds a query, a token
   * or what was sent; that of a {@link DecodeError} quotes the first characters of the answer. */
  describe(): string {
    return describe(this)
  }

  /** For logs: no query string, no headers, no token. */
  toJSON(): { [key: string]: any } {
    // oxlint-disable-next-line typescript/no-misused-spread -- what the instance itself holds is what counts
    return { ...this, message: this.message }
  }

  override toString(): string {
    return `${this.name}: ${describe(this)}`
  }

  /** How Node's console prints it: the description, and where it happened. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString() + this.stack!.replace(/^.*?\n +at .*?(?=\n +at |$)/s, '')
  }
}

/** The server answered, with a status of 400 or more that no subclass names. */
export class ApiError extends ClientResponseError {
  override readonly kind = 'api'
}

/** 400 with at least one entry in `fieldErrors`. */
export class ValidationError extends ApiError {}

/** 401: the endpoint demands a token and none was valid. A failed password login is a 400. */
export class AuthError extends ApiError {}

/**
 * 401 with an `mfaId`: the first factor was right, sign in with a second one.
 *
 * ```ts
 * if (error instanceof MfaRequiredError) await users.authWithOTP(otpId, code, { mfaId: error.mfaId })
 * ```
 */
export class MfaRequiredError extends AuthError {
  /** The option `mfaId` of the second sign-in, which has to be of another kind. */
  get mfaId(): string {
    return this.response['mfaId'] as string
  }
}

/** 403: for superusers alone, or for another collection's records, or the feature is switched off. */
export class ForbiddenError extends ApiError {}

/** 404: missing, or hidden from the caller by the collection's rule. */
export class NotFoundError extends ApiError {}

/** 429: too many requests. */
export class RateLimitError extends ApiError {
  /** The answer's `Retry-After` in milliseconds; `undefined` when there is none, as in PocketBase's own answers. */
  get retryAfterMs(): number | undefined {
    return retryAfterMs(this.headers)
  }
}

/** 500 and above: the server, or a proxy before it, failed. */
export class ServerError extends ApiError {}

/**
 * An operation of a batch failed, and nothing of the batch is stored; of one that was sent in parts nothing of that part, nor of those
 * after it.
 */
export class BatchError extends ApiError {
  /** Position of the operation that failed, from 0. */
  declare index: number
  /** The operation's own error, with its status and `fieldErrors`; also with its method and path, if a batch service sent it. */
  declare failure: ApiError
  /** The operation's collection, as the caller named it; `''` if no batch service sent it. */
  declare collection: string

  constructor(details: ErrorDetails) {
    const { message, data } = details.response ?? {}
    const [index, entry] = Object.entries<any>(data?.requests ?? {})[0] ?? [0]
    // An operation that the server cannot even read has its mistakes there, instead of an answer.
    const response = entry?.response ?? { message, data: entry }
    const failure = apiError({ status: response.status || 400, response }, true)
    super({ ...details, hint: `Operation ${index} ${failure.describe()}` })
    Object.assign(this, { index: Number(index), failure, collection: '' })
  }
}

/** No answer: the connection failed, was refused, or was cut while the answer came in. */
export class NetworkError extends ClientResponseError {
  override readonly kind = 'network'
}

/** The server was silent for longer than the call's `timeout`. It may still have done what was asked. */
export class TimeoutError extends ClientResponseError {
  override readonly kind = 'timeout'
}

/** The request was cancelled; `cause` holds the reason that the caller's signal gave. */
export class AbortError extends ClientResponseError {
  override readonly kind = 'abort'
  override readonly isAbort = true
}

/** A success status with something else than the endpoint promises: HTML, cut JSON, nothing, another shape. */
export class DecodeError extends ClientResponseError {
  override readonly kind = 'decode'
}

/** Signing in with OAuth2 ended before the server was asked. */
export class OAuth2Error extends ClientResponseError {
  override readonly kind = 'oauth2'
  /**
   * What the provider called it, such as `access_denied`; or `unknown_provider`, `popup_blocked`, `unknown_state` (not started here, or
   * completed already), `no_code`.
   */
  get code(): string {
    return this.response['error'] as string
  }
}

/** Whether a caught value is an error of this package, whichever copy of it made the error. */
export function isClientResponseError(error: unknown): error is ClientResponseError {
  const { kind, name } = (error ?? {}) as Partial<ClientResponseError>
  return !!kind && typeof name === 'string' && name.startsWith('ClientResponseError')
}

/** Whether a caught value asks for a second factor, whichever copy of the package made it; see {@link MfaRequiredError}. */
export function isMfaRequiredError(error: unknown): error is MfaRequiredError {
  return isClientResponseError(error) && !!(error as Partial<MfaRequiredError>).mfaId
}

type Described = Pick<
  ClientResponseError,
  'status' | 'method' | 'path' | 'hint' | 'response' | 'message'
>

const byStatus: { [status: number]: typeof ApiError } = {
  401: AuthError,
  403: ForbiddenError,
  404: NotFoundError,
  429: RateLimitError,
}

/** The error that an answer stands for: that of a call, or of an operation of a batch. */
export function apiError(
  details: ErrorDetails & { status: number },
  isOperation?: boolean,
): ApiError {
  const { status, response = {} } = details
  let Class = byStatus[status] ?? (status < 500 ? ApiError : ServerError)
  if (status === 401 && response['mfaId']) Class = MfaRequiredError
  if (status === 400 && Object.keys(fieldErrors(response)).length > 0) Class = ValidationError
  // A field may be called like this too.
  const requests: { [key: string]: unknown } | undefined = response['data']?.requests
  if (!isOperation && requests && typeof requests['code'] !== 'string') Class = BatchError
  return new Class(details)
}

/** `Retry-After` in milliseconds: the header holds seconds or a date. */
export function retryAfterMs(headers: Headers | undefined): number | undefined {
  const value = headers?.get('retry-after')
  const ms = value ? Number(value) * 1000 || Date.parse(value) - Date.now() : 0
  return ms > 0 ? ms : undefined
}

function describe({ status, method, path, hint, response, message }: Described): string {
  const fields = Object.entries(fieldErrors(response)).map(
    ([name, field]) => `${name}: ${field.message}`,
  )
  const outcome = `failed${status ? ` with ${status}` : ''}:`
  return [method, path, outcome, message, ...fields, hint].filter(Boolean).join(' ')
}

function fieldErrors({ data }: { [key: string]: any }): { [field: string]: FieldError } {
  const found: { [field: string]: FieldError } = {}
  // Grows while it is read: an answer nested deeper than a stack is no worse than others.
  const nodes: [path: string, node: any][] = Object.entries(data ?? {})
  for (const [path, node] of nodes) {
    if (typeof node?.code === 'string') found[path] = node
    else if (typeof node === 'object')
      for (const key in node) nodes.push([`${path}.${key}`, node[key]])
  }
  return found
}
