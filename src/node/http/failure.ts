/** The reason of a failed request, with a code to tell it by. */
export function failure(message: string, code: string): Error {
  return Object.assign(new Error(message), { code })
}

/** The server broke the rules of HTTP. */
export function protocolError(message: string): Error {
  return failure(`The answer is no HTTP: ${message}.`, 'EPROTO')
}

/** What `fetch` rejects with, whatever the reason. */
export function fetchFailed(cause: unknown): TypeError {
  return new TypeError('fetch failed', { cause })
}
