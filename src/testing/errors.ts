/**
 * Why a server could not be had:
 *
 * - `not-found`: no executable: none configured, none cached, no download and no build.
 * - `corrupt-download`: what arrived is not the file that its publisher describes.
 * - `bad-executable`: the file is missing, may not be run, or is not for this system.
 * - `cache`: the cache folder cannot be written.
 * - `port-taken`: something else listens on the wanted port.
 * - `start-failed`: the server ended while it was starting.
 * - `start-timeout`: the server runs but does not answer.
 * - `stopped`: the server has been stopped, and its data with it.
 */
export type PocketBaseServerErrorReason =
  | 'not-found'
  | 'corrupt-download'
  | 'bad-executable'
  | 'cache'
  | 'port-taken'
  | 'start-failed'
  | 'start-timeout'
  | 'stopped'

/**
 * A test server could not be found, started or used. The message says what was tried and what to do
 * about it; `cause` holds the underlying error, if there is one.
 */
export class PocketBaseServerError extends Error {
  override readonly name = 'PocketBaseServerError'
  /** What went wrong, for code to tell apart. */
  readonly reason: PocketBaseServerErrorReason

  constructor(reason: PocketBaseServerErrorReason, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

/** Tells whether something thrown is a {@link PocketBaseServerError}, also one of another copy of this package. */
export function isPocketBaseServerError(error: unknown): error is PocketBaseServerError {
  return error instanceof Error && error.name === 'PocketBaseServerError'
}

/** The sentence worth showing: `fetch failed` hides its reason in `cause`, a refused connection has only a code. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.cause instanceof Error) return reasonOf(error.cause)
  return error.message || (error as NodeJS.ErrnoException).code || error.name
}
