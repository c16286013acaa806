/**
 * What Node, Bun and Deno can do beyond browsers.
 *
 * @module
 */
export { FileAuthStore } from './file-auth-store.ts'
export type { FileAuthStoreOptions } from './file-auth-store.ts'
export { nodeFetch } from './fetch.ts'
export type { NodeFetch, NodeFetchInit, NodeFetchOptions } from './fetch.ts'
export type { NodeBody } from './http/payload.ts'
export { openFile } from './open-file.ts'
export type { OpenFileOptions } from './open-file.ts'
