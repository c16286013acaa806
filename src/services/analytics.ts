import type { ClientResponseError } from '../core/errors.ts'
import { createId } from '../core/id.ts'
import { normalizeUnknownQueryParams, repeatable } from '../core/options.ts'
import type { RequestOptions, SendOptions } from '../core/options.ts'
import { path as pathOf } from '../core/path.ts'
import { withQuery } from '../core/query.ts'
import { BaseService } from './base.ts'
import type { CommonOptions } from './options.ts'
import { askPack } from './pack.ts'

const base = '/api/analytics/'

/** Something that happened in an app, by the names that servers read. They cut what is too long, and leave out props that are too large. */
export interface AnalyticsEvent {
  /** What happened. `page_view` counts as a page view. 128 characters at most. */
  event: string
  /** Where: a path, or a URL, of which the path counts. 1024 characters at most. Default `/`. */
  path?: string | undefined
  /** The session: visitors are counted by it. 64 characters at most. Default: a random one, the same for all events of the service. */
  sid?: string | undefined
  /** Its own id: servers count an event once, however often it is sent. 64 characters at most. Default: random. */
  id?: string | undefined
  /** When, in milliseconds since 1970. Default, and where it is more than 7 days ago or 5 minutes ahead: when the server got it. */
  ts?: number | undefined
  /** Who: a user's id. Servers take that of the token's record where a request has one. */
  uid?: string | undefined
  /** The query of the URL. It is not taken from `path`. */
  query?: string | undefined
  /** The URL that led here; its host counts as the source. */
  referrer?: string | undefined
  /** The title of the page. */
  title?: string | undefined
  /** The visitor's language, such as `en-US`. */
  lang?: string | undefined
  /** How long something took, in whole milliseconds. */
  perf_ms?: number | undefined
  /** Whatever else there is to say, 4 KiB of JSON at most. */
  props?: { [key: string]: unknown } | undefined
}

/** Options of a tracked event: further members of the event, and options of the request. */
export interface TrackOptions
  extends
    Omit<RequestOptions, 'query' | 'referrer'>,
    Omit<AnalyticsEvent, 'event' | 'path' | 'query' | 'referrer'> {}

/** What became of events. */
export interface TrackResult {
  /** How many the server has stored now, or earlier under the same id. It skips what is no event, and what bots send. */
  accepted: number
  /** How many were sent. */
  total: number
}

/** Days in UTC, today included; anything else counts as `7d`. */
export type AnalyticsRange = 'today' | '7d' | '30d' | '90d'

/** The days of an answer, both included: `2026-01-31`, in UTC. */
export interface AnalyticsPeriod {
  /** The first. */
  startDate: string
  /** The last: today. */
  endDate: string
}

/** Visits of an app. */
export interface AnalyticsStats extends AnalyticsPeriod {
  /** Of the whole range. */
  summary: {
    /** Page views. */
    totalPV: number
    /** Visitors: distinct sessions. */
    totalUV: number
    /** The share of sessions with one page view, from 0 to 1. */
    bounceRate: number
    /** The mean time from a session's first event to its last, in milliseconds. */
    avgDur: number
  }
  /** By day, the oldest first. */
  daily: {
    /** `2026-01-31`, in UTC. */
    date: string
    /** Page views. */
    pv: number
    /** Visitors. */
    uv: number
  }[]
}

/** Visitors of something with a name. */
export interface VisitorCount {
  /** As the browser calls itself. */
  name: string
  /** Distinct sessions. */
  visitors: number
}

/** Pages, the most viewed first. */
export interface TopPages extends AnalyticsPeriod {
  /** At most as many as were asked for. */
  pages: {
    /** Without query, and without a slash at its end. */
    path: string
    /** Page views. */
    pv: number
    /** Distinct sessions. */
    visitors: number
  }[]
}

/** Where visitors came from, most visitors first. */
export interface TopSources extends AnalyticsPeriod {
  /** At most as many as were asked for. */
  sources: {
    /** A host, such as `example.com`. */
    source: string
    /** Distinct sessions. */
    visitors: number
  }[]
}

/** What visitors use, most visitors first. */
export interface DeviceStats extends AnalyticsPeriod {
  /** Such as `Firefox`. */
  browsers: VisitorCount[]
  /** Operating systems. */
  os: VisitorCount[]
  /** `desktop`, `mobile`, `tablet` or `unknown`. */
  devices: VisitorCount[]
}

/** How a server keeps analytics. */
export interface AnalyticsConfig {
  [key: string]: any
  /** Whether it does. */
  enabled: boolean
  /** For how long it keeps events, in days. */
  retention: number
  /** How long events wait before they are stored, in nanoseconds. */
  flushInterval: number
  /** Whether raw logs go to S3. */
  hasS3: boolean
  /** The version of the hooks pack. */
  pack?: string | undefined
}

/**
 * What people do in an app, on servers with the hooks pack (`npx pbts hooks install <pb_hooks folder>`). Anyone can send events; reading
 * needs a superuser's token. On servers without it every call fails with an error whose `hint` says how to install it. For pages of
 * browsers see `pocketbase-typescript/analytics`.
 */
export class AnalyticsService extends BaseService {
  private sid = ''

  /**
   * Sends one event.
   *
   * ```ts
   * await pb.analytics.trackEvent('signup', '/pricing', '', { props: { plan: 'pro' } })
   * ```
   *
   * `POST /api/analytics/events`
   *
   * @param event - what happened; `page_view` counts as a page view.
   * @param path - where.
   * @param referrer - the URL that led there.
   * @throws RateLimitError above 60 requests of one address in 10 seconds.
   */
  async trackEvent(
    event: string,
    path: string,
    referrer = '',
    options: TrackOptions = {},
  ): Promise<TrackResult> {
    const own: SendOptions = { ...options }
    // What is not of the request is of the event.
    normalizeUnknownQueryParams(own)
    const { query, ...rest } = own
    return this.trackEvents([{ event, path, referrer, ...query }], rest)
  }

  /**
   * Sends any number of events: as many requests, one after the other, as the limits of servers ask for (500 events and 256 KiB each).
   *
   * `POST /api/analytics/events`, not at all without events
   *
   * @throws RateLimitError above 60 requests of one address in 10 seconds. Requests before the one that failed are done: give events
   * an `id` to send all of them again.
   */
  async trackEvents(
    events: readonly AnalyticsEvent[],
    options?: CommonOptions,
  ): Promise<TrackResult> {
    const sid = (this.sid ||= createId())
    const body = { events: events.map((event) => ({ sid, id: createId(), ...event })) }
    const total = events.length
    const half = total >> 1
    let accepted = 0
    // No character takes more than three bytes.
    if (half && (total > 500 || JSON.stringify(body).length > 87_000)) {
      for (const part of [body.events.slice(0, half), body.events.slice(half)])
        accepted += (await this.trackEvents(part, options)).accepted
    } else if (total) {
      // Their ids make it safe to send them again.
      const own = { method: 'POST', body, ...options, [repeatable]: true }
      ;({ accepted } = await askPack<TrackResult>(this, `${base}events`, own))
    }
    return { accepted, total }
  }

  /**
   * Page views and visitors, and how long visits last.
   *
   * `GET /api/analytics/stats`
   *
   * @throws AuthError without a token; ForbiddenError when it is no superuser's.
   */
  async getStats(range: AnalyticsRange = '7d', options?: CommonOptions): Promise<AnalyticsStats> {
    return askPack(this, `${base}stats`, { range, ...options })
  }

  /**
   * The pages with the most views.
   *
   * `GET /api/analytics/top-pages`
   *
   * @param limit - 100 at most.
   * @throws as {@link getStats}.
   */
  async getTopPages(
    range: AnalyticsRange = '7d',
    limit = 10,
    options?: CommonOptions,
  ): Promise<TopPages> {
    return askPack(this, `${base}top-pages`, { range, limit, ...options })
  }

  /**
   * The hosts that most visitors came from.
   *
   * `GET /api/analytics/top-sources`
   *
   * @param limit - 100 at most.
   * @throws as {@link getStats}.
   */
  async getTopSources(
    range: AnalyticsRange = '7d',
    limit = 10,
    options?: CommonOptions,
  ): Promise<TopSources> {
    return askPack(this, `${base}top-sources`, { range, limit, ...options })
  }

  /**
   * Visitors by browser and by operating system.
   *
   * `GET /api/analytics/devices`
   *
   * @throws as {@link getStats}.
   */
  async getDevices(range: AnalyticsRange = '7d', options?: CommonOptions): Promise<DeviceStats> {
    return askPack(this, `${base}devices`, { range, ...options })
  }

  /**
   * How the server keeps analytics; also where they are off.
   *
   * `GET /api/analytics/config`
   *
   * @throws as {@link getStats}.
   */
  async getConfig(options?: CommonOptions): Promise<AnalyticsConfig> {
    return askPack(this, `${base}config`, options)
  }

  /**
   * The days that have events: `2026-01-31`, in UTC, the newest first.
   *
   * `GET /api/analytics/raw-logs`
   *
   * @throws as {@link getStats}.
   */
  async getRawLogs(options?: CommonOptions): Promise<{ dates: string[] }> {
    return askPack(this, `${base}raw-logs`, options)
  }

  /**
   * The URL of all events of a day, one JSON object a line; asks no server. With a token for `files.download`, or a link.
   *
   * `GET /api/analytics/raw-logs/{date}`
   *
   * @param date - `2026-01-31`, in UTC.
   * @param token - a superuser's, from `files.getToken()`; valid for 3 minutes by default.
   */
  getRawLogDownloadURL(date: string, token?: string): string {
    return withQuery(this.client.buildURL(pathOf`/api/analytics/raw-logs/${date}`), { token })
  }

  /**
   * Whether the server keeps analytics: false where they are off, and where there is no hooks pack. For everyone.
   *
   * `POST /api/analytics/events`, without events
   */
  async isEnabled(options?: CommonOptions): Promise<boolean> {
    const probe = { method: 'POST', body: { events: [] }, ...options }
    return this.client.send(`${base}events`, probe).then(
      () => true,
      (cause: unknown) => {
        const { status } = cause as ClientResponseError
        // 400: it wants events.
        if (status !== 400 && status !== 404) throw cause
        return status === 400
      },
    )
  }
}
