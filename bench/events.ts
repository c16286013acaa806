import { startPocketBase } from '../src/testing/index.ts'
import { official, ours } from './contestants.ts'
import type { EventsSetup, EventsWork } from './events-process.ts'
import { limits } from './limits.ts'
import { startProcess } from './process.ts'
import type { BenchProcess } from './process.ts'
import type { Row } from './row.ts'
import { ratios, spread } from './statistics.ts'

const rounds = 9
const roundsPerProcess = 3
const turnsPerRound = 8

/** As many as one batch creates. */
const eventsPerTurn = 1_000

const warmUpTurns = 8

const contestants = [
  {},
  { module: official.module!, eventSource: import.meta.resolve('eventsource') },
  { module: ours.module! },
]

/**
 * Events of 200 bytes that a client's process hands to a callback in a second of its CPU time. A real PocketBase sends them, as
 * fast as it creates records in a batch.
 */
export async function measureEvents(node: string): Promise<{ server: string; rows: Row[] }> {
  await using server = await startPocketBase()
  const admin = await server.superuserClient()
  await admin.settings.update({
    logs: { maxDays: 0 },
    batch: { enabled: true, maxRequests: eventsPerTurn, timeout: 60 },
  })
  const collections = contestants.map((_, index) => `events${index}`)
  for (const name of collections) {
    const fields = [{ name: 'title', type: 'text' }]
    await admin.collections.create({ name, type: 'base', listRule: '', fields })
  }

  /** A turn of one contestant: the others hear nothing of it. */
  const turn = async (client: Listener, index: number): Promise<number> => {
    const url = `/api/collections/${collections[index]}/records`
    const requests = Array.from({ length: eventsPerTurn }, () => ({
      method: 'POST',
      url,
      body: { title: 'The post number 12345' },
    }))
    const cost = client.run({ count: eventsPerTurn })
    await admin.send('/api/batch', { method: 'POST', body: { requests } })
    return (await cost).cpuUs
  }

  const samples = contestants.map((): number[] => [])
  for (let done = 0; done < rounds; done += roundsPerProcess) {
    await using stack = new AsyncDisposableStack()
    const clients: Listener[] = []
    for (const [index, contestant] of contestants.entries()) {
      const setup: EventsSetup = { ...contestant, url: server.url, collection: collections[index]! }
      const client = stack.use(
        await startProcess<EventsWork, EventsCost>(node, 'events-process.ts', setup),
      )
      for (let count = 0; count < warmUpTurns; count++) await turn(client, index)
      clients.push(client)
    }
    for (let round = 0; round < roundsPerProcess; round++) {
      const totals = contestants.map(() => 0)
      for (let count = 0; count < turnsPerRound; count++) {
        for (let place = 0; place < clients.length; place++) {
          // Nobody always comes first.
          const index = (place + count) % clients.length
          totals[index]! += await turn(clients[index]!, index)
        }
      }
      const events = eventsPerTurn * turnsPerRound
      for (const [index, cpuUs] of totals.entries()) samples[index]!.push((events / cpuUs) * 1e6)
    }
  }
  const [alone, theirs, own] = samples
  const row: Row = {
    what: 'Realtime events per second of CPU',
    unit: '/s',
    floor: spread(alone!).median,
    official: spread(theirs!).median,
    ours: spread(own!).median,
    ratio: ratios(own!, theirs!),
    limit: { on: 'ratio', min: limits.eventsRatio },
  }
  return { server: `PocketBase ${server.version}`, rows: [row] }
}

interface EventsCost {
  readonly cpuUs: number
}

type Listener = BenchProcess<EventsWork, EventsCost>
