/**
 * What Node, Bun and Deno can do beyond browsers.
 *
 * @module
 */
export { FileAuthStore } from './file-auth-store.ts'
export type { FileAuthStoreOptions } from './file-auth-store.ts'
