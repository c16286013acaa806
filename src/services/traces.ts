import { path } from '../core/path.ts'
import { act, BaseService } from './base.ts'
import type { CommonOptions } from './options.ts'
import { askPack, ofPack } from './pack.ts'

/** What a server did for one request. */
export interface TraceSpan {
  /** Of its row. */
  id: string
  /** 32 hexadecimal digits, shared by all spans of a trace: that of the request's `traceparent`, or random. */
  traceId: string
  /** 16 hexadecimal digits. */
  spanId: string
  /** The span of the client that sent the request, where it told. */
  parentId?: string | undefined
  /** Method and path, such as `GET /api/health`. */
  name: string
  /** `server`, unless another program has written it. */
  kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer'
  /** When it began, in microseconds since 1970. */
  startTime: number
  /** In microseconds. */
  duration: number
  /** `error` for statuses of 400 and more. */
  status: 'unset' | 'ok' | 'error'
  /** Such as `http.method` and `http.status_code`. */
  attributes?: { [key: string]: any } | undefined
  /** When it was stored: `2026-01-31 10:00:00.000Z`. */
  created: string
}

/** Which spans are listed, and how. */
export interface SpanListOptions extends CommonOptions {
  /** From 1. Default 1. */
  page?: number | undefined
  /** How many spans a page has, 500 at most. Default 20. */
  limit?: number | undefined
  /** How many spans are skipped, where there is no `page`. */
  offset?: number | undefined
  /** Those of one trace. */
  traceId?: string | undefined
  /** Those that a span of the client has caused. */
  parentSpanId?: string | undefined
  /** Those of one user's requests. */
  userId?: string | undefined
  /** Those whose name has this in it, in any case. */
  name?: string | undefined
  /** Those that took no longer, in whole milliseconds. */
  maxDuration?: number | undefined
  /** One or several, with commas: `ok,error`. */
  status?: string | undefined
  /** Those that began then or later: `2026-01-31T10:00:00Z`. */
  startTimeFrom?: string | undefined
  /** Those that began then or earlier. */
  startTimeTo?: string | undefined
  /** Default: `startTime`. */
  orderBy?: 'id' | 'name' | 'kind' | 'status' | 'duration' | 'startTime' | undefined
  /** Default: `desc`. */
  orderDir?: 'asc' | 'desc' | undefined
}

/** A page of spans. */
export interface SpanList {
  /** Empty where none match. */
  items: TraceSpan[]
  /** How many there are on all pages. */
  totalCount: number
  /** From 1. */
  page: number
  /** The limit that the server has obeyed. */
  perPage: number
}

/** How long the requests of a route took, in microseconds. */
export interface RouteStats {
  /** Such as `GET`. */
  method: string
  /** The pattern of its path: `/api/collections/{collection}/records`. */
  route: string
  /** How many requests there were. */
  count: number
  /** How many of them failed, with 400 or more. */
  errors: number
  /** On the average. */
  mean: number
  /** Half of them took no longer. */
  p50: number
  /** 90 of 100 took no longer. */
  p90: number
  /** 95 of 100 took no longer. */
  p95: number
  /** 99 of 100 took no longer. */
  p99: number
  /** The longest. */
  max: number
}

/** Routes, the slowest first, by `p95`. */
export interface RouteStatsList {
  /** Empty where there are no spans. */
  items: RouteStats[]
  /** How many requests they are of. */
  spans: number
  /** From then, in RFC 3339. */
  startTime: string
  /** Until then, in RFC 3339. */
  endTime: string
}

/** A user all of whose requests are traced, for a while. */
export interface DyedUser {
  /** The id of a record. */
  userId: string
  /** When it began, in RFC 3339. */
  addedAt: string
  /** When it ends, in RFC 3339. */
  expiresAt: string
  /** How long it lasts, in nanoseconds. */
  ttl: number
  /** Who wanted it. */
  addedBy?: string | undefined
  /** What for. */
  reason?: string | undefined
}

/** Options of adding a dyed user. */
export interface DyedUserOptions extends CommonOptions {
  /** Who wants it, for others to read. */
  addedBy?: string | undefined
  /** What for, for others to read. */
  reason?: string | undefined
}

/**
 * What the server did for each request, on servers with the hooks pack (`npx pbts hooks install <pb_hooks folder>`). Every call needs a
 * superuser's token. On servers without it every call fails with an error whose `hint` says how to install it.
 */
export class TraceService extends BaseService {
  /**
   * Spans, the latest first.
   *
   * ```ts
   * const { items } = await pb.traces.listSpans(200, { status: 'error', name: 'posts' })
   * ```
   *
   * `GET /api/_/trace/spans`
   *
   * @param minDuration - those that took this long or longer, in whole milliseconds; 0: all.
   * @throws AuthError without a token; ForbiddenError when it is no superuser's.
   */
  async listSpans(minDuration = 0, options?: SpanListOptions): Promise<SpanList> {
    const list = await askPack<SpanList>(this, '/api/_/trace/spans', { minDuration, ...options })
    return { ...list, items: list.items ?? [] }
  }

  /**
   * All spans of a trace, by the time when they began; none when there is no such trace.
   *
   * `GET /api/_/trace/spans/{traceId}`
   *
   * @throws as {@link listSpans}.
   */
  async getTrace(traceId: string, options?: CommonOptions): Promise<TraceSpan[]> {
    return askPack(this, path`/api/_/trace/spans/${traceId}`, options, 'array')
  }

  /**
   * One span.
   *
   * `GET /api/_/trace/spans/{traceId}/{spanId}`
   *
   * @throws NotFoundError when there is none; as {@link listSpans}.
   */
  async getSpan(traceId: string, spanId: string, options?: CommonOptions): Promise<TraceSpan> {
    return askPack(this, path`/api/_/trace/spans/${traceId}/${spanId}`, options)
  }

  /**
   * How long the requests of each route took, of those that were traced.
   *
   * `GET /api/_/trace/routes`
   *
   * @param range - until now.
   * @throws ApiError 400 for more than 200,000 spans; as {@link listSpans}.
   */
  async getRoutes(
    range: '1h' | '24h' | '7d' = '24h',
    options?: CommonOptions,
  ): Promise<RouteStatsList> {
    return askPack(this, '/api/_/trace/routes', { range, ...options })
  }

  /**
   * Deletes all spans of a trace.
   *
   * `DELETE /api/_/trace/spans/{traceId}`
   *
   * @returns true, also when there were none; failures throw.
   * @throws as {@link listSpans}.
   */
  async deleteTrace(traceId: string, options?: CommonOptions): Promise<true> {
    return ofPack(act(this, 'DELETE', path`/api/_/trace/spans/${traceId}`, options))
  }

  /**
   * The users whose requests are traced.
   *
   * `GET /api/_/trace/dyed-users`
   *
   * @throws as {@link listSpans}.
   */
  async listDyedUsers(options?: CommonOptions): Promise<{ items: DyedUser[]; count: number }> {
    return askPack(this, '/api/_/trace/dyed-users', options)
  }

  /**
   * Has all requests of a user traced, for a while. One that is there is replaced.
   *
   * `POST /api/_/trace/dyed-users`
   *
   * @param userId - the id of a record.
   * @param ttlSeconds - for how long.
   * @throws ApiError 409 when there are too many (100 by default); as {@link listSpans}.
   */
  async addDyedUser(
    userId: string,
    ttlSeconds = 3600,
    options: DyedUserOptions = {},
  ): Promise<DyedUser> {
    const { addedBy, reason, ...rest } = options
    const body = { userId, ttl: `${ttlSeconds}s`, addedBy, reason }
    return askPack(this, '/api/_/trace/dyed-users', { method: 'POST', body, ...rest })
  }

  /**
   * Has a dyed user's time begin anew.
   *
   * `PUT /api/_/trace/dyed-users/{id}/ttl`
   *
   * @param ttlSeconds - for how long, from now.
   * @throws NotFoundError when this user is not dyed; as {@link listSpans}.
   */
  async updateDyedUser(
    userId: string,
    ttlSeconds = 3600,
    options?: CommonOptions,
  ): Promise<DyedUser> {
    const body = { ttl: `${ttlSeconds}s` }
    return askPack(this, path`/api/_/trace/dyed-users/${userId}/ttl`, {
      method: 'PUT',
      body,
      ...options,
    })
  }

  /**
   * Ends the tracing of a user.
   *
   * `DELETE /api/_/trace/dyed-users/{id}`
   *
   * @returns true, also when this user was not dyed; failures throw.
   * @throws as {@link listSpans}.
   */
  async removeDyedUser(userId: string, options?: CommonOptions): Promise<true> {
    return ofPack(act(this, 'DELETE', path`/api/_/trace/dyed-users/${userId}`, options))
  }
}
