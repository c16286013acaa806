import { inspect, styleText } from 'node:util'
import type { Failure } from '../support/test-report.ts'

/** Counts what holds and keeps what does not. */
export interface Checks {
  readonly passed: number
  readonly failures: Failure[]
  /** Runs one. What it throws is printed, and the others go on. */
  readonly check: (name: string, run: () => void | Promise<void>) => Promise<void>
}

export function createChecks(prefix: string): Checks {
  const failures: Failure[] = []
  const checks = {
    passed: 0,
    failures,
    check: async (name: string, run: () => void | Promise<void>) => {
      try {
        await run()
        checks.passed += 1
        console.log(`${styleText('green', 'ok')}      ${prefix}: ${name}`)
      } catch (error) {
        const reason = (error instanceof Error ? error.message : inspect(error)).slice(0, 3000)
        failures.push({ name: `${prefix}: ${name}`, reason })
        console.log(`${styleText('red', 'FAILED')}  ${prefix}: ${name}`)
        console.log(reason)
      }
    },
  }
  return checks
}
