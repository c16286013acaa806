import type { PocketBase } from '../client.ts'
import type { SendOptions } from '../core/options.ts'

/** The base of every service: it holds the client and sends through `client.send` alone. */
export abstract class BaseService {
  /** What every request goes through. */
  declare readonly client: PocketBase<any>

  constructor(client: PocketBase<any>) {
    this.client = client
  }
}

/** Sends what may take any time, and answers nothing. */
export async function act(
  { client }: BaseService,
  method: string,
  path: string,
  options?: SendOptions,
): Promise<true> {
  await client.send(path, { method, timeout: 0, ...options })
  return true
}
