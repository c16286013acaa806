/**
 * What the hooks pack forwards, to receivers that others maintain: `npm run test:forwarding`.
 *
 * - Spans go to an OpenTelemetry Collector, which is built from its Go modules, and are compared with those of the server.
 * - Events go to a sink that hands them to chdb, the embedded ClickHouse, with the schema and the queries of docs/scaling.md. Its
 *   answers must be the server's.
 *
 * Receivers lose answers, hold requests, are down for a minute; the server is killed in the middle of a request. Needs `go` and `python3`
 * the first time, and some minutes each time, for the server's cron has them too. `PB_VERSIONS`: by default the oldest and the newest
 * server. `FC_SEED`: the seed of a run that is to be repeated.
 */
import { writeTestReport } from '../support/test-report.ts'
import { seed } from '../support/seed.ts'
import { versionsUnderTest } from '../support/versions.ts'
import { ensureDist } from '../../scripts/ensure-dist.ts'
import { createChecks } from './checks.ts'
import { checkForwarding } from './forwarding.ts'
import { checkRetention } from './retention.ts'
import { findClickHouse, findCollector } from './tools.ts'

ensureDist()
const collector = await findCollector()
const python = await findClickHouse()
const versions = versionsUnderTest(process.env['PB_VERSIONS'] || 'edges')
console.log(`PocketBase ${versions.join(', ')}, FC_SEED=${seed}`)

// They wait most of the time.
const all = await Promise.all(
  versions.flatMap((version) => {
    const checks = [createChecks(version), createChecks(version)] as const
    return [
      checks[0].check('the checks come to their end', async () =>
        checkForwarding({ version, collector, python, checks: checks[0] }),
      ),
      checks[1].check('the checks of retention come to their end', async () =>
        checkRetention(version, checks[1]),
      ),
    ].map(async (run, index) => {
      await run
      return checks[index]!
    })
  }),
)
const passed = all.reduce((sum, checks) => sum + checks.passed, 0)
const failures = all.flatMap((checks) => checks.failures)
console.log(`\n${passed} checks passed, ${failures.length} failed`)
writeTestReport(passed, failures)
// A check that failed may have left something open.
process.exit(failures.length === 0 ? 0 : 1)
