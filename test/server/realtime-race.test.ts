import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { afterAll, expect, test } from 'vitest'

import { randomNumbers, seed } from '../support/seed.ts'
import { describeServers } from '../support/server.ts'
import { eventually } from '../support/wait.ts'

const hooksDir = mkdtempSync(join(tmpdir(), 'pocketbase-hooks-'))
writeFileSync(
  join(hooksDir, 'topics.pb.js'),
  `routerAdd('GET', '/topics', (e) => {
    const clients = $app.subscriptionsBroker().clients()
    const topics = []
    for (const id in clients) topics.push(Object.keys(clients[id].subscriptions()))
    return e.json(200, { topics })
  })`,
)

afterAll(() => rmSync(hooksDir, { recursive: true }))

describeServers(
  'subscriptions that race',
  (pb) => {
    /** The topics of each stream, as the server has them. */
    const topicsOnServer = async (): Promise<string[][]> =>
      (await pb.admin.send<{ topics: string[][] }>('/topics', {})).topics.map((topics) =>
        topics.sort(),
      )

    test(`10,000 subscribes and unsubscribes leave what is wanted, on both sides (FC_SEED=${seed})`, async () => {
      const random = randomNumbers(seed)
      const client = pb.guest()
      const open: { topic: string; end: () => unknown }[] = []
      const pending: Promise<unknown>[] = []
      for (let step = 0; step < 10_000; step++) {
        const kind = random(10)
        if (kind < 5) {
          const topic = `topic${random(20)}`
          const controller = new AbortController()
          const { signal } = controller
          const subscription = client.realtime.subscribe(topic, () => {}, { signal })
          pending.push(subscription.catch(() => {}))
          open.push({ topic, end: () => controller.abort() })
        } else if (kind < 9) {
          open.splice(random(open.length || 1), 1)[0]?.end()
        } else {
          const topic = `topic${random(20)}`
          void client.realtime.unsubscribe(topic)
          for (let i = open.length - 1; i >= 0; i--) if (open[i]!.topic === topic) open.splice(i, 1)
        }
        // Some of them in one go, some while a request is under way, some when nothing is.
        const rest = random(300)
        if (rest < 10) await sleep(rest)
      }
      const wanted = [...new Set(open.map(({ topic }) => topic))].sort()
      await Promise.all(pending)
      await eventually(async () => expect(await topicsOnServer()).toEqual([wanted]))
      for (const { end } of open) end()
      await eventually(async () => expect(await topicsOnServer()).toEqual([]))
      expect(client.realtime.state).toBe('disconnected')
    }, 60_000)
  },
  { hooksDir },
)
