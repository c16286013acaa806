import { fetchAlone, official, ours } from './contestants.ts'
import type { Contestant } from './contestants.ts'
import { limits } from './limits.ts'
import { startClient } from './process.ts'
import type { Row } from './row.ts'
import type { BenchServer } from './server.ts'

const requests = 100_000

/** Compiled code and connections are there before the first reading. */
const warmUp = { count: 10_000, concurrency: 64 }

/**
 * What stays on the heap of requests for 100,000 records, each fetched once, that have ended. All contestants run at the
 * same time: unlike CPU, the heap does not mind the others.
 */
export async function measureHeap(node: string, server: BenchServer): Promise<Row[]> {
  const growth = async (contestant: Contestant): Promise<number> => {
    await using client = await startClient(node, { ...server.setup, contestant }, ['--expose-gc'])
    const before = await client.run(warmUp)
    const after = await client.run({ count: requests, concurrency: 64 })
    return (after.heapBytes! - before.heapBytes!) / 2 ** 20
  }
  const [alone, theirs, own] = await Promise.all([fetchAlone, official, ours].map(growth))
  return [
    {
      what: `Heap growth after ${requests.toLocaleString('en')} requests, defaults`,
      unit: 'MiB',
      floor: alone!,
      official: theirs!,
      ours: own!,
      limit: { on: 'ours', max: limits.heapGrowthMiB },
    },
  ]
}
