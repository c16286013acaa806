import { setTimeout as sleep } from 'node:timers/promises'

import type { ClientResponseError, PocketBase, RecordModel } from '../../src/index.ts'

/** How many write at the same time. */
export const writerCount = 4

/** A writer begins an operation this often, and catches up when one took longer. */
const everyMs = 30

/** More rows than this, and deletes become more frequent than creates. */
const typicalRows = 300

/** A record that was surely made, or surely deleted, between two moments. */
export interface Write {
  readonly action: 'create' | 'delete'
  readonly id: string
  readonly began: number
  readonly ended: number
}

/** Creates, changes and deletes records, in batches too. */
export interface Writers {
  /** Operations that were done, by their kinds. */
  readonly done: { readonly [kind: string]: number }
  readonly failed: number
  /** For how long they have been writing. */
  readonly writingMs: number
  /** Creates and deletes since the last call. */
  takeWrites(): Write[]
  /** Writes for so long. Operations that fail, because the server is away, are as good as none. */
  run(ms: number): Promise<void>
}

export function createWriters(admin: PocketBase, random: (limit: number) => number): Writers {
  const items = admin.collection('items')
  const ids: string[] = []
  /** Those that a filter has, as far as is known. */
  const flagged = new Set<string>()
  const done: { [kind: string]: number } = {}
  let writes: Write[] = []
  let failed = 0
  let writingMs = 0

  const values = (): { [field: string]: unknown } => ({
    text: `text ${random(100)}`,
    number: random(100),
    flag: random(2) === 1,
    kind: ['', 'a', 'b', 'c'][random(4)],
  })
  const anyId = (): string | undefined => ids[random(ids.length)]
  const remember = ({ id, flag }: RecordModel): void => {
    if (flag) flagged.add(id)
    else flagged.delete(id)
  }
  /** Uses a record for an operation; nobody else changes one that is to go. What could not be done can be tried again. */
  const using = async (
    id: string,
    isLast: boolean,
    work: () => Promise<unknown>,
  ): Promise<void> => {
    const forget = (): void => {
      const at = ids.indexOf(id)
      if (at >= 0) ids.splice(at, 1)
      flagged.delete(id)
    }
    if (isLast) forget()
    try {
      await work()
    } catch (error) {
      // An operation before, of which no answer came, has been done after all.
      const isGone = (error as ClientResponseError).status === 404
      if (isGone) forget()
      else if (isLast) ids.push(id)
      throw error
    }
  }
  const path = '/api/collections/items/records'
  /** Each answers which records it has made and deleted; nothing when it found nothing to do. */
  const operations: {
    [kind: string]: () => Promise<{ create?: string; delete?: string } | undefined>
  } = {
    create: async () => {
      const record = await items.create(values(), { timeout: 3_000 })
      ids.push(record.id)
      remember(record)
      return { create: record.id }
    },
    update: async () => {
      const id = anyId()
      if (!id) return undefined
      await using(id, false, async () => {
        remember(await items.update(id, values(), { timeout: 3_000 }))
      })
      return {}
    },
    leave: async () => {
      const [id] = flagged
      if (!id) return undefined
      flagged.delete(id)
      await using(id, false, () => items.update(id, { flag: false }, { timeout: 3_000 }))
      return {}
    },
    delete: async () => {
      const id = anyId()
      if (!id) return undefined
      await using(id, true, () => items.delete(id, { timeout: 3_000 }))
      return { delete: id }
    },
    batch: async () => {
      const [changed, removed] = [anyId(), anyId()]
      if (!changed || !removed || changed === removed) return undefined
      const requests = [
        { method: 'POST', url: path, body: values() },
        { method: 'PATCH', url: `${path}/${changed}`, body: values() },
        { method: 'DELETE', url: `${path}/${removed}` },
      ]
      let create = ''
      await using(removed, true, async () => {
        const options = { method: 'POST', body: { requests }, timeout: 3_000 }
        const [created] = await admin.send('/api/batch', options)
        ids.push((create = created.body.id))
      })
      return { create, delete: removed }
    },
  }
  const kinds = Object.keys(operations)

  const write = async (until: number): Promise<void> => {
    for (let next = Date.now(); next < until; next += everyMs) {
      await sleep(Math.max(0, next - Date.now()))
      const began = Date.now()
      if (began >= until) return
      const kind =
        kinds[random(kinds.length + 1)] ?? (ids.length > typicalRows ? 'delete' : 'create')
      try {
        const changes = await operations[kind]!()
        if (!changes) continue
        done[kind] = (done[kind] ?? 0) + 1
        for (const action of ['create', 'delete'] as const) {
          const id = changes[action]
          if (id) writes.push({ action, id, began, ended: Date.now() })
        }
      } catch {
        failed++
      }
    }
  }

  return {
    done,
    get failed() {
      return failed
    },
    get writingMs() {
      return writingMs
    },
    takeWrites() {
      const taken = writes
      writes = []
      return taken
    },
    async run(ms) {
      const until = Date.now() + ms
      writingMs += ms
      await Promise.all(Array.from({ length: writerCount }, async () => write(until)))
    },
  }
}
