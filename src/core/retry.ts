import { ClientResponseError, retryAfterMs } from './errors.ts'

/** When a failed call is sent again. */
export interface RetryOptions {
  /** How often at most, besides the first attempt. */
  times: number
  /** Longest first pause in milliseconds; each further one may be twice as long. Default 300. */
  delayMs?: number | undefined
  /** Longest pause in milliseconds. A server that asks for more with `Retry-After` is not asked again. Default 30,000. */
  maxDelayMs?: number | undefined
}

/** Never reached the server, whatever was asked. Node's codes; browsers do not say. */
const notSent = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|CONNECT_TIMEOUT/

/**
 * The pause before the next attempt in milliseconds.
 *
 * @throws the error itself when it is final: the attempts are used up, sending again would not help, or might do twice what
 * the server has already done.
 */
export function retryDelayMs(
  error: unknown,
  attempt: number,
  retry: number | RetryOptions,
  isRepeatable: boolean,
): number {
  const {
    times,
    delayMs = 300,
    maxDelayMs = 30_000,
  }: RetryOptions = typeof retry === 'number' ? { times: retry } : retry
  // Not `>=`: an untyped caller may have left `times` out.
  if (!(attempt < times) || !(error instanceof ClientResponseError)) throw error
  const { kind, status, originalError } = error
  const wasNotDone = status === 429 || notSent.test(originalError?.cause?.code)
  const isPassing = /network|timeout/.test(kind) || (status > 501 && status < 505)
  const asked = retryAfterMs(error.headers) ?? 0
  if (asked > maxDelayMs || !(wasNotDone || (isRepeatable && isPassing))) throw error
  // Full jitter: clients that failed together do not come back together.
  return asked + Math.random() * Math.min(maxDelayMs - asked, delayMs * 2 ** attempt)
}
