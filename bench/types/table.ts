import { alignedLines } from '../align.ts'
import { limits } from '../limits.ts'
import type { Cost, TypesRow } from './measure.ts'

/** The figures for people at a terminal, and what is held of the limits. */
export function typesTable(rows: readonly TypesRow[]): string {
  const head = [
    '',
    'TypeScript 5.9',
    'types',
    'check',
    'memory',
    'TypeScript 7',
    'types',
    'check',
    'memory',
  ]
  const lines = rows.map(({ what, older, newer }) => [what, ...cells(older), ...cells(newer)])
  const verdicts = verdictsOf(rows).map(
    ({ what, measured, max }) =>
      `${what}: ${number(measured)} < ${number(max)} ${measured < max ? 'met' : 'MISSED'}`,
  )
  return [...alignedLines([head, ...lines]), '', ...verdicts].join('\n')
}

/** Whether a limit on counts is missed. Those on time are for an idle computer, and only shown. */
export function isAnyMissed(rows: readonly TypesRow[]): boolean {
  return verdictsOf(rows).some(({ measured, max, isTime }) => !isTime && !(measured < max))
}

interface Verdict {
  readonly what: string
  readonly measured: number
  readonly max: number
  readonly isTime?: boolean
}

/** Check time counts over that of the program that only makes the client, the first row. */
function verdictsOf(rows: readonly TypesRow[]): Verdict[] {
  const [base] = rows
  return rows
    .filter(({ isLimited }) => isLimited)
    .flatMap(({ what, older, newer }) =>
      [
        { name: 'TypeScript 5.9', cost: older, from: base!.older, seconds: limits.typesSeconds59 },
        { name: 'TypeScript 7', cost: newer, from: base!.newer, seconds: limits.typesSeconds7 },
      ].flatMap(({ name, cost, from, seconds }) => [
        {
          what: `${what}, ${name}, instantiations`,
          measured: cost.instantiations,
          max: limits.typesInstantiations,
        },
        { what: `${what}, ${name}, types`, measured: cost.types, max: limits.typesTypes },
        {
          what: `${what}, ${name}, check seconds`,
          measured: cost.checkSeconds - from.checkSeconds,
          max: seconds,
          isTime: true,
        },
      ]),
    )
}

function cells({ instantiations, types, checkSeconds, memoryMB }: Cost): string[] {
  return [
    number(instantiations),
    number(types),
    `${checkSeconds.toFixed(2)} s`,
    `${memoryMB.toFixed(0)} MB`,
  ]
}

function number(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: 2 })
}
