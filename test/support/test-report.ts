import { writeFileSync } from 'node:fs'
import { inspect } from 'node:util'

/** What failed, and why. */
export interface Failure {
  readonly name: string
  readonly reason?: unknown
}

/** Writes the results of a suite that vitest does not run where `TEST_REPORT` says, in the shape of its JSON reporter. */
export function writeTestReport(passed: number, failures: readonly Failure[]): void {
  const file = process.env['TEST_REPORT']
  if (!file) return
  const assertionResults = failures.map(({ name, reason = '' }) => ({
    ancestorTitles: [],
    title: name,
    status: 'failed',
    failureMessages: [typeof reason === 'string' ? reason : inspect(reason)],
  }))
  const report = {
    numPassedTests: passed,
    numFailedTests: failures.length,
    numPendingTests: 0,
    testResults: [{ name: process.argv[1], assertionResults }],
  }
  writeFileSync(file, JSON.stringify(report))
}
