import { expects } from '../core/options.ts'
import { BaseService } from './base.ts'
import type { CommonOptions } from './options.ts'

/** The server's settings. Every call needs a superuser's token. */
export class SettingsService extends BaseService {
  /**
   * All settings; secrets are left out.
   *
   * `GET /api/settings`
   */
  async getAll(options?: CommonOptions): Promise<{ [key: string]: any }> {
    return this.client.send('/api/settings', { method: 'GET', ...options, [expects]: 'object' })
  }

  /**
   * Changes the settings that `bodyParams` names. Objects are merged, lists replaced; leave a key out rather than sending `null`,
   * which servers since 0.40 read as zero.
   *
   * `PATCH /api/settings`
   *
   * @returns all settings as they are now.
   * @throws ValidationError with `fieldErrors` by path, such as `smtp.host`.
   */
  async update(
    bodyParams?: { [key: string]: any } | FormData,
    options?: CommonOptions,
  ): Promise<{ [key: string]: any }> {
    return this.client.send('/api/settings', {
      method: 'PATCH',
      body: bodyParams,
      ...options,
      [expects]: 'object',
    })
  }
}
