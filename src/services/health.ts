import { expects } from '../core/options.ts'
import { BaseService } from './base.ts'
import type { CommonOptions } from './options.ts'

/** What a healthy server answers. */
export interface HealthCheckResponse {
  /** 200. */
  code: number
  /** `API is healthy.` */
  message: string
  /** More for superusers; else empty. */
  data: {
    [key: string]: any
    /** False while a backup is made or restored. */
    canBackup?: boolean
    /** The caller's address, as the server sees it. */
    realIP?: string
    /** A header that says there is a proxy before the server; `''` for none. */
    possibleProxyHeader?: string
  }
}

/** Whether the server is up. */
export class HealthService extends BaseService {
  /**
   * Asks the server whether it is healthy.
   *
   * `GET /api/health`
   */
  async check(options?: CommonOptions): Promise<HealthCheckResponse> {
    return this.client.send('/api/health', { method: 'GET', ...options, [expects]: 'object' })
  }
}
