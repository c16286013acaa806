import type { Context } from '../../methods/context.ts'
import { outcomeOf } from '../../methods/outcome.ts'
import type { Outcome } from '../../methods/outcome.ts'
import { casesByRow } from '../../methods/rows.ts'
import type { CaseFile } from '../../methods/rows.ts'
import type { Cell } from '../../methods/table.ts'
import type { Report } from '../report.ts'

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
