import type { Spread } from './statistics.ts'

/** One line of the result: the official client and ours in the same place. */
export interface Row {
  readonly what: string
  readonly unit: 'µs' | 'ms' | 'kB' | 'MiB' | '×' | '/s'
  /** What takes its part in both: `fetch` alone, or Node alone. */
  readonly floor?: number
  /** Missing where the official client has no such thing. */
  readonly official?: number
  readonly ours: number
  /** Ours to the official client's, round by round where there are rounds; missing where it says nothing. */
  readonly ratio?: Spread
  /** The most, or the least, that `ours` or `ratio` may be. */
  readonly limit?: { readonly on: 'ours' | 'ratio' } & Bound
}

type Bound = { readonly max: number } | { readonly min: number }

export function isMissed({ ours, ratio, limit }: Row): boolean {
  if (!limit) return false
  const measured = limit.on === 'ours' ? ours : ratio!.median
  return !('max' in limit ? measured <= limit.max : measured >= limit.min)
}
