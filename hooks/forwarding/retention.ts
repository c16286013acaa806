import { readJSON } from '../database.ts'
import type { Feed } from './feed.ts'
import { addLostRows, readState } from './state.ts'

/** So long rows are kept for the receiver after they should be gone. */
export const maxHoldDays = 7

/**
 * Which of the rows before a limit may go: those that the receiver has. Rows from before `lostLimit` go in any case, and are
 * counted here as lost. The limits are values of `column`.
 *
 * @returns a condition with the parameter `limit`.
 */
export function removable(feed: Feed, column: string, lostLimit: number): string {
  if (feed.target.url === '') return `${column} < {:limit}`
  const { after } = readState(feed)
  const [lost] = readJSON<[number]>(
    `SELECT json_array(count(*)) AS json FROM ${feed.table} WHERE ${column} < {:lostLimit} AND id > {:after}`,
    { lostLimit, after },
  )
  addLostRows(feed, lost)
  return `${column} < {:limit} AND (id <= ${after} OR ${column} < ${lostLimit})`
}
