import { PocketBase } from '../index.ts'
import type { AuthStoreFor, PocketBaseOptions, Untyped } from '../index.ts'
import type { CookieSource } from './source.ts'
import { CookieAuthStore } from './store.ts'
import type { CookieAuthStoreOptions } from './store.ts'

/** Settings of a {@link serverClient}. */
export interface ServerClientOptions extends Omit<PocketBaseOptions, 'authStore'> {
  /** How cookies are written. */
  cookie?: CookieAuthStoreOptions | undefined
}

/** A client of one request, see {@link serverClient}. */
export type ServerClient<S = Untyped> = PocketBase<S> & {
  get authStore(): CookieAuthStore<AuthStoreFor<S>['record']>
}

/**
 * A client for one request that a server has got: whoever its cookies say is signed in. Make one for each request and never share it,
 * or users get to see each other's data.
 *
 * ```ts
 * const pb = serverClient('http://127.0.0.1:8090', request)
 * const posts = await pb.collection('posts').getFullList()
 * return pb.authStore.attach(Response.json(posts))
 * ```
 *
 * Calls do not cancel each other, unless `autoCancellation` says so. A token that ends within `autoRefreshThreshold` seconds (a day) is
 * refreshed before a call is sent: choose less where tokens last no longer than that, or each request gets a new one.
 *
 * @param source - the request, its headers, or the framework's cookie jar.
 */
export function serverClient<S = Untyped>(
  url: string,
  source: CookieSource,
  options: ServerClientOptions = {},
): ServerClient<S> {
  const { cookie, ...settings } = options
  const authStore = new CookieAuthStore<AuthStoreFor<S>['record']>(source, cookie)
  const client = new PocketBase<S>(url, { autoCancellation: false, ...settings, authStore })
  return client as ServerClient<S>
}
