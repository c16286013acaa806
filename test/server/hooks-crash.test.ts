import { setTimeout as sleep } from 'node:timers/promises'

import { describe, expect, test } from 'vitest'

import { request, sendEvents, storedEvents, today } from '../support/pack.ts'
import { randomNumbers, seed } from '../support/seed.ts'
import { describeServers } from '../support/server.ts'

const rounds = 10

describe('the hooks pack', () => {
  describeServers(
    'events and spans',
    (pb) => {
      test(`that were acknowledged outlast ${rounds} kills, and what is sent again counts once (seed ${seed})`, async () => {
        const random = randomNumbers(seed)
        const waiting: object[][] = []
        const spans: string[] = []
        let made = 0
        for (let round = 1; round <= rounds; round += 1) {
          const stop = new AbortController()
          /** As a client's queue: what was not acknowledged waits for the next time. */
          const write = async (): Promise<void> => {
            while (!stop.signal.aborted) {
              const batch = waiting.pop() ?? Array.from({ length: 20 }, () => newEvent((made += 1)))
              const sent = await sendEvents(pb.url, batch).catch(() => undefined)
              if (sent?.status !== 202) waiting.push(batch)
              const answer = await request(pb.url, '/api/health').catch(() => undefined)
              if (answer?.status === 200)
                spans.push(answer.headers.get('traceparent')!.slice(36, 52))
            }
          }
          const writers = [write(), write(), write(), write()]
          await sleep(50 + random(300))
          await pb.server.kill()
          stop.abort()
          await Promise.all(writers)
          await pb.server.restart()
        }
        for (const batch of waiting) expect((await sendEvents(pb.url, batch)).status).toBe(202)

        const stored = await storedEvents(pb.admin)
        const ids = stored.map(({ id }) => Number(id)).sort((a, b) => a - b)
        expect(ids).toEqual(Array.from({ length: made }, (_, n) => n + 1))
        const { token } = pb.admin.authStore
        const stats = await request(pb.url, '/api/analytics/stats?range=today', { token })
        expect(stats.json().summary).toMatchObject({ totalPV: made, totalUV: Math.ceil(made / 7) })
        expect(spans.length).toBeGreaterThan(rounds)
        const found = new Set<string>()
        for (let offset = 0, more = true; more; offset += 500) {
          const path = `/api/_/trace/spans?name=/api/health&limit=500&offset=${offset}`
          const { items } = (await request(pb.url, path, { token })).json()
          for (const { spanId } of items) found.add(spanId)
          more = items.length > 0
        }
        expect(spans.filter((id) => !found.has(id))).toEqual([])
      }, 300_000)
    },
    { pack: true, env: { PB_ANALYTICS_RATE_LIMIT: '0', PB_TRACE_MODE: 'full' } },
  )
})

function newEvent(number: number): object {
  return {
    id: String(number),
    event: 'page_view',
    sid: `s${Math.ceil(number / 7)}`,
    path: `/${number % 10}`,
    ts: Date.parse(today()),
  }
}
