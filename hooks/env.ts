/** What the environment says, read once in each engine. */
export const settings = {
  analytics: {
    isOn: text('PB_ANALYTICS_MODE', 'full') !== 'off' && flag('PB_ANALYTICS_ENABLED', true),
    retentionDays: number('PB_ANALYTICS_RETENTION', 90),
    summaryRetentionDays: number('PB_ANALYTICS_SUMMARY_RETENTION', 400),
    maxEventAgeMs: number('PB_ANALYTICS_MAX_EVENT_AGE', 7 * 86_400) * 1000,
    /** Requests of one address in ten seconds; 0: any number. */
    rateLimit: number('PB_ANALYTICS_RATE_LIMIT', 60),
  },
  traces: {
    mode: text('PB_TRACE_MODE', 'conditional'),
    /** Undefined where the environment says nothing. */
    sampleRate: optionalNumber('PB_TRACE_SAMPLE_RATE'),
    slowMs: optionalNumber('PB_TRACE_SLOW_MS'),
    include: list('PB_TRACE_INCLUDE'),
    exclude: list('PB_TRACE_EXCLUDE'),
    retentionDays: number('PB_TRACE_RETENTION_DAYS', 7),
    dyeUsers: list('PB_TRACE_DYE_USERS'),
    dyeMax: number('PB_TRACE_DYE_MAX', 100),
    /** A duration as Go writes them. */
    dyeTTL: text('PB_TRACE_DYE_TTL', '1h'),
  },
}

export function text(name: string, byDefault: string): string {
  return $os.getenv(name).trim() || byDefault
}

function flag(name: string, byDefault: boolean): boolean {
  const value = text(name, '').toLowerCase()
  return value === '' ? byDefault : value === 'true' || value === '1'
}

/** What is not a number, or below 0, counts as not set. */
function optionalNumber(name: string): number | undefined {
  const value = Number(text(name, 'NaN'))
  return value >= 0 ? value : undefined
}

export function number(name: string, byDefault: number): number {
  return optionalNumber(name) ?? byDefault
}

function list(name: string): string[] {
  return text(name, '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}
