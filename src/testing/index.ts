/**
 * Real PocketBase servers for tests: found, downloaded or built, started on a free port, and cleaned up.
 *
 * @module
 */
export { findPocketBase, newestPocketBase } from './binary.ts'
export type { FindOptions } from './binary.ts'
export { isPocketBaseServerError, PocketBaseServerError } from './errors.ts'
export type { PocketBaseServerErrorReason } from './errors.ts'
export type { SuperuserCredentials } from './launch.ts'
export { printProgress } from './progress.ts'
export type { OnProgress, ProgressOutput, ServerProgress } from './progress.ts'
export type { PocketBaseServer } from './server.ts'
export { startPocketBase } from './start.ts'
export type { StartOptions } from './start.ts'
