import { inspect, styleText } from 'node:util'

/** Counts what holds and what does not. */
export interface Checks {
  readonly passed: number
  readonly failed: number
  /** Runs one. What it throws is printed, and the others go on. */
  readonly check: (name: string, run: () => void | Promise<void>) => Promise<void>
}

export function createChecks(prefix: string): Checks {
  const checks = {
    passed: 0,
    failed: 0,
    check: async (name: string, run: () => void | Promise<void>) => {
      try {
        await run()
        checks.passed += 1
        console.log(`${styleText('green', 'ok')}      ${prefix}: ${name}`)
      } catch (error) {
        checks.failed += 1
        console.log(`${styleText('red', 'FAILED')}  ${prefix}: ${name}`)
        console.log((error instanceof Error ? error.message : inspect(error)).slice(0, 3000))
      }
    },
  }
  return checks
}
