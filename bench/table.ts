import { alignedLines } from './align.ts'
import { officialVersion } from './contestants.ts'
import { isMissed } from './row.ts'
import type { Row } from './row.ts'

/** The result for people at a terminal. */
export function textTable(rows: readonly Row[]): string {
  const head = ['', 'floor', `official ${officialVersion()}`, 'ours', 'ours / official', 'limit']
  const lines = rows.map((row) => [...cells(row), range(row), verdict(row)])
  return alignedLines([head, ...lines]).join('\n')
}

/** The result for the README. */
export function markdownTable(rows: readonly Row[]): string {
  const head = [
    '',
    '`fetch` or Node alone',
    `official client ${officialVersion()}`,
    'this client',
    'ratio',
  ]
  const lines = rows.map((row) => [...cells(row), row.ratio?.median.toFixed(2) ?? ''])
  return [head, ['---', ...head.slice(1).map(() => '--:')], ...lines]
    .map((line) => `| ${line.join(' | ')} |`)
    .join('\n')
}

function cells(row: Row): string[] {
  const digits = row.unit === 'µs' || row.unit === '/s' ? 0 : row.unit === 'ms' ? 1 : 2
  const amount = (value: number | undefined): string =>
    value === undefined ? '' : `${value.toFixed(digits)} ${row.unit}`
  return [row.what, amount(row.floor), amount(row.official), amount(row.ours)]
}

function range({ ratio }: Row): string {
  if (!ratio) return ''
  const [median, min, max] = [ratio.median, ratio.min, ratio.max].map((value) => value.toFixed(2))
  return min === max ? median! : `${median} (${min} to ${max})`
}

function verdict(row: Row): string {
  const { limit, unit } = row
  if (!limit) return ''
  const [sign, bound] = 'max' in limit ? ['<=', limit.max] : ['>=', limit.min]
  const text = limit.on === 'ours' ? `${bound} ${unit}` : bound.toFixed(2)
  return `${sign} ${text} ${isMissed(row) ? 'MISSED' : 'met'}`
}
