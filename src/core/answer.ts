import { DecodeError } from './errors.ts'
import type { ErrorDetails } from './errors.ts'
import type { Shape } from './options.ts'

/** More than any list of records. */
const maxLength = 2 ** 27

/** `]`, `}` and the line feed of older servers. */
const endsJSON = new Set<number | undefined>([93, 125, 10])

/** Keeps nothing between texts that are whole. */
const wholeDecoder = new TextDecoder()

/** How many bytes an answer has, where its headers tell. Stand-ins for `fetch` may have none. */
export function lengthOf(headers: Headers | undefined): string | null | undefined {
  return headers?.get?.('content-encoding') ? null : headers?.get?.('content-length')
}

/** Reads a body to its end, or as far as anyone should. `onBytes` is called whenever some arrive. */
export async function readBody(response: Response, onBytes: () => void): Promise<string> {
  // The same, and much cheaper, where `nodeFetch` sent the request.
  const reader =
    (response as Partial<ReadableStream<Uint8Array>>).getReader?.() ?? response.body?.getReader?.()
  // Stand-ins for fetch, in tests and on some platforms, have less than a whole Response.
  if (!reader) return response.text ? response.text() : JSON.stringify(await response.json())
  let decoder: TextDecoder | undefined
  const length = lengthOf(response.headers)
  let text = ''
  while (text.length < maxLength) {
    const { done, value } = await reader.read()
    // Most bodies come in one piece. Not to wait for the end of the stream, and to decode the piece at once, saves a
    // tenth of a request's CPU time on Node.
    // Browsers may hide that a length is that of a compressed body: JSON also ends like JSON.
    const isWhole = !text && String(value?.length) === length && endsJSON.has(value?.at(-1))
    if (isWhole) return wholeDecoder.decode(value)
    decoder ??= new TextDecoder()
    text += decoder.decode(value, { stream: !done })
    if (done) return text
    onBytes()
  }
  // An answer without end is refused before it fills the memory: cut, it is no JSON any more.
  reader.cancel().catch(() => {})
  return text
}

/**
 * The data of an answer: its JSON, or `{}` for an answer without a body and for a failure that is not JSON.
 *
 * @param call - what errors say of the call.
 * @throws DecodeError for a success that is not what the endpoint promises.
 */
export function decode(
  response: Response,
  text: string,
  shape: Shape | undefined,
  call: ErrorDetails & { url: string },
): any {
  const { status, headers } = response
  const type = headers?.get?.('content-type') || 'an unknown type'
  let data: any
  let originalError: unknown
  // Then any field may be missing.
  const hasFields = /[?&]fields=/.test(call.url)
  try {
    // Servers send UTF-8 without naming it; text in anything else was not read right.
    if (text) data = JSON.parse(/charset=(?!"?utf-?8)/i.test(type) ? '' : text)
  } catch (error) {
    originalError = error
  }
  if (isFailure(response)) return isObject(data) ? data : {}
  if (!originalError && fits(data, shape, hasFields)) return data === undefined ? {} : data
  // Tokens stay out of messages.
  const start = JSON.stringify(text.slice(0, 120))
  throw new DecodeError({
    ...call,
    status,
    headers,
    originalError,
    message: `Expected ${shape ?? 'JSON'}, got ${text ? `${type}: ${start}` : 'nothing'}.`,
    hint: hasFields && !text ? 'Is the option fields valid?' : '',
  })
}

/** Whether an answer says that the call failed. Stand-ins for `fetch` say it by one of the two. */
export function isFailure({ status = 0, ok }: Partial<Response>): boolean {
  return status >= 400 || ok === false
}

function fits(data: any, shape: Shape | undefined, hasFields: boolean): boolean {
  if (shape === 'list') return Array.isArray(data?.items)
  if (shape === 'token') return typeof data?.token === 'string'
  if (shape === 'array') return Array.isArray(data)
  return (
    !shape ||
    (isObject(data) && (shape !== 'record' || hasFields || typeof data['id'] === 'string'))
  )
}

function isObject(data: unknown): data is { [key: string]: unknown } {
  return Object(data) === data && !Array.isArray(data)
}
