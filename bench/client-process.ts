/**
 * The process whose CPU and memory are measured: one client (or none: `fetch` alone) and nothing else. The server and the
 * bench are processes of their own.
 */
import { setTimeout as sleep } from 'node:timers/promises'

import type { Contestant } from './contestants.ts'

/** What the process is to be, as JSON in its last argument. */
export interface Setup {
  readonly contestant: Contestant
  readonly url: string
  readonly token: string
  readonly user: { readonly id: string }
  readonly collection: string
}

/** Records to fetch. */
export interface Work {
  readonly count: number
  /** How many requests are under way at any time. */
  readonly concurrency: number
}

/** What it took. */
export interface Cost {
  readonly cpuUs: number
  /** In use afterwards, after two forced collections; needs `--expose-gc`. */
  readonly heapBytes: number | undefined
}

interface ClientModule {
  default: new (
    url: string,
    options?: { fetch: typeof fetch },
  ) => {
    authStore: { save(token: string, record: unknown): void }
    autoCancellation(enable: boolean): unknown
    collection(name: string): { getOne(id: string): Promise<{ id: string }> }
  }
}

interface NodeModule {
  nodeFetch: () => typeof fetch
}

const setup = JSON.parse(process.argv.at(-1)!) as Setup
const { module, nodeFetch, autoCancellation = true } = setup.contestant
const getOne = module ? await clientOf(module) : fetchAlone()
let fetched = 0

process.on('message', (work: Work) => {
  // A failure ends the process, and with it the bench.
  void measure(work).then((cost) => process.send!(cost))
})
process.send!('ready')

async function clientOf(url: string): Promise<(id: string) => Promise<{ id: string }>> {
  const { default: PocketBase } = (await import(url)) as ClientModule
  const client = nodeFetch
    ? new PocketBase(setup.url, { fetch: ((await import(nodeFetch)) as NodeModule).nodeFetch() })
    : new PocketBase(setup.url)
  if (!autoCancellation) client.autoCancellation(false)
  client.authStore.save(setup.token, setup.user)
  return async (id) => client.collection(setup.collection).getOne(id)
}

/** The same request, without a client. */
function fetchAlone(): (id: string) => Promise<{ id: string }> {
  return async (id) => {
    const response = await fetch(`${setup.url}/api/collections/${setup.collection}/records/${id}`, {
      headers: {
        'Content-Type': 'application/json',
        'Accept-Language': 'en-US',
        Authorization: setup.token,
      },
    })
    return (await response.json()) as { id: string }
  }
}

async function measure({ count, concurrency }: Work): Promise<Cost> {
  const cpuBefore = process.cpuUsage()
  let left = count
  const lane = async (): Promise<void> => {
    while (left-- > 0) await fetchNext()
  }
  await Promise.all(Array.from({ length: concurrency }, lane))
  const { user, system } = process.cpuUsage(cpuBefore)
  return { cpuUs: user + system, heapBytes: await usedHeap() }
}

async function fetchNext(): Promise<void> {
  const id = `r${String((fetched += 1)).padStart(14, '0')}`
  const record = await getOne(id)
  if (record.id !== id) throw new Error(`Asked for ${id}, got ${JSON.stringify(record)}`)
}

async function usedHeap(): Promise<number | undefined> {
  if (!globalThis.gc) return undefined
  for (let collection = 0; collection < 2; collection++) {
    // Compiled code that nothing runs any more goes too: else its end would hide as much growth.
    await globalThis.gc({ type: 'major', execution: 'async', flavor: 'last-resort' })
    // `fetch` has finalizers, and they let go of more.
    await sleep(10)
  }
  return process.memoryUsage().heapUsed
}
