/**
 * The two ways servers have read a backslash in a quoted text: `old` up to 0.39.8, `new` since 0.39.9. A literal of the
 * wrong one can end early or stay open, which is an injection; so nothing here guesses.
 */
export type Syntax = 'old' | 'new'

/** Writes a text as a quoted literal; `undefined` where there is none. */
export type Quote = (text: string) => string | undefined

/** @param neutral - both syntaxes must see a literal end at the same place, because the server will choose. */
export function quoteFor(syntax: Syntax, neutral = false): Quote {
  return (text) => {
    if (text.endsWith('\\') && (neutral || syntax === 'old')) return undefined
    // A backslash before a quote is where the two part: take the quote that has none before it.
    const mark = [`'`, `"`].find((candidate) => !neutral || !text.includes(`\\${candidate}`))
    const escaped = syntax === 'new' ? text.replaceAll('\\', '\\\\') : text
    return mark && mark + escaped.replaceAll(mark, `\\${mark}`) + mark
  }
}

/**
 * `field = text` for a text that ends in a backslash, which the old syntax cannot write as a literal: bounds that
 * leave only texts beginning with it, then a pattern that leaves only itself.
 */
export function equals(field: string, text: string, quote: Quote): string | undefined {
  let length = text.length
  while (text[length - 1] === '\\') length--
  const start = text.slice(0, length)
  const pattern = start.replace(/[\\%_]/g, '\\$&') + '\\\\'.repeat(text.length - length)
  const [from, to, like, longer] = [start, `${start}]`, `${pattern}%`, `${pattern}_%`].map(quote)
  return (
    from &&
    `(${field} > ${from} && ${field} < ${to} && ${field} ~ ${like} && ${field} !~ ${longer})`
  )
}

/** A number without exponent, because the server's grammar has none. */
export function decimal(value: number): string {
  const text = String(value)
  if (!text.includes('e')) return text
  return value.toLocaleString('en', { useGrouping: false, maximumSignificantDigits: 17 })
}
