import { settings } from '../env.ts'
import { pathMatcher } from './path-rules.ts'

const { mode, sampleRate, slowMs, include, exclude } = settings.traces
const words = new Set(mode.toLowerCase().split(/[\s,]+/))
// The old name for dyed users and whichever filters are set.
const isConditional = words.has('conditional')
const isSampled = words.has('sampled') || (isConditional && sampleRate !== undefined)
const isSlow = words.has('slow') || (isConditional && slowMs !== undefined)

/** Which requests are recorded. Whoever is dyed is, in every mode but `off`. */
export const recording = {
  isOn: !words.has('off'),
  all: words.has('full'),
  failed: words.has('failed'),
  /** Share of requests, by their trace id: all services that go by it choose the same. */
  sampleRate: isSampled ? (sampleRate ?? 0.1) : 0,
  slowMicros: isSlow ? (slowMs ?? 500) * 1000 : Infinity,
}

/** Whether requests other than those of dyed users may be recorded. */
export const recordsOthers =
  recording.all || recording.failed || recording.sampleRate > 0 || recording.slowMicros < Infinity

const isIncluded = include.length === 0 ? () => true : pathMatcher(include)
const isExcluded = pathMatcher(exclude)
const hasRules = include.length + exclude.length > 0

/** Whether the rules let this request be recorded. */
export function isTraced({ request }: RequestEvent): boolean {
  if (!hasRules) return true
  const { path } = request.url
  return isIncluded(path) && !isExcluded(path)
}
