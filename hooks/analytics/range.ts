import { query } from '../http.ts'
import { dayOf } from './event.ts'

/** Days, both included. */
export interface Range {
  readonly from: number
  readonly to: number
}

const lengths = new Map([
  ['today', 1],
  ['7d', 7],
  ['30d', 30],
  ['90d', 90],
])

/** The range that a request asks for, with today as its last day. Default: 7 days. */
export function rangeOf(e: RequestEvent): Range {
  const to = dayOf(Date.now())
  return { from: to - (lengths.get(query(e, 'range')) ?? 7) + 1, to }
}

/** What answers say about their range. */
export function datesOf({ from, to }: Range): { startDate: string; endDate: string } {
  return { startDate: dateOf(from), endDate: dateOf(to) }
}

/** Such as `2026-01-31`. */
export function dateOf(day: number): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10)
}
