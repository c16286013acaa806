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
  readonly now: number
  readonly maxAgeMs: number
  /** Of the site that sends; a referrer on it is no source. `''` where it is not known. */
  readonly ownHost: string
}

const maxAheadMs = 5 * 60_000
const maxPropsLength = 4096
const maxPropsDepth = 5

/** The names of each member, the first is the wire's own, and what fits; anything else counts as a prop. */
const texts = {
  event: ['event'],
  sid: ['sid', 'sessionId'],
  uid: ['uid', 'userId'],
  path: ['path'],
  query: ['query'],
  referrer: ['referrer'],
  title: ['title'],
  lang: ['lang'],
} as const
const maxLength = {
  event: 128,
  sid: 64,
  uid: 64,
  path: 1024,
  query: 1024,
  referrer: 2048,
  title: 256,
  lang: 35,
} as const

/** Reads what a client has sent. `undefined` for what is not an event: one without a name or a session. */
export function readEvent(value: unknown, reading: Reading): Event | undefined {
  if (!isObject(value)) return undefined
  const left = new Map(Object.entries(value))
  const text = (name: keyof typeof texts): string => {
    for (const key of texts[name]) {
      const found = left.get(key)
      if (typeof found !== 'string') continue
      left.delete(key)
      if (found !== '') return found
    }
    return ''
  }
  const cut = (name: keyof typeof texts): string => clean(text(name), maxLength[name])

  const event = cut('event')
  const sid = cut('sid')
  if (event === '' || sid === '') return undefined
  const sentPath = text('path')
  const referrer = cut('referrer')
  const source = hostOf(referrer)
  const isOwn = source === reading.ownHost || source === hostOf(sentPath)
  const uid = cut('uid')
  const ts = takeTime(left, reading)
  return {
    id: takeId(left),
    ts,
    day: dayOf(ts),
    event,
    sid,
    path: clean(normalizePath(sentPath.slice(0, 8192)), maxLength.path),
    uid: reading.uid ?? uid,
    query: cut('query'),
    referrer,
    source: isOwn ? '' : clean(source, 255),
    title: cut('title'),
    lang: cut('lang'),
    perfMs: takePerfMs(left),
    props: propsOf(left),
    browser: reading.agent.browser,
    os: reading.agent.os,
    device: reading.agent.device,
  }
}

/** The day of a time in Unix milliseconds. */
export function dayOf(ts: number): number {
  return Math.floor(ts / 86_400_000)
}

function takeId(left: Map<string, unknown>): string | null {
  const id = left.get('id')
  if (typeof id !== 'string' || id === '' || id.length > 64) return null
  left.delete('id')
  return clean(id, 64)
}

function takeTime(left: Map<string, unknown>, { now, maxAgeMs }: Reading): number {
  for (const key of ['ts', 'timestamp']) {
    const time = timeOf(left.get(key))
    if (time === undefined) continue
    left.delete(key)
    if (time >= now - maxAgeMs && time <= now + maxAheadMs) return time
  }
  return now
}

/** Unix milliseconds of a number of them, or of an RFC 3339 text. */
function timeOf(value: unknown): number | undefined {
  const isText = typeof value === 'string' && /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(value)
  const time = isText ? Date.parse(value.replace(' ', 'T')) : value
  return typeof time === 'number' && Number.isFinite(time) ? Math.floor(time) : undefined
}

function takePerfMs(left: Map<string, unknown>): number | null {
  for (const key of ['perf_ms', 'perfMs']) {
    const value = left.get(key)
    if (typeof value !== 'number' || !(Math.abs(value) < 2 ** 31)) continue
    left.delete(key)
    return Math.round(value)
  }
  return null
}

/** The member `props`, and whatever else is left. Too large or too deep: none. */
function propsOf(left: Map<string, unknown>): string | null {
  const { props } = Object.fromEntries(left)
  left.delete('props')
  const entries = [...left, ...(isObject(props) ? Object.entries(props) : [])].filter(
    ([key, value]) => value != null && key !== '__proto__',
  )
  if (entries.length === 0) return null
  const all = Object.fromEntries(entries)
  // Before 0.40 the engine ends where JSON.stringify goes too deep.
  if (isDeeperThan(all, maxPropsDepth)) return null
  const json = JSON.stringify(all)
  return json.length <= maxPropsLength ? json : null
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((member) => isDeeperThan(member, levels - 1))
}

/** Without what SQLite, JSON or a terminal would trip over: control characters, halves of characters. */
function clean(text: string, length: number): string {
  // oxlint-disable-next-line no-control-regex -- those are what it is about.
  const cut = text.slice(0, length).replace(/[\u0000-\u001f\u007f]+/g, ' ')
  return /[\ud800-\udfff]/.test(cut)
    ? cut.replace(
        /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
        '\ufffd',
      )
    : cut
}
