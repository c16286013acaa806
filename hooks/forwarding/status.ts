import { readJSON } from '../database.ts'
import type { Feed } from './feed.ts'
import { lostRows, readState } from './state.ts'

/** What `config` says of a feed, `null` where nothing is forwarded. */
export function statusOfFeed(feed: Feed): object | null {
  if (feed.target.url === '') return null
  const { after, levelAt, failures, retryAt, error, errorAt, refused } = readState(feed)
  const [rows] = readJSON<[number]>(
    `SELECT json_array(count(*)) AS json FROM ${feed.table} WHERE id > {:after}`,
    { after },
  )
  return {
    rows,
    seconds: rows === 0 ? 0 : secondsSince(levelAt),
    failures,
    error,
    errorAt: timeOf(errorAt),
    retryAt: failures === 0 ? null : timeOf(retryAt),
    refused,
    lost: lostRows(feed),
  }
}

/** `null`: never yet. */
function secondsSince(levelAt: number): number | null {
  return levelAt === 0 ? null : Math.ceil((Date.now() - levelAt) / 1000)
}

function timeOf(ms: number): string | null {
  return ms === 0 ? null : new Date(ms).toISOString().replace('T', ' ')
}
