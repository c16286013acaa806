/**
 * The hooks pack: analytics and traces for any PocketBase since 0.23. Its files go into the server's hooks folder.
 *
 * @module
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * The folder, as an absolute path, whose content belongs into a server's hooks folder: `pbts.pb.js` and the folder `pbts`. Copy
 * `pbts.pb.js` last: a server that watches its hooks starts again with each change.
 */
// From the sources too, these are the built ones.
export const hooksDir: string = fileURLToPath(new URL('../../dist/hooks/pb_hooks', import.meta.url))

/** The version of the pack, which is the package's. A server says it at `/api/analytics/config`. */
export const version: string = readVersion()

function readVersion(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}
