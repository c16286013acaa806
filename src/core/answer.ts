import { apiError, DecodeError } from './errors.ts'
import type { ApiError, ErrorDetails } from './errors.ts'
import type { Shape } from './options.ts'

/** More than any list of records: an answer without end is refused before it fills the memory. */
const maxBytes = 256 * 2 ** 20

/** Reads a body to its end, or as far as anyone should. `onBytes` is called whenever some arrive. */
export async function readBody(response: Response, onBytes: () => void): Promise<string> {
  // Stand-ins for fetch, in tests and on some platforms, have less than a whole Response.
  if (!response.body?.getReader) {
    return response.text ? response.text() : JSON.stringify(await response.json())
  }
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  for (let bytes = 0; bytes <= maxBytes;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    onBytes()
    bytes += value.length
    text += decoder.decode(value, { stream: true })
  }
  reader.cancel().catch(() => {})
  // Cut, so that it is no JSON any more.
  return text
}

/**
 * The data of an answer, and the error where its status is one.
 *
 * @param call - what errors say of the call.
 * @throws DecodeError for a success that is not what the endpoint promises.
 */
export function decode(
  { status, statusText, ok, headers }: Response,
  text: string,
  shape: Shape | undefined,
  call: ErrorDetails & { url: string },
): { data: any; error?: ApiError } {
  const type = headers?.get?.('content-type') || 'an unknown type'
  let data: any
  let cause: unknown
  // Then any field may be missing.
  const hasFields = /[?&]fields=/.test(call.url)
  try {
    // Servers send UTF-8 without naming it; text in anything else was not read right.
    if (/charset=(?!"?utf-?8)/i.test(type)) throw new TypeError('unknown charset')
    if (text) data = JSON.parse(text)
  } catch (error) {
    cause = error
  }
  if (status >= 400 || ok === false) {
    const response = isObject(data) ? data : {}
    const message = data ? undefined : `The server answered ${status} ${statusText ?? ''}`.trim()
    return { data: response, error: apiError({ ...call, status, headers, message, response }) }
  }
  if (!cause && fits(data, shape, hasFields)) return { data: data === undefined ? {} : data }
  // Tokens stay out of messages.
  const start = text.slice(0, 120).replace(/eyJ[\w.-]*/g, 'eyJ…')
  throw new DecodeError({
    ...call,
    status,
    headers,
    message: `Expected ${shape ?? 'JSON'}, got ${text ? `${type}: ${JSON.stringify(start)}` : 'nothing'}.`,
    hint: hasFields && !text ? 'Is the option fields valid?' : '',
    originalError: cause,
  })
}

function fits(data: any, shape: Shape | undefined, hasFields: boolean): boolean {
  if (!shape) return true
  if (shape === 'list') return Array.isArray(data?.items)
  if (shape === 'record') return isObject(data) && (hasFields || typeof data['id'] === 'string')
  if (shape === 'token') return typeof data?.token === 'string'
  return shape === 'array' ? Array.isArray(data) : isObject(data)
}

function isObject(data: unknown): data is { [key: string]: unknown } {
  return typeof data === 'object' && data !== null && !Array.isArray(data)
}
