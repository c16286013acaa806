import { expects } from '../core/options.ts'
import type { BaseModel } from '../schema/records.ts'
import { act } from './base.ts'
import { ReadService } from './crud.ts'
import type { CommonOptions } from './options.ts'
import { since } from './since.ts'

/** What the server noted. */
export interface LogModel extends BaseModel {
  /** A date, such as `2026-01-31 10:00:00.000Z`. */
  created: string
  /** -4 for debug, 0 for info, 4 for warn, 8 for error, or a number of the application's own. */
  level: number
  /** What happened; of a request its method and path. */
  message: string
  /**
   * For requests `type` is `request`, with `status`, `method`, `url`, `execTime` (milliseconds), `auth`, `referer`, `userAgent` and more.
   * Servers since 0.40 cut what is too long: `__pb_truncated__` is true, and any other key may be missing.
   */
  data: { [key: string]: any }
}

/** The number of logs in an hour. */
export interface HourlyStats {
  /** The beginning of the hour: `2026-01-31 10:00:00.000Z`. */
  date: string
  /** How many there were. */
  total: number
}

/** Options of the statistics of logs. */
export interface LogStatsOptions extends CommonOptions {
  /** Which logs are counted. Default: all. */
  filter?: string | undefined
}

/**
 * What the server noted, requests among it, for as many days as the settings say. A note appears some seconds after what happened. Every
 * call needs a superuser's token.
 */
export class LogService extends ReadService<LogModel> {
  override get baseCrudPath(): string {
    return '/api/logs'
  }

  /**
   * The number of logs by the hour, hours without any left out.
   *
   * `GET /api/logs/stats`
   *
   * @throws ApiError 400 for a filter that the server cannot read.
   */
  async getStats(options?: LogStatsOptions): Promise<HourlyStats[]> {
    return this.client.send('/api/logs/stats', { method: 'GET', ...options, [expects]: 'array' })
  }

  /**
   * Deletes all logs.
   *
   * `DELETE /api/logs`
   *
   * @returns true; failures throw.
   * @throws NotFoundError on servers before 0.40.
   */
  async truncate(options?: CommonOptions): Promise<true> {
    return since('0.40', act(this, 'DELETE', '/api/logs', options))
  }
}
