import { isFailure, readBody } from './answer.ts'
import { isUpload, StreamedForm, toJSON } from './body.ts'
import type { Call } from './call.ts'
import { AbortError, ClientResponseError, NetworkError } from './errors.ts'
import type { HeaderRecord } from './headers.ts'
import type { FetchFunction, ReadAnswer, SendOptions } from './options.ts'
import { meteredAnswer } from './progress.ts'
import { streamBody } from './upload.ts'
import { fetchByXHR } from './xhr.ts'

/** Silence that ends a request for data. */
const defaultTimeoutMs = 30_000

/** A request on its way out. A middleware hands `next` this one, changed or not, or another. */
export interface OutgoingRequest {
  /** The full URL, with its query. */
  readonly url: string
  /** What `fetch` will get. */
  readonly init: Omit<RequestInit, 'headers'> & { method: string; headers: HeaderRecord }
  /** How many attempts of the call came before this one. */
  readonly resent?: number | undefined
}

/** Wraps every attempt to send a request: what it returns is read as the answer. */
export type Middleware = (
  request: OutgoingRequest,
  next: (request: OutgoingRequest) => Promise<Response>,
) => Promise<Response>

/** How a client sends. */
interface Sender {
  readonly options: { fetch?: FetchFunction | undefined; timeout?: number | undefined }
  readonly middleware: ReadonlySet<Middleware>
}

/** Sends a request once, and reads what comes back: as JSON is read, or by `read` where it is no failure. */
export async function exchange(
  call: Call,
  url: string,
  options: SendOptions,
  read: ReadAnswer | undefined,
  { options: settings, middleware }: Sender,
): Promise<{ response: Response; text: string }> {
  const {
    query: _query,
    requestKey: _key,
    retry: _retry,
    requireAuth: _requireAuth,
    body,
    timeout,
    fetch: own,
    onUploadProgress,
    onDownloadProgress,
    ...rest
  } = options
  const onSent = body ? onUploadProgress : undefined
  const byXHR = onSent && globalThis.XMLHttpRequest && fetchByXHR(onSent, call.fail)
  const send = own ?? settings.fetch ?? byXHR ?? fetch
  // Streams need `duplex`.
  const init = { duplex: 'half', ...rest, body: toJSON(body) } as OutgoingRequest['init']
  const fail = async (cause: unknown, prefix?: string): Promise<never> => {
    throw networkError(cause, call, prefix)
  }
  // The first added is the outermost.
  const sendAll = [...middleware].reduceRight(
    (next: Send, wrap): Send =>
      (request) =>
        wrap(request, next),
    // Stand-ins for `fetch` may throw, or return no promise.
    (request) => {
      try {
        return Promise.resolve(send(request.url, request.init)).catch(fail)
      } catch (cause) {
        return fail(cause)
      }
    },
  )
  return call.run(
    async (signal) => {
      init.signal = signal
      let letGo: (() => void) | undefined
      try {
        if (onSent || body instanceof StreamedForm) {
          letGo = await streamBody(init, onSent, call.fail)
        }
        let response = await sendAll({ url, init, resent: call.sent++ })
        if (!response) return await fail('fetch, or a middleware, returned no response.')
        call.showSign()
        if (onDownloadProgress) {
          response = meteredAnswer(response, onDownloadProgress, call.fail)
        }
        const readAnswer = (!isFailure(response) && read) || readBody
        const text = await readAnswer(response, call.showSign).catch((cause: unknown) => {
          // Statuses say what happened, even where their explanation is cut; but 400 alone says too little.
          if (response.status > 400) return ''
          if (cause instanceof ClientResponseError) throw cause
          return fail(cause, 'The answer was cut: ')
        })
        return { response, text }
      } finally {
        letGo?.()
      }
    },
    timeout ?? (isUpload(body) ? 0 : (settings.timeout ?? defaultTimeoutMs)),
  )
}

type Send = (request: OutgoingRequest) => Promise<Response>

function networkError(cause: any, { details }: Call, prefix = ''): Error {
  // Node's fetch hides the reason one level down, and two when it tried several addresses.
  const inner = cause?.cause?.errors?.[0] ?? cause?.cause ?? cause
  const Class = cause?.name === 'AbortError' ? AbortError : NetworkError
  return new Class({
    ...details,
    message: prefix + (inner?.message ?? inner),
    hint: /^https?:/.test(details.url) ? '' : 'The base URL must begin with http:// or https://.',
    originalError: cause,
  })
}
