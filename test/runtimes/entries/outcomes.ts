import type { Context } from '../../methods/context.ts'
import { casesByRow, outcomeOf } from '../../methods/suite.ts'
import type { CaseFile, Outcome } from '../../methods/suite.ts'
import type { Cell } from '../../methods/table.ts'

/** What a runtime has to say, as JSON. */
export interface Report {
  /** Its name and version, as it says itself. */
  readonly runtime: string
  readonly outcomes: Readonly<Record<string, Outcome>>
  /** Why it has no outcomes. */
  readonly problem?: string
}

/** Runs all cases, one after the other. */
export async function outcomesOf(
  files: readonly CaseFile[],
  context: Context,
): Promise<Report['outcomes']> {
  const outcomes: Record<string, Outcome> = {}
  for (const [name, tested] of casesByRow(files)) {
    const { ok, fails } = await outcomeOf(tested, context)
    outcomes[name] = { ok: withoutObjects(ok), fails: withoutObjects(fails) }
  }
  return outcomes
}

/** Errors do not survive JSON. */
function withoutObjects(cell: Cell): Cell {
  if (cell.isGood) return cell
  const { reason } = cell
  const text = reason instanceof Error ? `${reason.message}\n${reason.stack}` : String(reason)
  return { ...cell, reason: text }
}
