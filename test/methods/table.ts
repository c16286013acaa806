import { styleText } from 'node:util'

import { writeTestReport } from '../support/test-report.ts'
import { cannotFail } from './outcome.ts'

/** What a cell shows, and whether it is as it should be. */
export interface Cell {
  readonly text: string
  readonly isGood: boolean
  /** Why it is not. */
  readonly reason?: unknown
}

/** A method's cells by the title of their column. */
export interface Row {
  readonly name: string
  readonly cells: ReadonlyMap<string, Cell>
}

/** Prints a table whose first column holds the rows' names. */
export function printTable(columns: readonly string[], rows: readonly Row[]): void {
  const nameWidth = Math.max(...rows.map(({ name }) => name.length))
  const widths = columns.map((column) =>
    Math.max(column.length, ...rows.map(({ cells }) => cells.get(column)!.text.length)),
  )
  const line = (name: string, texts: readonly string[]): string =>
    [name.padEnd(nameWidth), ...texts].join('  ').trimEnd()
  console.log(
    line(
      '',
      columns.map((column, index) => column.padEnd(widths[index]!)),
    ),
  )
  for (const { name, cells } of rows) {
    const texts = columns.map((column, index) => {
      const { text, isGood } = cells.get(column)!
      return styleText(isGood ? 'green' : 'red', text.padEnd(widths[index]!))
    })
    console.log(line(name, texts))
  }
}

/** Counts cells as tests, prints and reports that. Returns whether all are as they should be. */
export function reportCells(rows: readonly Row[], what = ''): boolean {
  const cells = rows.flatMap((row) =>
    Array.from(row.cells, ([column, cell]) => ({ name: `${row.name}, ${column}`, ...cell })),
  )
  const failures = cells.filter(({ isGood }) => !isGood)
  const passed = cells.filter(({ isGood, text }) => isGood && text !== cannotFail).length
  console.log(`\n${what}${passed} cells passed, ${failures.length} failed`)
  writeTestReport(passed, failures)
  return failures.length === 0
}
