/** Ends a request with JSON. */
export function answer(e: RequestEvent, status: number, value: unknown): void {
  const json = JSON.stringify(value)
  // The server's own JSON shuffles members, and fails in silence for values of Go's: only where it must pick fields.
  if (query(e, 'fields') !== '') return e.json(status, JSON.parse(json))
  e.response.header().set('content-type', 'application/json')
  return e.string(status, json)
}

/** The first value of a query parameter, `''` where it is missing. */
export function query(e: RequestEvent, name: string): string {
  return e.request.url.query().get(name)
}

/** A whole number above 0, else the default, and no more than `max`. */
export function limitOf(text: string, byDefault: number, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : 0
  return Math.min(value || byDefault, max)
}

/** The body as JSON. It can be read once only, and by nobody else. Throws as {@link bodyText} and {@link parseJSON} do. */
export function jsonBody(e: RequestEvent): unknown {
  return parseJSON(bodyText(e))
}

/** @throws ApiError 415 for a compressed body, which the engine cannot read. */
export function bodyText(e: RequestEvent): string {
  const encoding = e.request.header.get('content-encoding')
  if (encoding === '' || encoding === 'identity') return toString(e.request.body)
  throw new ApiError(415, `The body must not be compressed, this one is ${encoding.slice(0, 20)}.`)
}

/**
 * An empty text is an empty object.
 *
 * @throws BadRequestError when it is not JSON, or nested so deep that reading it would take old servers down.
 */
export function parseJSON(text: string): unknown {
  if (text === '') return {}
  // Before 0.40 nesting has no limit, and 2 MB of brackets take seconds and gigabytes.
  if (text.split('[').length + text.split('{').length > 10_000) throw invalidBody()
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw invalidBody()
  }
}

function invalidBody(): BadRequestError {
  return new BadRequestError('Invalid request body.')
}

/** Whether it is an object, with members. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The function of a route. What it throws by mistake is the server's fault, not the caller's, as it would be by default. */
export function route(handle: (e: RequestEvent) => void): (e: RequestEvent) => void {
  return (e) => {
    try {
      handle(e)
    } catch (error) {
      if (statusOf(error) !== undefined) throw error
      $app.logger().error('pbts: a request failed', 'error', String(error))
      throw new InternalServerError('Something went wrong while processing your request.')
    }
  }
}

/** The status of an error of the server's, which may be inside of an exception. */
export function statusOf(error: unknown): number | undefined {
  const { status, value } = (error ?? {}) as { status?: unknown; value?: { status?: unknown } }
  const found = status ?? value?.status
  return typeof found === 'number' ? found : undefined
}
