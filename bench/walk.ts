import { official, ours } from './contestants.ts'
import type { Contestant } from './contestants.ts'
import { limits } from './limits.ts'
import type { Row } from './row.ts'
import { startRealServer } from './server.ts'
import { ratios, spread } from './statistics.ts'

const records = 200_000
const batch = 1_000

/** The first round of all is not counted: it reads the data into memory, and has the code compiled. */
const rounds = 5

/** What is used of the official client's collections. */
interface CountedPages {
  getList(page: number, perPage: number, options: object): Promise<{ items: unknown[] }>
}

/** What is used of this client's collections. */
interface PagesByKey {
  pages(options: object): AsyncIterable<unknown[]>
}

/** What is used of both clients. */
interface Client<Service> {
  authStore: { save(token: string, record: unknown): void }
  collection(name: string): Service
}

/** Reads a large collection from its first page to its last: by counted pages as the official client does, and by key. */
export async function measureWalk(): Promise<{ server: string; rows: Row[] }> {
  await using server = await startRealServer(records)
  const { url, token, user, collection } = server.setup
  const serviceOf = async <Service>({ module }: Contestant): Promise<Service> => {
    const { default: PocketBase } = (await import(module!)) as {
      default: new (url: string) => Client<Service>
    }
    const client = new PocketBase(url)
    client.authStore.save(token, user)
    return client.collection(collection)
  }
  const theirs = await serviceOf<CountedPages>(official)
  const own = await serviceOf<PagesByKey>(ours)
  const counted = async function* (): AsyncGenerator<unknown[]> {
    for (let page = 1, count = batch; count === batch; page++) {
      const { items } = await theirs.getList(page, batch, { sort: 'id', skipTotal: 1 })
      count = items.length
      if (count > 0) yield items
    }
  }

  const samples: { counted: Walk; byKey: Walk }[] = []
  for (let round = -1; round < rounds; round++) {
    const sample = { counted: await time(counted()), byKey: await time(own.pages({ batch })) }
    if (round >= 0) samples.push(sample)
  }
  const of = (contestant: 'counted' | 'byKey', figure: keyof Walk): number[] =>
    samples.map((sample) => sample[contestant][figure])
  const what = `A walk over ${records.toLocaleString('en')} records`
  const rows: Row[] = [
    {
      what: `${what}, its last pages to its first`,
      unit: '×',
      official: spread(of('counted', 'slowdown')).median,
      ours: spread(of('byKey', 'slowdown')).median,
      limit: { on: 'ours', max: limits.lastPagesToFirst },
    },
    {
      what: '… from start to end',
      unit: 'ms',
      official: spread(of('counted', 'wallMs')).median,
      ours: spread(of('byKey', 'wallMs')).median,
      ratio: ratios(of('byKey', 'wallMs'), of('counted', 'wallMs')),
    },
  ]
  return { server: server.name, rows }
}

interface Walk {
  readonly wallMs: number
  /** The last pages' time to the first ones': a page takes a few milliseconds, so that one alone says little. */
  readonly slowdown: number
}

async function time(pages: AsyncIterable<unknown[]>): Promise<Walk> {
  const timesMs: number[] = []
  const startedAt = performance.now()
  let pageStartedAt = startedAt
  let count = 0
  for await (const page of pages) {
    timesMs.push(performance.now() - pageStartedAt)
    count += page.length
    pageStartedAt = performance.now()
  }
  if (count !== records) throw new Error(`${count} rows of ${records}`)
  const wallMs = performance.now() - startedAt
  const [first, last] = [timesMs.slice(0, 9), timesMs.slice(-9)].map((some) => spread(some).median)
  return { wallMs, slowdown: last! / first! }
}
