/**
 * The two ways servers have read a backslash in a quoted text: `old` up to 0.39.8, `new` since 0.39.9. A literal of the
 * wrong one can end early or stay open, which is an injection; so nothing here guesses.
 */
export type Syntax = 'old' | 'new'

/** Both readings must see the text end at the same place, for example before the client knows the server. */
export type Reading = { syntax: Syntax; neutral: boolean }

/** A text as a quoted literal, or `undefined` where the reading has none. */
export function quote(text: string, { syntax, neutral }: Reading): string | undefined {
  if (text.endsWith('\\') && (neutral || syntax === 'old')) return undefined
  // A backslash before the quote is where the two readings part: take the quote that has none before it.
  const mark = [`'`, `"`].find((candidate) => !neutral || !text.includes(`\\${candidate}`))
  if (!mark) return undefined
  const escaped = syntax === 'new' ? text.replaceAll('\\', '\\\\') : text
  return mark + escaped.replaceAll(mark, `\\${mark}`) + mark
}

/**
 * `field = text` for a text that ends in a backslash, which the old reading cannot write as a literal: bounds that
 * leave only texts beginning with it, then a pattern that leaves only itself.
 */
export function equals(field: string, text: string, reading: Reading): string | undefined {
  const start = text.replace(/\\+$/, '')
  const pattern = start.replace(/[\\%_]/g, '\\$&') + '\\\\'.repeat(text.length - start.length)
  const [from, to, like, longer] = [start, `${start}]`, `${pattern}%`, `${pattern}_%`].map((bound) =>
    quote(bound, reading),
  )
  return (
    from && to && `(${field} > ${from} && ${field} < ${to} && ${field} ~ ${like} && ${field} !~ ${longer})`
  )
}

/** A number without exponent, because the server's grammar has none. */
export function decimal(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError(`a filter cannot hold ${value}`)
  const text = String(value)
  if (!text.includes('e')) return text
  return value.toLocaleString('en', { useGrouping: false, maximumSignificantDigits: 17 })
}
