import { fetchAlone, official, ours, oursOnNodeFetch } from './contestants.ts'
import type { Contestant } from './contestants.ts'
import type { Work } from './client-process.ts'
import { limits } from './limits.ts'
import { startClient } from './process.ts'
import type { ClientProcess } from './process.ts'
import type { Row } from './row.ts'
import type { BenchServer } from './server.ts'
import { ratios, spread } from './statistics.ts'

const rounds = 9

/** What the compiler makes of the same code differs from process to process, so each contestant has several. */
const roundsPerProcess = 3

/** Short turns: a computer that is busy with something else for a second slows all contestants down alike. */
const turnsPerRound = 12

const oneAtATime: Work = { count: 100, concurrency: 1 }
const at64: Work = { count: 256, concurrency: 64 }

const warmUp: readonly Work[] = [
  { count: 3_000, concurrency: 64 },
  { count: 500, concurrency: 1 },
]

/** CPU of a client's process per request: the same `fetch` under both clients, and then `nodeFetch` under ours. */
export async function measureCpu(node: string, server: BenchServer): Promise<Row[]> {
  const contestants = [
    fetchAlone,
    { ...official, autoCancellation: false },
    { ...ours, autoCancellation: false },
    official,
    ours,
    { ...oursOnNodeFetch, autoCancellation: false },
  ]
  const samples = await sample(node, server, contestants)
  const row = (
    load: keyof Samples,
    [their, our]: readonly [number, number],
    setting: string,
    max: number,
  ): Row => {
    const [alone, theirs, own] = [samples[0]!, samples[their]!, samples[our]!]
    return {
      what: `CPU per request, ${load === 'one' ? 'one at a time' : '64 at once'}, ${setting}`,
      unit: 'µs',
      floor: spread(alone[load]).median,
      official: spread(theirs[load]).median,
      ours: spread(own[load]).median,
      ratio: ratios(own[load], theirs[load]),
      limit: { on: 'ratio', max },
    }
  }
  return [
    row('one', [1, 2], 'autoCancellation(false)', limits.cpuRatioOneAtATime),
    row('one', [3, 4], 'defaults', limits.cpuRatioOneAtATime),
    row('many', [1, 2], 'autoCancellation(false)', limits.cpuRatioAt64),
    row('many', [3, 4], 'defaults', limits.cpuRatioAt64),
    row('one', [1, 5], 'nodeFetch', limits.nodeFetchCpuRatioOneAtATime),
    row('many', [1, 5], 'nodeFetch', limits.nodeFetchCpuRatioAt64),
  ]
}

/** Microseconds of CPU per request, one value for each round. */
interface Samples {
  readonly one: number[]
  readonly many: number[]
}

/** Measures contestants that take turns, so that all meet the same computer. */
async function sample(
  node: string,
  server: BenchServer,
  contestants: readonly Contestant[],
): Promise<Samples[]> {
  const samples = contestants.map((): Samples => ({ one: [], many: [] }))
  for (let done = 0; done < rounds; done += roundsPerProcess) {
    await using stack = new AsyncDisposableStack()
    const clients: ClientProcess[] = []
    for (const contestant of contestants) {
      const client = stack.use(await startClient(node, { ...server.setup, contestant }))
      for (const work of warmUp) await client.run(work)
      clients.push(client)
    }
    for (let round = 0; round < roundsPerProcess; round++) {
      const one = await takeTurns(clients, oneAtATime)
      const many = await takeTurns(clients, at64)
      for (const [index, values] of samples.entries()) {
        values.one.push(one[index]!)
        values.many.push(many[index]!)
      }
    }
  }
  return samples
}

/** The CPU per request of each client over one round. */
async function takeTurns(clients: readonly ClientProcess[], work: Work): Promise<number[]> {
  const totals = clients.map(() => 0)
  for (let turn = 0; turn < turnsPerRound; turn++) {
    for (let place = 0; place < clients.length; place++) {
      // Nobody always comes first.
      const index = (place + turn) % clients.length
      totals[index]! += (await clients[index]!.run(work)).cpuUs
    }
  }
  return totals.map((cpuUs) => cpuUs / work.count / turnsPerRound)
}
