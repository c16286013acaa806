import { setTimeout as sleep } from 'node:timers/promises'

import type { PocketBase } from '../../src/index.ts'

/** How many write at the same time. */
const writerCount = 4

/** Each writer begins an operation this often at least, while the server keeps up: 20 a second. */
const everyMs = 40

/** More rows than this, and deletes become more frequent than creates. */
const typicalRows = 300

/** Creates, changes and deletes records, in batches too. */
export interface Writers {
  readonly done: number
  readonly failed: number
  /** Writes for so long. Operations that fail, because the server is away, are as good as none. */
  run(ms: number): Promise<void>
}

export function createWriters(admin: PocketBase, random: (limit: number) => number): Writers {
  const items = admin.collection('items')
  const ids: string[] = []
  let done = 0
  let failed = 0

  const values = (): { [field: string]: unknown } => ({
    text: `text ${random(100)}`,
    number: random(100),
    flag: random(2) === 1,
    kind: ['', 'a', 'b', 'c'][random(4)],
  })
  const anyId = (): string | undefined => ids[random(ids.length)]
  const forget = (id: string): void => {
    const at = ids.indexOf(id)
    if (at >= 0) ids.splice(at, 1)
  }
  const path = '/api/collections/items/records'
  const operations = [
    async () => void ids.push((await items.create(values(), { timeout: 3_000 })).id),
    async () => {
      const id = anyId()
      // Some of them leave a filter, some come into it.
      if (id) await items.update(id, values(), { timeout: 3_000 })
    },
    async () => {
      const id = anyId()
      if (id) await items.update(id, { number: random(100) }, { timeout: 3_000 })
    },
    async () => {
      const id = anyId()
      if (!id) return
      forget(id)
      await items.delete(id, { timeout: 3_000 })
    },
    async () => {
      const [changed, removed] = [anyId(), anyId()]
      if (!changed || !removed || changed === removed) return
      forget(removed)
      const requests = [
        { method: 'POST', url: path, body: values() },
        { method: 'PATCH', url: `${path}/${changed}`, body: values() },
        { method: 'DELETE', url: `${path}/${removed}` },
      ]
      const [created] = await admin.send('/api/batch', {
        method: 'POST',
        body: { requests },
        timeout: 3_000,
      })
      ids.push(created.body.id)
    },
  ]

  const write = async (until: number): Promise<void> => {
    while (Date.now() < until) {
      const began = Date.now()
      const kind = random(operations.length + 1)
      const extra = ids.length > typicalRows ? 3 : 0
      try {
        await operations[kind < operations.length ? kind : extra]!()
        done++
      } catch {
        failed++
      }
      await sleep(Math.max(0, began + everyMs - Date.now()))
    }
  }

  return {
    get done() {
      return done
    },
    get failed() {
      return failed
    },
    async run(ms) {
      const until = Date.now() + ms
      await Promise.all(Array.from({ length: writerCount }, async () => write(until)))
    },
  }
}
