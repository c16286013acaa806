import { official, ours } from './contestants.ts'
import type { Contestant } from './contestants.ts'
import { limits } from './limits.ts'
import { startClient } from './process.ts'
import type { Row } from './row.ts'
import { startPlainServer } from './server.ts'

const requests = 100_000

/** Before the first reading, the code is compiled, and what only the start needed has gone: that takes two collections more. */
const warmUp = [5_000, 64]

/**
 * What stays on the heap of requests for 100,000 records, each fetched once, that have ended. Both clients run at the
 * same time: unlike CPU, the heap does not mind the other.
 */
export async function measureHeap(node: string): Promise<Row[]> {
  await using server = await startPlainServer()
  const growth = async (contestant: Contestant): Promise<number> => {
    await using client = await startClient(node, { ...server.setup, contestant }, ['--expose-gc'])
    let before = 0
    for (const count of warmUp) before = (await client.run({ count, concurrency: 64 })).heapBytes!
    const after = (await client.run({ count: requests, concurrency: 64 })).heapBytes!
    return (after - before) / 2 ** 20
  }
  const [theirs, own] = await Promise.all([official, ours].map(growth))
  return [
    {
      what: `Heap growth after ${requests.toLocaleString('en')} requests, defaults`,
      unit: 'MiB',
      official: theirs!,
      ours: own!,
      limit: { on: 'ours', max: limits.heapGrowthMiB },
    },
  ]
}
