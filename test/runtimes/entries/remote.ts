import { MemoryAuthStore, PocketBase } from '../../../src/index.ts'
import type { PocketBaseServer } from '../../../src/testing/index.ts'
import { contextOf } from '../../methods/context.ts'
import type { Context } from '../../methods/context.ts'

/** A server that another process has started. */
export interface RemoteServer {
  readonly url: string
  readonly version: string
  readonly email: string
  readonly password: string
}

/** For runtimes that cannot start a server. */
export async function connect({ email, password, ...server }: RemoteServer): Promise<Context> {
  const admin = new PocketBase(server.url, { authStore: new MemoryAuthStore() })
  admin.autoCancellation(false)
  await admin.collection('_superusers').authWithPassword(email, password)
  return contextOf(server as PocketBaseServer, admin)
}
