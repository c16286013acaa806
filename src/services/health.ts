import { expects } from '../core/options.ts'
import { BaseService } from './base.ts'
import type { CommonOptions } from './options.ts'

/** What a healthy server answers. */
export interface HealthCheckResponse {
  /** 200. */
  code: number
  /** `API is healthy.` */
  message: string
  /** For superusers `canBackup`, `realIP` and `possibleProxyHeader`; else empty. */
  data: { [key: string]: any }
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
