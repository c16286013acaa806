/**
 * Realtime and live lists on a real server that is killed, and behind a connection that is cut, stalled, half open and read slowly,
 * while four writers go on: `npm run test:chaos`. After each fault the writers pause, and within 5 s
 *
 * - every live list must be what a full read by key says;
 * - what was written must have been heard once by each of ten plain subscriptions, or lie in a gap that was told;
 * - there must be one stream, and one listener of the sign-in.
 *
 * In the end nothing may be left: no connection, no timer, no rejection that nobody has handled.
 *
 * `CHAOS_FAULTS`: how many faults, 200 by default. `FC_SEED`: the seed of a run that is to be repeated. `PB_VERSIONS`: the server.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect, isDeepStrictEqual, styleText } from 'node:util'

import { MemoryAuthStore, PocketBase } from '../../src/index.ts'
import type { OnStoreChangeFunc, RealtimeGap, RecordModel } from '../../src/index.ts'
import { liveList } from '../../src/live/index.ts'
import type { LiveList } from '../../src/live/index.ts'
import { startPocketBase } from '../../src/testing/index.ts'
import { randomNumbers, seed } from '../support/seed.ts'
import { writeTestReport } from '../support/test-report.ts'
import { versionsUnderTest } from '../support/versions.ts'
import { createHearers } from './hearers.ts'
import { linkTo } from './link.ts'
import { createWriters, writerCount } from './writers.ts'
import type { Write } from './writers.ts'

const faults = Number(process.env['CHAOS_FAULTS'] || 200)
const settleMs = 5_000
const livenessMs = 2_000
/** What each writer gets done at least, or the run does not show what it claims. */
const writesPerSecond = 20
const [version] = versionsUnderTest()
const random = randomNumbers(seed)
const problems: string[] = []

process.on('unhandledRejection', (error) => problems.push(`unhandled rejection: ${inspect(error)}`))

/** Counts its listeners. */
class CountingStore extends MemoryAuthStore {
  count = 0

  override onChange(callback: OnStoreChangeFunc, fireImmediately?: boolean): () => void {
    this.count++
    const stop = super.onChange(callback, fireImmediately)
    return () => {
      this.count--
      stop()
    }
  }
}

console.log(`${faults} faults on PocketBase ${version}, FC_SEED=${seed}`)
{
  await using server = await startPocketBase({ version: version! })
  await using link = await linkTo(server.url)
  const admin = await server.superuserClient()
  await createCollection(admin)
  const writers = createWriters(admin, random)
  await writers.run(2_000)
  writers.takeWrites()

  const authStore = new CountingStore()
  const client = new PocketBase(link.url, { authStore, realtime: { livenessMs } })
  const gaps: RealtimeGap[] = []
  let losses = 0
  let isFirst = true
  client.realtime.onDisconnect = () => losses++
  client.realtime.onStateChange(({ state, gap }) => {
    if (state !== 'connected') return
    if (gap) gaps.push(gap)
    else if (!isFirst) problems.push('a new stream without a gap')
    isFirst = false
  })

  const lists = specifications().map((options) => ({
    options,
    list: liveList(client.collection('items'), options),
  }))
  const hearers = await createHearers(client, 10)
  await Promise.all(lists.map(async ({ list }) => list.ready))
  const settledMs: number[] = []
  const allWrites: Write[] = []
  await settled('at the start')
  const timersAtStart = timers()

  const kinds = {
    async kill(): Promise<void> {
      await server.kill()
      await sleep(random(500))
      await server.restart()
    },
    async restart(): Promise<void> {
      await server.restart()
    },
    async cut(): Promise<void> {
      link.cut()
    },
    async stall(): Promise<void> {
      link.stall()
      await sleep(500 + random(4_000))
    },
    async 'half-open'(): Promise<void> {
      link.halfOpen()
      await sleep(500 + random(2_000))
    },
    async 'slow reader'(): Promise<void> {
      link.slow()
      await sleep(500 + random(2_000))
    },
  }
  const names = Object.keys(kinds) as (keyof typeof kinds)[]
  let coming: typeof names = []

  for (let fault = 1; fault <= faults; fault++) {
    if (coming.length === 0) coming = [...names]
    const [kind] = coming.splice(random(coming.length), 1)
    const writing = writers.run(1_500)
    await sleep(random(1_000))
    await kinds[kind!]()
    await writing
    link.heal()
    await settled(`fault ${fault} (${kind})`)
  }

  for (const { list } of lists)
    if (list.error) problems.push(`a list ended: ${inspect(list.error)}`)
  // A second event of the same write may have come late.
  problems.push(...hearers.problems(allWrites, gaps))
  if (losses !== gaps.length) problems.push(`${losses} streams lost, ${gaps.length} gaps told`)
  if (timers() > timersAtStart + 5)
    problems.push(`${timers()} timers, ${timersAtStart} at the start`)
  await client.close()
  // fetch keeps its connections for some seconds.
  for (let i = 0; i < 100 && link.connections > 0; i++) await sleep(100)
  if (link.connections > 0) problems.push(`${link.connections} connections are left`)
  if (authStore.count > 0) problems.push(`${authStore.count} listeners of the sign-in are left`)
  report()

  /** Waits until every list is what a full read says, and everything else is as it should be. */
  async function settled(when: string): Promise<void> {
    const began = Date.now()
    const writes = writers.takeWrites()
    let wrong: string[]
    let tookMs: number
    do {
      await sleep(100)
      tookMs = Date.now() - began
      wrong = [...(await wrongLists()), ...hearers.problems(writes, gaps)]
      if (link.streams !== 1) wrong.push(`${link.streams} streams are open`)
      if (authStore.count !== 1) wrong.push(`${authStore.count} listeners of the sign-in`)
    } while (wrong.length > 0 && tookMs < settleMs)
    allWrites.push(...writes)
    settledMs.push(tookMs)
    const note =
      wrong.length > 0 ? styleText('red', `${wrong.length} wrong`) : `right after ${tookMs} ms`
    console.log(`${when}: ${writes.length} rows made or deleted, ${note}`)
    problems.push(...wrong.map((text) => `${when}: ${text}`))
  }

  async function wrongLists(): Promise<string[]> {
    const wrong: string[] = []
    for (const { list, options } of lists) {
      const { sort, filter } = options
      const rows = await admin
        .collection('items')
        .getFullList({ sort: sort === 'id' ? sort : `${sort},id`, filter, walk: 'key' })
      if (!isDeepStrictEqual(plain(list.getSnapshot()), plain(rows)))
        wrong.push(difference(list, rows, options))
    }
    return wrong
  }

  function report(): void {
    const { done, failed, writingMs } = writers
    let all = 0
    const counts = Object.entries(done).map(([kind, count]) => {
      all += count
      return `${count} ${kind}`
    })
    const rate = (all / writingMs / writerCount) * 1000
    console.log(
      `${writerCount} writers, each ${rate.toFixed(1)} operations a second: ${counts.join(', ')}; ${failed} failed`,
    )
    if (rate < writesPerSecond)
      problems.push('The computer is too busy: the writers were too slow.')
    if (counts.length < 5) problems.push('Not all kinds of operations were done.')
    settledMs.sort((a, b) => a - b)
    console.log(
      `${hearers.events} events heard; ${losses} streams lost, ${gaps.length} gaps told; ` +
        `right after ${settledMs[settledMs.length >> 1]} ms (median), ${settledMs.at(-1)} ms at most`,
    )
  }
}

/** How many timers keep the process alive. */
function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
}

for (const problem of problems) console.error(styleText('red', problem))
if (problems.length > 0)
  console.error(`Repeat it: FC_SEED=${seed} CHAOS_FAULTS=${faults} npm run test:chaos`)
console.log(`${faults} faults, ${problems.length} problems`)
const failures = problems.slice(0, faults).map((name) => ({ name }))
writeTestReport(faults - failures.length, failures)
process.exitCode = problems.length > 0 ? 1 : 0
// A timer or a socket that was left behind would keep the process alive.
setTimeout(() => {
  console.error(`The process does not end: ${process.getActiveResourcesInfo().join()}`)
  process.exit(1)
}, 10_000).unref()

async function createCollection(client: PocketBase): Promise<void> {
  await client.collections.create({
    name: 'items',
    type: 'base',
    listRule: '',
    viewRule: '',
    fields: [
      { name: 'text', type: 'text' },
      { name: 'number', type: 'number' },
      { name: 'flag', type: 'bool' },
      { name: 'kind', type: 'select', values: ['a', 'b', 'c'], maxSelect: 1 },
      { name: 'created', type: 'autodate', onCreate: true },
      { name: 'updated', type: 'autodate', onCreate: true, onUpdate: true },
    ],
  })
  await client.settings.update({ batch: { enabled: true, maxRequests: 50, timeout: 3 } })
}

/** Twenty lists, of different filters and sorts. */
function specifications(): { filter: string; sort: string }[] {
  const filters = ['', 'flag = true', 'number > 50', 'kind = "a"', 'text ~ "1" && number < 80']
  const sorts = ['id', '-created', 'text,-number', '-flag,kind']
  return filters.flatMap((filter) => sorts.map((sort) => ({ filter, sort })))
}

function plain(rows: readonly RecordModel[]): unknown {
  return structuredClone(rows)
}

function difference(
  list: LiveList<RecordModel>,
  rows: RecordModel[],
  options: { filter: string; sort: string },
): string {
  const ours = new Map(list.getSnapshot().map((row) => [row.id, JSON.stringify(row)]))
  const missing = rows.filter(({ id }) => !ours.has(id)).length
  const changed = rows.filter(
    (row) => ours.has(row.id) && ours.get(row.id) !== JSON.stringify(row),
  ).length
  const extra = ours.size - (rows.length - missing)
  return `${JSON.stringify(options)} (${list.state}): ${missing} rows missing, ${extra} too many, ${changed} old, of ${rows.length}`
}
