const nanoseconds: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
}

/** Milliseconds of a number of seconds, or of a duration as Go writes them: `90s`, `1h30m`. `undefined` for what is neither. */
export function durationMs(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value * 1000 : undefined
  if (typeof value !== 'string') return undefined
  const [, sign = '', rest = ''] = /^([+-]?)(.*)$/s.exec(value)!
  if (rest === '0') return 0
  if (!/^((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+$/.test(rest)) return undefined
  let sum = 0
  for (const [, number, unit] of rest.matchAll(/([\d.]+)([^\d.]+)/g)) {
    sum += Number(number) * nanoseconds[unit!]!
  }
  return ((sign === '-' ? -1 : 1) * sum) / 1e6
}
