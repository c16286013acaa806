import type { PocketBase } from '../client.ts'

/** The base of every service: it holds the client and sends through `client.send` alone. */
export abstract class BaseService {
  /** What every request goes through. */
  declare readonly client: PocketBase<any>

  constructor(client: PocketBase<any>) {
    this.client = client
  }
}
