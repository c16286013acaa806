import type { ClientResponseError } from '../core/errors.ts'

/** Says in the hint of a 404 that older servers lack the endpoint: they do not tell it from a thing that is missing. */
export async function since<T>(version: string, call: Promise<T>): Promise<T> {
  return call.catch((cause: unknown) => {
    const error = cause as ClientResponseError
    if (error.status === 404) error.hint = `Servers before ${version} do not have this endpoint.`
    throw cause
  })
}
