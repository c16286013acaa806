/**
 * Fetches PocketBase executables into the cache, so that tests start without waiting.
 *
 *     node scripts/servers.ts [versions... | edges | all]
 *
 * Default: the versions that `PB_VERSIONS` names, else the newest.
 */
import { findPocketBase } from '../src/testing/binary.ts'
import { isPocketBaseServerError } from '../src/testing/errors.ts'
import { versionsUnderTest } from '../test/support/versions.ts'

const named = process.argv.slice(2).join(',')
try {
  for (const version of versionsUnderTest(named || process.env['PB_VERSIONS'])) {
    console.log(`PocketBase ${version}: ${await findPocketBase({ version })}`)
  }
} catch (error) {
  if (!isPocketBaseServerError(error)) throw error
  console.error(`\n${error.message}`)
  process.exitCode = 1
}
