import { blocking, official, ours } from './contestants.ts'
import type { Contestant } from './contestants.ts'
import { limits } from './limits.ts'
import type { Row } from './row.ts'
import { startRealServer } from './server.ts'
import { ratios, spread } from './statistics.ts'

const calls = 1000

/** The first round of all is not counted: it opens connections, starts the worker, and has the code compiled. */
const rounds = 9

/** What is used of all three clients. One of them answers without a promise. */
interface Client {
  authStore: { save(token: string, record: unknown): void }
  collection(name: string): {
    getOne(id: string): Promise<{ id: string }> | { id: string }
    getList(page: number, perPage: number): Promise<{ items: { id: string }[] }>
  }
}

/** Gets records one after the other by the blocking client, and by those that are awaited. */
export async function measureSync(): Promise<{ server: string; rows: Row[] }> {
  await using server = await startRealServer(calls)
  const { url, token, user, collection } = server.setup
  const serviceOf = async ({ module }: Contestant): Promise<ReturnType<Client['collection']>> => {
    const { default: PocketBase } = (await import(module!)) as {
      default: new (url: string) => Client
    }
    const client = new PocketBase(url)
    client.authStore.save(token, user)
    return client.collection(collection)
  }
  const [theirs, awaited, blocked] = [
    await serviceOf(official),
    await serviceOf(ours),
    await serviceOf(blocking),
  ]
  const { items } = await awaited.getList(1, calls)
  const timeMs = async (service: typeof awaited, isBlocking = false): Promise<number> => {
    const startedAt = performance.now()
    for (const { id } of items) {
      const answer = service.getOne(id)
      const record = isBlocking ? (answer as { id: string }) : await answer
      if (record.id !== id) throw new Error(`${record.id} instead of ${id}`)
    }
    return performance.now() - startedAt
  }

  const samples: { theirs: number; awaited: number; blocked: number }[] = []
  for (let round = -1; round < rounds; round++) {
    const sample = {
      theirs: await timeMs(theirs),
      awaited: await timeMs(awaited),
      blocked: await timeMs(blocked, true),
    }
    if (round >= 0) samples.push(sample)
  }
  const of = (contestant: keyof (typeof samples)[0]): number[] =>
    samples.map((sample) => sample[contestant])
  const what = `${calls.toLocaleString('en')} × getOne`
  const row: Row = {
    what: `${what}, blocking; the ratio is to ours awaited`,
    unit: 'ms',
    official: spread(of('theirs')).median,
    ours: spread(of('blocked')).median,
    ratio: ratios(of('blocked'), of('awaited')),
    limit: { on: 'ratio', max: limits.blockingTimeRatio },
  }
  return { server: server.name, rows: [row] }
}
