/**
 * Server-side rendering: who is signed in, kept in cookies, with a client for each request.
 *
 * @module
 */
export { serverClient } from './client.ts'
export type { ServerClient, ServerClientOptions } from './client.ts'
export { nextCookies } from './next.ts'
export { nodeCookies } from './node.ts'
export type { FastifyReplyLike, NodeRequestLike, NodeResponseLike } from './node.ts'
export type { CookieAttributes, CookieJar, CookieSource, HeadersLike } from './source.ts'
export { CookieAuthStore } from './store.ts'
export type { CookieAuthStoreOptions } from './store.ts'
export { verifyAuth } from './verify.ts'
