import type { Feed } from './feed.ts'

export type Outcome =
  | { readonly isTaken: true; readonly refused: number }
  | {
      readonly isTaken: false
      /** Without secrets. */
      readonly error: string
      /** Fewer rows may do. */
      readonly isTooMuch: boolean
      /** How long the receiver wants to be left alone, 0 where it does not say. */
      readonly retryAfterMs: number
    }

/** Sends a body once. It waits for the answer. */
export function send(feed: Feed, body: string): Outcome {
  const { url, headers, timeoutMs } = feed.target
  const failed = (error: string, isTooMuch = false, retryAfterMs = 0): Outcome => ({
    isTaken: false,
    error: withoutSecrets(error, feed).slice(0, 500),
    isTooMuch,
    retryAfterMs,
  })
  let answer
  try {
    const timeout = Math.max(1, Math.ceil(timeoutMs / 1000))
    answer = $http.send({ method: 'POST', url, headers, body, timeout })
  } catch (error) {
    return failed(String(error))
  }
  const { statusCode: status, headers: answered, json, raw } = answer
  if (status < 200 || status > 299) {
    const retryAfterMs = (Number(answered['Retry-After']?.[0]) || 0) * 1000
    return failed(`${status}: ${raw}`, status === 413 || status === 400, retryAfterMs)
  }
  // Requests are led from here to there: to a page to sign in, for one, with status 200.
  if (/html/.test(answered['Content-Type']?.[0] ?? '')) return failed(`${status}: a web page`)
  return { isTaken: true, refused: feed.refusedIn(json) }
}

/** Go's errors begin with the URL, where keys may be, and receivers may say what they were sent. */
function withoutSecrets(error: string, { target }: Feed): string {
  const secrets = Object.entries(target.headers)
    .filter(([name, value]) => name !== 'content-type' && value.length > 2)
    .flatMap(([, value]) => [value, value.replace(/^\w+ /, '')])
  return secrets
    .reduce((text, secret) => text.split(secret).join('REDACTED'), error)
    .replace(/[a-z][a-z0-9+.-]*:\/\/[^\s"]*/gi, (url) => url.replace(/\/\/[^/@]*@|\?.*/g, '…'))
}
