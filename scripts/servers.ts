/**
 * Fetches PocketBase executables into the cache, so that tests start without waiting.
 *
 *     node scripts/servers.ts [versions...]     default: the newest; `all` for every tested one
 */
import { findPocketBase, newestPocketBase } from '../src/testing/binary.ts'
import { versions as testedVersions } from '../test/support/versions.ts'

const wanted = process.argv.slice(2)
const versions = wanted.includes('all') ? testedVersions : wanted
for (const version of versions.length > 0 ? versions : [newestPocketBase]) {
  console.log(`PocketBase ${version}: ${await findPocketBase({ version })}`)
}
