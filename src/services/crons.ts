import { expects } from '../core/options.ts'
import { path } from '../core/path.ts'
import { act, BaseService } from './base.ts'
import type { CommonOptions } from './options.ts'
import { since } from './since.ts'

/** A job that the server runs by itself. */
export interface CronJob {
  /** Unique name. Those of jobs that ship with the server begin with `__pb`. */
  id: string
  /** Five fields: minute, hour, day, month, weekday; in the server's timezone, which is UTC unless changed. */
  expression: string
}

/** Scheduled jobs, on servers since 0.24. Every call needs a superuser's token. */
export class CronService extends BaseService {
  /**
   * All jobs, the application's own first.
   *
   * `GET /api/crons`
   *
   * @throws NotFoundError on servers before 0.24.
   */
  async getFullList(options?: CommonOptions): Promise<CronJob[]> {
    return since(
      '0.24',
      this.client.send('/api/crons', { method: 'GET', ...options, [expects]: 'array' }),
    )
  }

  /**
   * Starts a job now. It does not wait for the job, and never learns what became of it.
   *
   * `POST /api/crons/{id}`
   *
   * @returns true, when the server has started it; failures throw.
   * @throws NotFoundError when there is no such job, and on servers before 0.24.
   */
  async run(jobId: string, options?: CommonOptions): Promise<boolean> {
    return since('0.24', act(this, 'POST', path`/api/crons/${jobId}`, options))
  }
}
