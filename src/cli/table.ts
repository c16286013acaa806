import { bar } from './bar.ts'
import type { Style, Terminal } from './terminal.ts'
import { fit, harmless, width } from './text.ts'

/** A column of a table, of rows of a kind. */
export interface Column<Row> {
  /** Its name where the table is read by programs. */
  readonly key: string
  /** Its name for people. Default: `key`. */
  readonly title?: string
  /** What stands in it. */
  readonly value: (row: Row) => string | number
  /** How people see that. Default: as it is. Not used for bars. */
  readonly show?: (row: Row) => string
  /** Default: numbers right, texts left. */
  readonly align?: 'left' | 'right'
  /** Takes what width the others leave, and is cut where that is too little: one column of a table. */
  readonly isFlexible?: boolean
  /** People do not see it. */
  readonly isForPrograms?: boolean
  /** Drawn, as wide as there is room: gets the width, answers text of that width. Programs do not see it. */
  readonly draw?: (row: Row, columns: number) => string
  readonly style?: (row: Row) => Style | undefined
}

/** Rows, and what is to be seen of them. */
interface TableOptions<Row> {
  readonly title?: string
  readonly columns: readonly Column<Row>[]
  /** Said to people in the place of a table without rows. */
  readonly empty: string
}

/** A table, ready to be shown to people or to programs. */
export interface Table {
  /** Aligned columns for people, no wider than their terminal. */
  readonly aligned: (terminal: Terminal) => string
  /** Tab-separated lines for programs, below a line of names. */
  readonly separatedByTabs: () => string
}

/** Makes a table of rows. */
export function table<Row>(rows: readonly Row[], options: TableOptions<NoInfer<Row>>): Table {
  return {
    aligned: (terminal) => aligned(rows, options, terminal),
    separatedByTabs: () => separatedByTabs(rows, options),
  }
}

/** A column of bars: the longest is that of the largest value. */
export function bars<Row>(rows: readonly Row[], value: (row: Row) => number): Column<Row> {
  const largest = Math.max(...rows.map(value))
  return {
    key: '',
    value,
    draw: (row, columns) => bar(value(row) / largest, columns),
    style: () => 'cyan',
  }
}

const gap = '  '
/** Columns that a text of any length keeps, if it has so many. */
const leastText = 14
const leastDrawing = 8
const mostDrawing = 100

function separatedByTabs<Row>(rows: readonly Row[], { columns }: TableOptions<Row>): string {
  const written = columns.filter(({ draw }) => !draw)
  return [
    written.map(({ key }) => key).join('\t'),
    ...rows.map((row) => written.map(({ value }) => harmless(String(value(row)))).join('\t')),
  ].join('\n')
}

function aligned<Row>(
  rows: readonly Row[],
  options: TableOptions<Row>,
  terminal: Terminal,
): string {
  const { title, empty } = options
  const heading = title === undefined ? [] : [terminal.style('bold', title)]
  if (rows.length === 0) return [...heading, terminal.style('dim', empty)].join('\n')
  const shown = options.columns.filter(({ isForPrograms }) => !isForPrograms)
  const texts = shown.map((column) => [
    column.draw ? '' : (column.title ?? column.key),
    ...rows.map((row) => (column.draw ? '' : harmless(textOf(column, row)))),
  ])
  const widths = layOut(
    shown.map(({ draw, isFlexible = false }, index) => ({
      natural: Math.max(...texts[index]!.map(width)),
      isDrawn: draw !== undefined,
      isFlexible,
    })),
    terminal.width,
  )
  const last = widths.findLastIndex((columns) => columns > 0)
  const cell = (row: number, index: number): string => {
    const column = shown[index]!
    const align = column.align ?? (typeof column.value(rows[0]!) === 'number' ? 'right' : 'left')
    const text = fit(texts[index]![row]!, widths[index]!, align)
    // Nothing is to be filled at the end of a line.
    const placed = index === last && align === 'left' ? text.trimEnd() : text
    if (row === 0) return terminal.style('dim', placed)
    const drawn = column.draw?.(rows[row - 1]!, widths[index]!).trimEnd() ?? placed
    const style = column.style?.(rows[row - 1]!)
    return style === undefined ? drawn : terminal.style(style, drawn)
  }
  const lines = [undefined, ...rows].map((_, row) =>
    shown.flatMap((_column, index) => (widths[index] === 0 ? [] : [cell(row, index)])).join(gap),
  )
  return [...heading, ...lines].join('\n')
}

function textOf<Row>({ show, value }: Column<Row>, row: Row): string {
  return show ? show(row) : String(value(row))
}

interface Wish {
  readonly natural: number
  readonly isDrawn: boolean
  readonly isFlexible: boolean
}

/** The width of each column; 0: there is no room for it. */
function layOut(wishes: readonly Wish[], room: number): number[] {
  const fixed = wishes.map(({ natural, isDrawn, isFlexible }) =>
    isDrawn || isFlexible ? 0 : natural,
  )
  const wished = wishes.find(({ isFlexible }) => isFlexible)?.natural ?? 0
  const needed = Math.min(wished, leastText)
  // What there is for texts of any length and drawings, after the columns that are as wide as they are and a gap each.
  const left = (): number =>
    room - fixed.reduce((sum, columns) => sum + (columns && columns + gap.length), 0)
  for (let index = fixed.length - 1; index > 0 && left() < needed; index -= 1) fixed[index] = 0
  const forBoth = left() - (wished > 0 ? gap.length : 0)
  const drawn = Math.min(mostDrawing, Math.max(forBoth - wished, Math.floor(forBoth * 0.35)))
  const isDrawn = drawn >= leastDrawing && forBoth - drawn >= needed
  return wishes.map((wish, index) => {
    if (wish.isDrawn) return isDrawn ? drawn : 0
    if (!wish.isFlexible) return Math.min(fixed[index]!, room)
    const hasDrawing = isDrawn && wishes.some((other) => other.isDrawn)
    return Math.max(0, Math.min(wished, hasDrawing ? forBoth - drawn : left()))
  })
}
