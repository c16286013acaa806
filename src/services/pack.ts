import type { ClientResponseError } from '../core/errors.ts'
import { expects } from '../core/options.ts'
import type { SendOptions, Shape } from '../core/options.ts'
import type { BaseService } from './base.ts'

/** Says in the hint of an error that the server has no hooks pack, and how to install it. */
export async function ofPack<T>(call: Promise<T>): Promise<T> {
  return call.catch((cause: unknown) => {
    const error = cause as ClientResponseError
    // What servers say of unknown routes, or the page that they show instead.
    if (/^(File not|The requested res)/.test(error.message) || error.kind === 'decode') {
      error.hint =
        'It has no hooks pack: npx pbts hooks install <pb_hooks folder>, see docs/analytics.md.'
    }
    throw cause
  })
}

/** Calls a route that the hooks pack adds to servers. */
export async function askPack<T>(
  { client }: BaseService,
  path: string,
  options?: SendOptions,
  shape: Shape = 'object',
): Promise<T> {
  return ofPack(client.send<T>(path, { ...options, [expects]: shape }))
}
