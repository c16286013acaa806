import type { PocketBase, RealtimeGap } from '../../src/index.ts'
import type { Write } from './writers.ts'

/**
 * Events that another one has overtaken can be lost with a stream that was alive a moment later; servers promise no order.
 */
const overtakenMs = 250

/** Plain subscriptions that count what they hear. */
export interface Hearers {
  /** Events heard by all together. */
  readonly events: number
  /** What was written and not heard once by each, though no gap was told for the time. */
  problems(writes: readonly Write[], gaps: readonly RealtimeGap[]): string[]
}

/** Subscribes so many times to all records. */
export async function createHearers(client: PocketBase, count: number): Promise<Hearers> {
  let events = 0
  const heard = Array.from({ length: count }, () => new Map<string, number>())
  await Promise.all(
    heard.map((counts) =>
      client.collection('items').subscribe('*', ({ action, record }) => {
        events++
        const key = `${action} ${record.id}`
        counts.set(key, (counts.get(key) ?? 0) + 1)
      }),
    ),
  )
  return {
    get events() {
      return events
    },
    problems(writes, gaps) {
      const problems: string[] = []
      for (const { action, id, began, ended } of writes) {
        const key = `${action} ${id}`
        const counts = heard.map((each) => each.get(key) ?? 0)
        if (counts.every((times) => times === 1)) continue
        const isInGap = gaps.some(
          ({ from, to }) => from.getTime() - overtakenMs <= ended && began <= to.getTime(),
        )
        if (isInGap && counts.every((times) => times < 2)) continue
        problems.push(
          `${key} was heard ${counts.join()} times, ${isInGap ? 'in a gap' : 'and no gap told'}`,
        )
      }
      return problems
    },
  }
}
