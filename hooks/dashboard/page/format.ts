const locale = navigator.languages

const integer = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 })
const compact = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 })
const percentage = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 })
const dayMonth = new Intl.DateTimeFormat(locale, {
  month: 'short',
  day: 'numeric',
  timeZone: 'UTC',
})
const wholeDay = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeZone: 'UTC' })
const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' })
const time = new Intl.DateTimeFormat(locale, { timeStyle: 'medium' })
const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'always' })

/** `1,234,567` */
export function formatNumber(value: number): string {
  return integer.format(value)
}

/** `1.2M`, for axes. */
export function formatCompact(value: number): string {
  return compact.format(value)
}

/** `41.7%`, from a share of 1. */
export function formatShare(share: number): string {
  return percentage.format(share)
}

/** A day such as `2026-01-31`, which is one of UTC. */
export function formatDay(date: string, style: 'short' | 'long' = 'short'): string {
  return (style === 'short' ? dayMonth : wholeDay).format(new Date(`${date}T00:00:00Z`))
}

/** In the time zone of whoever reads it. */
export function formatTime(at: Date): string {
  return dateTime.format(at)
}

/** Without the day where that is today. */
export function formatMoment(at: Date): string {
  return at.toDateString() === new Date().toDateString() ? formatClock(at) : formatTime(at)
}

/** Without the day. */
export function formatClock(at: Date): string {
  return time.format(at)
}

/** `840 μs`, `12.3 ms`, `1.24 sec`, `3 min 5 sec`: three digits are enough. */
export function formatDuration(microseconds: number): string {
  if (microseconds === 0) return unit(0, 'second')
  if (microseconds < 1000) return unit(microseconds, 'microsecond')
  if (microseconds < 999_500) return unit(microseconds / 1000, 'millisecond')
  const seconds = microseconds / 1e6
  if (seconds < 59.95) return unit(seconds, 'second')
  const whole = Math.round(seconds)
  if (whole < 3600) return pair(whole, 60, 'minute', 'second')
  return pair(Math.round(whole / 60), 60, 'hour', 'minute')
}

function pair(value: number, size: number, large: string, small: string): string {
  const rest = value % size
  const text = unit(Math.floor(value / size), large)
  return rest === 0 ? text : `${text} ${unit(rest, small)}`
}

const units = new Map<string, Intl.NumberFormat>()

function unit(value: number, name: string): string {
  let format = units.get(name)
  if (format === undefined) {
    format = new Intl.NumberFormat(locale, {
      style: 'unit',
      unit: name,
      maximumSignificantDigits: 3,
    })
    units.set(name, format)
  }
  return format.format(value)
}

/** `in 12 minutes`, `3 hours ago`. */
export function formatRelative(at: Date, now = Date.now()): string {
  const seconds = (at.getTime() - now) / 1000
  const size = Math.abs(seconds)
  if (size < 60) return relative.format(Math.trunc(seconds), 'second')
  if (size < 3600) return relative.format(Math.trunc(seconds / 60), 'minute')
  if (size < 86_400) return relative.format(Math.trunc(seconds / 3600), 'hour')
  return relative.format(Math.trunc(seconds / 86_400), 'day')
}
