import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

/** Something that can fetch a record. */
export interface Contestant {
  /** URL of the module whose default export is the client; without one it is `fetch` alone. */
  readonly module?: string
  /** URL of the module whose `nodeFetch` it sends with, instead of the global `fetch`. */
  readonly nodeFetch?: string
  /** Both clients' default is true. */
  readonly autoCancellation?: boolean
}

const root = resolve(import.meta.dirname, '..')

/** What both clients stand on. */
export const fetchAlone: Contestant = {}

/** The official client, as npm delivers it. */
export const official: Contestant = { module: import.meta.resolve('pocketbase') }

/** This client, as npm delivers it: built. */
export const ours: Contestant = { module: pathToFileURL(join(root, 'dist/index.js')).href }

/** The blocking form of this client. */
export const blocking: Contestant = { module: pathToFileURL(join(root, 'dist/sync/index.js')).href }

/** This client on the HTTP client of `./node`. */
export const oursOnNodeFetch: Contestant = {
  ...ours,
  nodeFetch: pathToFileURL(join(root, 'dist/node/index.js')).href,
}

export function officialVersion(): string {
  const file = join(root, 'node_modules/pocketbase/package.json')
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
