/**
 * Realtime and live lists on a real server that is killed, and behind a connection that is cut, stalled, half open and slow, while four
 * writers go on: `npm run test:chaos`. After each fault the writers pause, and every live list must be what a full read says.
 *
 * `CHAOS_FAULTS`: how many faults, 200 by default. `FC_SEED`: the seed of a run that is to be repeated. `PB_VERSIONS`: the server.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect, isDeepStrictEqual, styleText } from 'node:util'

import { PocketBase } from '../../src/index.ts'
import type { RecordModel } from '../../src/index.ts'
import { liveList } from '../../src/live/index.ts'
import type { LiveList } from '../../src/live/index.ts'
import { startPocketBase } from '../../src/testing/index.ts'
import { randomNumbers, seed } from '../support/seed.ts'
import { writeTestReport } from '../support/test-report.ts'
import { versionsUnderTest } from '../support/versions.ts'
import { linkTo } from './link.ts'
import { createWriters } from './writers.ts'

const faults = Number(process.env['CHAOS_FAULTS'] || 200)
const settleMs = 5_000
const livenessMs = 2_000
const [version] = versionsUnderTest()
const random = randomNumbers(seed)
const problems: string[] = []

process.on('unhandledRejection', (error) => problems.push(`unhandled rejection: ${String(error)}`))

console.log(`${faults} faults on PocketBase ${version}, FC_SEED=${seed}`)
{
  await using server = await startPocketBase({ version: version! })
  await using link = await linkTo(server.url)
  const admin = await server.superuserClient()
  await createCollection(admin)
  const writers = createWriters(admin, random)
  await writers.run(2_000)

  const client = new PocketBase(link.url, { realtime: { livenessMs } })
  let losses = 0
  let gaps = 0
  let isFirst = true
  client.realtime.onDisconnect = () => losses++
  client.realtime.onStateChange(({ state, gap }) => {
    if (state !== 'connected') return
    if (gap) gaps++
    else if (!isFirst) problems.push('a new stream without a gap')
    isFirst = false
  })

  const lists = specifications().map((options) => ({
    options,
    list: liveList(client.collection('items'), options),
  }))
  const heard = Array.from({ length: 10 }, () => new Map<string, number>())
  for (const counts of heard) {
    await client.collection('items').subscribe('*', ({ action, record }) => {
      const key = `${action} ${record.id}`
      counts.set(key, (counts.get(key) ?? 0) + 1)
    })
  }
  await Promise.all(lists.map(async ({ list }) => list.ready))
  await settled('at the start')

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
    async slow(): Promise<void> {
      link.slow()
      await sleep(500 + random(2_000))
    },
  }
  const names = Object.keys(kinds) as (keyof typeof kinds)[]
  for (let fault = 1; fault <= faults; fault++) {
    const kind = names[random(names.length)]!
    const writing = writers.run(1_500)
    await sleep(random(1_000))
    await kinds[kind]()
    await writing
    link.heal()
    await settled(`fault ${fault} (${kind})`)
  }

  for (const { list } of lists)
    if (list.error) problems.push(`a list ended: ${inspect(list.error)}`)
  await heardOnce()
  if (losses !== gaps) problems.push(`${losses} streams lost, ${gaps} gaps told`)
  console.log(`${writers.done} writes, ${writers.failed} failed; ${losses} streams lost`)
  await client.close()
  // fetch keeps its connections for some seconds.
  for (let i = 0; i < 100 && link.connections > 0; i++) await sleep(100)
  if (link.connections > 0) problems.push(`${link.connections} connections are left`)

  /** Waits until every list is what a full read says. */
  async function settled(when: string): Promise<void> {
    const began = Date.now()
    let wrong: string[] = []
    do {
      await sleep(100)
      wrong = []
      for (const { list, options } of lists) {
        const { sort, filter } = options
        const rows = await admin.collection('items').getFullList({ sort: `${sort},id`, filter })
        if (!isDeepStrictEqual(plain(list.getSnapshot()), plain(rows)))
          wrong.push(difference(list, rows, options))
      }
    } while (wrong.length > 0 && Date.now() - began < settleMs)
    const tookMs = Date.now() - began
    const note =
      wrong.length > 0
        ? styleText('red', `${wrong.length} lists wrong`)
        : `right after ${tookMs} ms`
    console.log(`${when}: ${note}`)
    problems.push(...wrong.map((text) => `${when}: ${text}`))
  }

  /** A record that is made now is heard of once by each subscription. */
  async function heardOnce(): Promise<void> {
    const { id } = await admin.collection('items').create({ text: 'last', number: 1 })
    await sleep(500)
    const counts = heard.map((each) => each.get(`create ${id}`) ?? 0)
    if (counts.some((count) => count !== 1))
      problems.push(`the last create was heard ${counts.join()} times`)
  }
}

for (const problem of problems) console.error(styleText('red', problem))
if (problems.length > 0)
  console.error(`Repeat it: FC_SEED=${seed} CHAOS_FAULTS=${faults} npm run test:chaos`)
console.log(`${faults} faults, ${problems.length} problems`)
const failed = Math.min(faults, problems.length)
writeTestReport(faults - failed, failed)
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
