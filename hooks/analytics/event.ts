import { isObject } from '../http.ts'
import { hostOf, normalizePath } from './path.ts'
import type { Agent } from './user-agent.ts'

/** An event as it is stored. */
export interface Event extends Agent {
  /** What its sender calls it, `null` for nothing: then it is not known when it comes again. */
  readonly id: string | null
  /** Unix milliseconds. */
  readonly ts: number
  /** The UTC day of that, counted from 1970. */
  readonly day: number
  readonly event: string
  readonly path: string
  readonly sid: string
  readonly uid: string
  readonly query: string
  readonly referrer: string
  /** The host of the referrer, `''` where that is the site itself. */
  readonly source: string
  readonly title: string
  readonly lang: string
  readonly perfMs: number | null
  /** As JSON. */
  readonly props: string | null
}

/** What the request tells about its events. */
export interface Reading {
  readonly agent: Agent
  /** Of the record that is signed in. What the body says is a claim, and counts only without one. */
  readonly uid: string | undefined
  /** Whether texts may hold control characters, or halves of characters: JSON has them as escapes only. */
  readonly hasEscapes: boolean
  readonly now: number
  readonly maxAgeMs: number
  /** Of the site that sends; a referrer on it is no source. `''` where it is not known. */
  readonly ownHost: string
}

const maxAheadMs = 5 * 60_000
const maxPropsLength = 4096
const maxPropsDepth = 5

/** How long the texts may be; more is cut off. */
const maxLengths = new Map<string, number>(
  Object.entries({
    id: 64,
    event: 128,
    sid: 64,
    uid: 64,
    path: 8192,
    query: 1024,
    referrer: 2048,
    title: 256,
    lang: 35,
  }),
)

/** Names that other clients use. The wire's own win. */
const aliases = new Map<string, string>(
  Object.entries({
    sessionId: 'sid',
    userId: 'uid',
    timestamp: 'ts',
    perfMs: 'perf_ms',
  }),
)

/** Members as they were sent, where they are what they should be. */
interface Members {
  readonly texts: Record<string, string>
  readonly numbers: Record<string, number>
  /** Everything else. */
  readonly props: Record<string, unknown>
}

/** Reads what a client has sent. `undefined` for what is not an event: one without a name or a session. */
export function readEvent(value: unknown, reading: Reading): Event | undefined {
  if (!isObject(value)) return undefined
  const { texts, numbers, props } = sort(value, reading.hasEscapes)
  const { event = '', sid = '', path: sentPath = '', referrer = '', id } = texts
  if (event === '' || sid === '') return undefined
  const ts = timeOf(numbers['ts'], reading)
  const source = referrer === '' ? '' : hostOf(referrer)
  const isOwn =
    source === reading.ownHost || (!sentPath.startsWith('/') && source === hostOf(sentPath))
  return {
    id: id === undefined || id === '' ? null : id,
    ts,
    day: dayOf(ts),
    event,
    sid,
    path: pathOf(sentPath),
    uid: reading.uid ?? texts['uid'] ?? '',
    query: texts['query'] ?? '',
    referrer,
    source: isOwn ? '' : source.slice(0, 255),
    title: texts['title'] ?? '',
    lang: texts['lang'] ?? '',
    perfMs: numbers['perf_ms'] ?? null,
    props: jsonOf(props),
    browser: reading.agent.browser,
    os: reading.agent.os,
    device: reading.agent.device,
  }
}

function pathOf(sent: string): string {
  const path = normalizePath(sent)
  return (sent.includes('%') ? clean(path) : path).slice(0, 1024)
}

/** The day of a time in Unix milliseconds. */
export function dayOf(ts: number): number {
  return Math.floor(ts / 86_400_000)
}

function sort(value: Record<string, unknown>, hasEscapes: boolean): Members {
  const texts: Record<string, string> = {}
  const numbers: Record<string, number> = {}
  const props: Record<string, unknown> = {}
  for (const key of Object.keys(value)) {
    const member = value[key]
    const name = aliases.get(key) ?? key
    if (member == null || key === '__proto__') continue
    const maxLength = maxLengths.get(name)
    if (maxLength !== undefined && typeof member === 'string') {
      // A cut id might be another's.
      if (name === 'id' && member.length > maxLength) continue
      const text = member.length > maxLength ? member.slice(0, maxLength) : member
      if (name === key || !texts[name]) texts[name] = hasEscapes ? clean(text) : text
    } else if (name === 'ts' || name === 'perf_ms') {
      const number = name === 'ts' ? parseTime(member) : parsePerfMs(member)
      if (number === undefined) props[key] = member
      else if (name === key || numbers[name] === undefined) numbers[name] = number
    } else if (key !== 'props') props[key] = member
  }
  const own = value['props']
  return { texts, numbers, props: isObject(own) ? Object.assign(props, own) : props }
}

/** Unix milliseconds of a number of them, or of an RFC 3339 text. */
function parseTime(value: unknown): number | undefined {
  const isText = typeof value === 'string' && /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(value)
  const time = isText ? Date.parse(value.replace(' ', 'T')) : value
  return typeof time === 'number' && Number.isFinite(time) ? Math.floor(time) : undefined
}

function parsePerfMs(value: unknown): number | undefined {
  return typeof value === 'number' && Math.abs(value) < 2 ** 31 ? Math.round(value) : undefined
}

/** What is too old or in the future is now. */
function timeOf(time: number | undefined, { now, maxAgeMs }: Reading): number {
  return time !== undefined && time >= now - maxAgeMs && time <= now + maxAheadMs ? time : now
}

/** `null` for none, and for what is too large or too deep. */
function jsonOf(props: Record<string, unknown>): string | null {
  // Before 0.40 the engine ends where JSON.stringify goes too deep.
  if (Object.keys(props).length === 0 || isDeeperThan(props, maxPropsDepth)) return null
  const json = JSON.stringify(props)
  return json.length <= maxPropsLength ? json : null
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((member) => isDeeperThan(member, levels - 1))
}

/** Without what SQLite, JSON or a terminal would trip over: control characters, halves of characters. */
function clean(text: string): string {
  // oxlint-disable-next-line no-control-regex -- those are what it is about.
  const printable = text.replace(/[\u0000-\u001f\u007f]+/g, ' ')
  return /[\ud800-\udfff]/.test(printable)
    ? printable.replace(
        /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
        '\ufffd',
      )
    : printable
}
