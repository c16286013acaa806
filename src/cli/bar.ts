const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/** A bar of a share from 0 to 1, as exact as an eighth of a column. Whatever is more than nothing can be seen. */
export function bar(share: number, columns: number): string {
  const all = columns * 8
  const length = share > 0 ? Math.max(1, Math.round(Math.min(1, share) * all)) : 0
  const drawn = '█'.repeat(Math.floor(length / 8)) + eighths[length % 8]!
  return drawn.padEnd(columns)
}

/** A bar from one place to another on a line from 0 to 1, at least one column long. */
export function stretch(from: number, to: number, columns: number): string {
  const first = Math.min(columns - 1, Math.floor(from * columns))
  const length = Math.max(1, Math.round((to - from) * columns))
  const drawn = '━'.repeat(Math.min(length, columns - first))
  return (' '.repeat(first) + drawn).padEnd(columns)
}
