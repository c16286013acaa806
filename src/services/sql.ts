import { expects } from '../core/options.ts'
import { BaseService } from './base.ts'
import type { CommonOptions } from './options.ts'
import { since } from './since.ts'

/** What a statement answered. */
export interface SQLResult {
  /** Milliseconds. */
  execTime: number
  /** How many rows a statement that writes has changed; 0 for others. */
  affectedRows: number
  /** The columns of `rows`; empty for statements that write. */
  columns: {
    /** As the statement calls it. */
    name: string
    /** As the table declares it; `''` for what is computed. */
    type: string
    /** Whether it can be `null`. */
    nullable: boolean
  }[]
  /** Up to 1000 rows, further ones are left out silently. Numbers are texts too. */
  rows: (string | null)[][]
}

/** The database itself, on servers since 0.39. Every call needs a superuser's token. */
export class SQLService extends BaseService {
  /**
   * Runs a statement, past all rules, hooks and realtime events. Those that begin with INSERT, UPDATE, DELETE, REPLACE, CREATE,
   * ALTER, DROP or DETACH run in a transaction; of several in one text only the last one's rows are answered.
   *
   * The text goes to the database as it is, and takes no parameters: never put together what people have typed.
   *
   * `POST /api/sql`
   *
   * @param query - 5,000 bytes at most. The server gives it 3 minutes, and the client does not give up earlier by itself.
   * @throws ApiError 400 with the database's own sentence; NotFoundError on servers before 0.39.
   */
  async run(query: string, options?: CommonOptions): Promise<SQLResult> {
    return since(
      '0.39',
      this.client.send('/api/sql', {
        method: 'POST',
        body: { query },
        timeout: 0,
        ...options,
        [expects]: 'object',
      }),
    )
  }
}
