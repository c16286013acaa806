import { dayOf } from './analytics/event.ts'
import { write } from './database.ts'
import { settings } from './env.ts'
import { events } from './forwarding/events.ts'
import { maxHoldDays, removable } from './forwarding/retention.ts'
import { spans } from './forwarding/spans.ts'

/** More at once would keep requests waiting for the writer. */
const rowsAtOnce = 1000
const sessionsAtOnce = 100
const pauseMs = 20

/** Removes what is older than the environment wants to keep. */
export function removeOld(): void {
  const now = Date.now()
  const { retentionDays, summaryRetentionDays } = settings.analytics
  const eventDay = dayOf(now) - retentionDays
  remove('_pbts_events', 'id', removable(events, 'day', eventDay - maxHoldDays), eventDay)
  // Visitors are counted by them, so they last as long as what is counted.
  const summaryDay = dayOf(now) - Math.max(summaryRetentionDays, retentionDays)
  removeSessions(summaryDay)
  remove('_pbts_pages', '(day, path)', 'day < {:limit}', summaryDay)
  remove('_pbts_days', 'day', 'day < {:limit}', summaryDay)
  const spanLimit = (now - settings.traces.retentionDays * 86_400_000) * 1000
  const lostLimit = spanLimit - maxHoldDays * 86_400_000_000
  remove('_pbts_spans', 'id', removable(spans, 'start_time', lostLimit), spanLimit)
}

function remove(table: string, key: string, condition: string, limit: number): void {
  const columns = key.replace(/[()]/g, '')
  const sql = `DELETE FROM ${table} WHERE ${key} IN (SELECT ${columns} FROM ${table} WHERE ${condition} LIMIT ${rowsAtOnce})`
  while (write(sql, { limit }) === rowsAtOnce) sleep(pauseMs)
}

/** Visits are found by their session only. */
function removeSessions(day: number): void {
  const old = `FROM _pbts_sessions WHERE day < {:day} ORDER BY day, sid LIMIT ${sessionsAtOnce}`
  const removeSome = (): number => {
    let removed = 0
    $app.auxRunInTransaction((transaction) => {
      const run = (sql: string): number =>
        transaction.auxDB().newQuery(sql).bind({ day }).execute().rowsAffected()
      run(`DELETE FROM _pbts_visits WHERE sid IN (SELECT sid ${old}) AND day < {:day}`)
      removed = run(`DELETE FROM _pbts_sessions WHERE (day, sid) IN (SELECT day, sid ${old})`)
    })
    return removed
  }
  while (removeSome() === sessionsAtOnce) sleep(pauseMs)
}
