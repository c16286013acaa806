import { inspect } from 'node:util'

import type { Outcome } from '../methods/outcome.ts'

/** What a runtime has to say, as JSON. */
export interface Report {
  /** Its name and version, as it says itself. */
  readonly runtime: string
  readonly outcomes: Readonly<Record<string, Outcome>>
  /** Why it has no outcomes. */
  readonly problem?: string
}

/** Runs a suite and says so. One that breaks off has no outcomes, so that all its cells are missing. */
export async function reported(name: string, run: () => Promise<Report>): Promise<Report> {
  try {
    const report = await run()
    console.log(`${report.runtime}: ${Object.keys(report.outcomes).length} methods run`)
    return report
  } catch (error) {
    console.log(`${name}: failed`)
    return { runtime: name, outcomes: {}, problem: inspect(error) }
  }
}
