import { createId } from '../core/id.ts'
import type { AnalyticsEvent, ClientResponseError, PocketBase } from '../index.ts'
import { listen, watchURL } from './pages.ts'
import { Queue } from './queue.ts'
import type { Waiting } from './queue.ts'
import { createSession } from './session.ts'
import { pageStorage } from './storage.ts'

/** How a page's events are collected. */
export interface StartAnalyticsOptions {
  /** Whether views of pages count by themselves, also where an app changes the URL without loading a page. Default true. */
  pageViews?: boolean | undefined
  /**
   * The path that a page counts as; `undefined`: it does not count. Default: that of the URL. Give another one where paths hold secrets, or
   * where the page is in the hash.
   */
  pathOf?: ((location: Location) => string | undefined) | undefined
  /**
   * Whether nothing is collected until `optIn`, where the visitor has not decided. Default: where the browser says so, by Do Not Track or
   * Global Privacy Control.
   */
  optedOut?: boolean | undefined
  /** How long events wait for others, in milliseconds, before all are sent. Default 5000. */
  flushIntervalMs?: number | undefined
  /** How many events wait at most while the server cannot be reached, the latest ones. Default 1000. */
  maxQueued?: number | undefined
  /** How much of `localStorage` they take at most, in bytes. Default 500,000. */
  maxQueuedBytes?: number | undefined
}

/** What collects a page's events. Its methods never throw, and what they return never rejects. */
export interface Analytics {
  /** Notes that something has happened. `props` are sent as JSON, 4 KiB at most. */
  track(event: string, props?: { [key: string]: unknown }): void
  /** Counts a view of the page, where `pageViews` does not or something else on it counts as one. */
  page(path?: string): void
  /** Says whose the events from now on are, until the page ends: a user's id, or `null` for nobody's. */
  identify(userId: string | null): void
  /** Sends what waits; resolves when the server has it, or cannot be reached. */
  flush(): Promise<void>
  /** Ends it, and sends what waits. `pb.close()` does so too. */
  stop(): Promise<void>
  /** Collects nothing from now on, on all pages of the site, and forgets what waits. */
  optOut(): void
  /** Collects from now on, on all pages of the site, whatever the browser says. */
  optIn(): void
}

const optOutKey = 'pbts opt-out'

/** What browsers send after a page's end is 64 KiB at most, the app's own included. */
const maxRequestBytes = 60_000
const maxRequestEvents = 500
const maxPauseMs = 300_000

/** Of a page's query nothing else is sent: it may hold secrets. */
const campaign = /^(utm_\w+|ref|source)=/

/**
 * Collects what people do on a page, for the hooks pack of the server: views of pages, and what you tell it. No cookies: a session is that
 * of a tab, and ends after half an hour without events.
 *
 * ```ts
 * const analytics = startAnalytics(pb)
 * analytics.track('signup', { plan: 'pro' })
 * ```
 *
 * Events are sent together, at the latest when the page is hidden; what the server has not confirmed stays in `localStorage` and is sent again
 * by this page or the next one, under the same id, which the server counts once. Where there is no pack, one warning on the console says
 * how to install it.
 *
 * Outside of browsers it works too, but counts no pages by itself and forgets what waits when the process ends.
 *
 * `POST /api/analytics/events`, without who is signed in: see {@link Analytics.identify}
 */
export function startAnalytics(
  client: PocketBase<any>,
  options: StartAnalyticsOptions = {},
): Analytics {
  const { pageViews = true, pathOf = pathname, flushIntervalMs = 5000 } = options
  const { document, location, navigator } = globalThis
  const queue = new Queue(`pbts ${client.buildURL('')} `, {
    count: options.maxQueued ?? 1000,
    bytes: options.maxQueuedBytes ?? 500_000,
  })
  const storage = pageStorage('localStorage')
  const sessionId = createSession()
  /** Keys of events of this page. */
  const own = new Set<string>()
  /** Keys of those on their way. */
  const sending = new Set<string>()
  let userId: string | undefined
  /** The one that was counted because the URL has changed. */
  let lastPath: string | undefined
  let referrer: string | undefined = document?.referrer
  /** What ends it. */
  const undoing: (() => void)[] = []
  let flushing: Promise<unknown> = Promise.resolve()
  let failures = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let isStopped = false
  let hasNoPack = false

  const analytics: Analytics = {
    track: safely((event, props) => add({ event, props })),
    page: safely((path) => view(path ?? (location && pathOf(location)))),
    identify(id) {
      userId = id ?? undefined
    },
    flush,
    stop: async () => {
      isStopped = true
      for (const undo of undoing.splice(0)) undo()
      await flush()
    },
    optOut: safely(() => {
      queue.remove(queue.list())
      storage[optOutKey] = '1'
    }),
    optIn: safely(() => {
      storage[optOutKey] = '0'
      if (document) changed()
    }),
  }
  safely(start)()
  return analytics

  function start(): void {
    // oxlint-disable-next-line typescript/unbound-method -- it is called on the client, and put back as it was
    const { close } = client
    const closing = async (): Promise<void> => {
      await analytics.stop()
      return close.call(client)
    }
    client.close = closing
    undoing.push(() => {
      if (client.close === closing) client.close = close
    })
    if (!document) return
    undoing.push(
      listen(document, 'visibilitychange', () => {
        if (document.visibilityState === 'hidden') void flush()
      }),
      listen(globalThis, 'pagehide', () => void flush()),
      listen(globalThis, 'online', () => void flush()),
    )
    if (pageViews) {
      undoing.push(
        ...watchURL(safely(changed)),
        // Back from the cache of whole pages.
        listen(globalThis, 'pageshow', ({ persisted }) => {
          if (persisted) analytics.page()
        }),
        // Nobody has seen it before.
        listen(document, 'prerenderingchange', safely(changed)),
      )
      changed()
    }
    // What pages before this one have left.
    schedule()
  }

  function changed(): void {
    const { prerendering } = document as { prerendering?: boolean }
    const path = pageViews && !prerendering && !isOptedOut() && pathOf(location)
    if (!path || path === lastPath) return
    lastPath = path
    view(path)
  }

  function view(path: string | undefined): void {
    if (path === undefined) return
    const query = location?.search
      .slice(1)
      .split('&')
      .filter((pair) => campaign.test(pair))
      .join('&')
    add({ event: 'page_view', path, query: query || undefined, referrer: referrer || undefined })
    // Later ones come from the page itself.
    referrer = ''
  }

  function add(event: AnalyticsEvent): void {
    if (isStopped || isOptedOut() || hasNoPack) return
    const ts = Date.now()
    own.add(
      queue.add({
        path: location && pathOf(location),
        ...event,
        sid: sessionId(ts),
        id: createId(),
        ts,
        uid: userId,
        title: document?.title,
        lang: navigator?.language,
      }),
    )
    schedule()
  }

  function isOptedOut(): boolean {
    const { doNotTrack, globalPrivacyControl } = (navigator ?? {}) as Partial<Navigator> & {
      globalPrivacyControl?: boolean
    }
    const chosen = storage[optOutKey]
    return chosen
      ? chosen === '1'
      : (options.optedOut ?? (doNotTrack === '1' || globalPrivacyControl === true))
  }

  /** Sends after a while, which is longer after failures. */
  function schedule(): void {
    if (isStopped || hasNoPack) return
    const pauseMs = Math.min(flushIntervalMs * 2 ** failures, maxPauseMs)
    timer ??= setTimeout(() => void flush(), pauseMs)
    // Processes may end meanwhile.
    ;(timer as { unref?(): void }).unref?.()
  }

  /** The first request is on its way before this returns: the page may be about to end. */
  function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    flushing = Promise.all([flushing, sendAll()])
    return flushing.then(() => {})
  }

  async function sendAll(): Promise<void> {
    try {
      while (!hasNoPack && !isOptedOut()) {
        const batch = nextBatch()
        if (batch.length === 0) break
        if (!(await post(batch))) return
      }
      // Other pages may still send theirs.
      if (queue.list().length > 0) schedule()
    } catch (error) {
      warn(error)
    }
  }

  /** What no other page is about to send, as much of it as a request may have. */
  function nextBatch(): Waiting[] {
    const leftSince = Date.now() - 2 * flushIntervalMs
    let bytes = 0
    return queue
      .list()
      .filter(({ key, at }) => !sending.has(key) && (own.has(key) || at < leftSince))
      .slice(0, maxRequestEvents)
      .filter(({ text }) => (bytes += new Blob([text]).size + 1) < maxRequestBytes)
  }

  /** Whether to go on. */
  async function post(batch: readonly Waiting[]): Promise<boolean> {
    for (const { key } of batch) sending.add(key)
    try {
      const events = batch.map(({ text }) => JSON.parse(text) as AnalyticsEvent)
      await client.analytics.trackEvents(events, request)
      failures = 0
    } catch (cause) {
      const error = cause as ClientResponseError
      const { status, kind } = error
      if (status === 404 || kind === 'decode') {
        hasNoPack = true
        warn(`nothing is counted. ${error.describe()}`)
      }
      // What a server refuses once it refuses again.
      if (kind && status !== 400 && status !== 413) {
        failures++
        schedule()
        return false
      }
    } finally {
      for (const { key } of batch) sending.delete(key)
    }
    queue.remove(batch)
    for (const { key } of batch) own.delete(key)
    return true
  }
}

/** With these browsers ask no other origin first, whether they may send it, and go on sending when the page has ended. */
const request = {
  keepalive: true,
  headers: {
    'Content-Type': 'text/plain',
    'Accept-Language': '',
    Authorization: '',
    traceparent: '',
  },
  requestKey: null,
  requireAuth: false,
  retry: 0,
  timeout: 10_000,
}

function pathname(location: Location): string {
  return location.pathname
}

/** Apps go on, whatever happens here. */
function safely<A extends unknown[]>(work: (...args: A) => void): (...args: A) => void {
  return (...args) => {
    try {
      work(...args)
    } catch (error) {
      warn(error)
    }
  }
}

function warn(error: unknown): void {
  // oxlint-disable-next-line no-console -- those who make the page should know, and nobody else
  console.warn('Analytics:', error)
}
