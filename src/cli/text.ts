import stringWidth from 'fast-string-truncated-width'

/** Columns that a text takes on a terminal. */
export function width(text: string): number {
  return stringWidth(text).width
}

/** A text of exactly so many columns: cut, with an ellipsis, or filled with blanks. */
export function fit(text: string, columns: number, align: 'left' | 'right' = 'left'): string {
  const fitting = cut(text, columns)
  const blanks = ' '.repeat(Math.max(0, columns - width(fitting)))
  return align === 'right' ? blanks + fitting : fitting + blanks
}

function cut(text: string, columns: number): string {
  if (width(text) <= columns) return text
  if (columns < 1) return ''
  let start = text.slice(0, stringWidth(text, { limit: columns, ellipsis: '…' }).index)
  // Beside signs such as ␛ the library counts one too many.
  while (width(start) >= columns) start = start.replace(/.$/su, '')
  return `${start}…`
}

/**
 * A text that cannot do anything to a terminal. Anyone can send page views, so paths and the like may hold escape sequences: control
 * characters are shown as pictures, what turns the direction of writing around as `�`.
 */
export function harmless(text: string): string {
  return (
    text
      // oxlint-disable-next-line no-control-regex -- they are what it is about
      .replace(/[\0-\x1f]/g, (control) => String.fromCodePoint(0x2400 + control.charCodeAt(0)))
      .replace(/[\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, '�')
      .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '�')
  )
}

/** JSON in which nothing can do anything to a terminal either. */
export function harmlessJSON(value: unknown, indent?: number): string {
  return (JSON.stringify(value, null, indent) ?? 'null').replace(
    /[\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** `12,345`, `0.5`. */
export function number(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 1 })
}

/** `41.2 %` of a share from 0 to 1. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}

/** A duration in milliseconds as people read it: `850 µs`, `12.5 ms`, `1.25 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(ms: number): string {
  if (ms < 1) return `${Math.round(ms * 1000)} µs`
  if (ms < 999.5) return `${Number(ms.toPrecision(3))} ms`
  const seconds = ms / 1000
  if (seconds < 59.95) return `${Number(seconds.toPrecision(3))} s`
  const whole = Math.round(seconds)
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}

/** `2026-01-31 10:00:00.123`, in UTC. */
export function time(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').replace('Z', '')
}

/** `10:00:00.123` of today, `01-31 10:00:00` of another day, in UTC. */
export function shortTime(ms: number): string {
  const text = time(ms)
  return text.startsWith(time(Date.now()).slice(0, 10)) ? text.slice(11) : text.slice(5, 19)
}
