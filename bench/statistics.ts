/** The middle of several rounds, and how far they lie apart. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  const median = (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2
  return { median, min: sorted[0]!, max: sorted.at(-1)! }
}

/** The ratio of each round, so that what slows the computer down for a while slows both sides of it. */
export function ratios(values: readonly number[], others: readonly number[]): Spread {
  return spread(values.map((value, round) => value / others[round]!))
}
