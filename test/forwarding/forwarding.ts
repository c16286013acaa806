import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'

import { randomNumbers, seed } from '../support/seed.ts'
import { bothAnswers } from './answers.ts'
import type { Checks } from './checks.ts'
import { startCollector } from './collector.ts'
import type { Collector } from './collector.ts'
import { startForwarding } from './server.ts'
import type { FeedName, ForwardingServer } from './server.ts'
import { rowsOf, startSink } from './sink.ts'
import type { Sink } from './sink.ts'
import { attributesOf, collectedSpan, expectedSpan } from './spans.ts'
import type { WireSpan } from './spans.ts'
import { makeRequests, send, visits } from './traffic.ts'
import { until } from './until.ts'

/** Longer than what a check holds a request, and short, for after a crash a run waits for it. */
const timeoutMs = 5_000
const downMs = 60_000
const secrets = { password: 'sink-password', key: 'collector-key' }

export interface Setting {
  readonly version: string
  /** An executable. */
  readonly collector: string
  /** An executable that has chdb. */
  readonly python: string
  readonly checks: Checks
}

/** All that is forwarded while receivers and servers come and go. */
export async function checkForwarding(setting: Setting): Promise<void> {
  const { version, python, checks } = setting
  const { check } = checks
  await using sink = await startSink()
  await using collector = await startCollector(setting.collector)
  await using pocketbase = await startForwarding(version, {
    PB_ANALYTICS_SINK_URL: `${sink.url}/?database=web`,
    PB_ANALYTICS_SINK_USER: 'forwarder',
    PB_ANALYTICS_SINK_PASSWORD: secrets.password,
    PB_ANALYTICS_SINK_TIMEOUT: String(timeoutMs),
    PB_TRACE_OTLP_ENDPOINT: collector.url,
    PB_TRACE_OTLP_HEADERS: `x-api-key=${secrets.key}`,
    PB_TRACE_OTLP_TIMEOUT: String(timeoutMs),
    PB_TRACE_SERVICE_NAME: 'shop',
    PB_TRACE_RESOURCE_ATTRIBUTES: 'service.name=other,deployment.environment.name=test%2C1',
  })
  const { server, admin, status } = pocketbase
  const random = randomNumbers(seed)
  const isLevel = async (feed: FeedName): Promise<boolean> => {
    const { rows } = await status(feed)
    // Looking leaves no span, starting a run does.
    return feed === 'events' ? rows === 0 : rows <= 2
  }
  const forwardAll = async (feed: FeedName): Promise<void> => {
    await pocketbase.run(feed)
    await until(`${feed} are level`, async () => isLevel(feed))
  }

  await check('what was there before is behind, and never was level', async () => {
    await send(server.url, visits(random, 3000, 'first'))
    const { rows, seconds, failures } = await status('events')
    // A minute may have begun meanwhile.
    if (rows === 0) return
    assert.deepEqual({ rows, seconds, failures }, { rows, seconds: null, failures: 0 })
  })
  await check('every event comes, as the server has it', async () => {
    await forwardAll('events')
    const stored = await storedEvents(pocketbase)
    assert.ok(stored.length > 2500 && sink.requests > 2)
    assert.deepEqual(rowsOf(sink.taken).map(asStored), stored)
  })
  await check('events come as an INSERT, with user and password', () => {
    assert.equal(sink.taken[0]!.query, 'INSERT INTO pbts_events FORMAT JSONEachRow')
    assert.equal(sink.headers['x-clickhouse-user'], 'forwarder')
    assert.equal(sink.headers['x-clickhouse-key'], secrets.password)
  })
  for (const range of ['today', '7d', '30d']) {
    await check(`ClickHouse answers as the server does, ${range}`, async () =>
      sameAnswers(pocketbase, python, sink, range),
    )
  }
  await check('every span comes to the collector, as the server has it', async () => {
    await makeRequests(server.url, admin.authStore.token, 700)
    await forwardAll('spans')
    await sameSpans(pocketbase, collector, 700)
  })
  await check('spans are those of the service that the environment names', async () => {
    const [span] = await collector.spans()
    assert.deepEqual(attributesOf(span!.resource), {
      'service.name': 'shop',
      'deployment.environment.name': 'test,1',
    })
  })
  await check('a span that comes after a deleted one is forwarded too', async () => {
    // Those that runs leave too, by the server's own cron.
    await until('no span waits', async () => (await status('spans')).rows === 0)
    const spans = await storedSpans(pocketbase)
    const deleted = spans.at(-1)!.traceId
    await admin.send(`/api/_/trace/spans/${deleted}`, { method: 'DELETE' })
    await makeRequests(server.url, '', 1)
    await forwardAll('spans')
    await sameSpans(pocketbase, collector, 700, deleted)
  })
  await check('two runs at the same time send once', async () => {
    sink.mode = 'hold'
    const { requests } = sink
    sink.mostAtOnce = 0
    await send(server.url, visits(random, 100, 'at-once'))
    await pocketbase.run('events')
    await until('a request is held', async () => sink.requests > requests)
    await pocketbase.run('events')
    await sleep(1_000)
    sink.release()
    await until('events are level', async () => isLevel('events'))
    assert.equal(sink.mostAtOnce, 1)
    assert.equal(new Set(rowsOf(sink.taken).map(({ id }) => id)).size, rowsOf(sink.taken).length)
  })
  await check('a batch that is too large comes in smaller ones', async () => {
    sink.mode = 300
    const before = sink.taken.length
    await send(server.url, visits(random, 800, 'large'))
    await forwardAll('events')
    const sizes = sink.taken.slice(before).map((insert) => rowsOf([insert]).length)
    assert.ok(sizes.length > 2 && sizes.every((size) => size <= 300), sizes.join())
    assert.equal((await status('events')).failures, 0)
    sink.mode = 'take'
  })

  const losesNothing = async (): Promise<void> => {
    const stored = await storedEvents(pocketbase)
    const came = new Map(rowsOf(sink.taken).map((row) => [Number(row['row']), asStored(row)]))
    assert.deepEqual([...came.values()], stored)
    await sameAnswers(pocketbase, python, sink, '30d')
    await sameSpans(pocketbase, collector, 700)
  }
  await check('a receiver that is down is left alone for a while', async () => {
    const upAt = Date.now() + downMs
    await collector.stop()
    await send(server.url, visits(random, 500, 'answer-lost'))
    sink.mode = 'lose-answer'
    await pocketbase.run('events')
    await until('an answer is lost', async () => (await status('events')).failures === 1)
    await sink.stop()
    await pocketbase.run('spans')
    await until('spans fail', async () => (await status('spans')).failures === 1)
    const { requests } = sink
    await pocketbase.run('events')
    await sleep(500)
    assert.equal(sink.requests, requests)
    for (const feed of ['events', 'spans'] as const) {
      const { rows, seconds, retryAt, error } = await status(feed)
      assert.ok(rows > 0 && seconds !== null && seconds > 0 && retryAt !== null && error !== '')
    }
    await send(server.url, visits(random, 500, 'down'))
    await makeRequests(server.url, admin.authStore.token, 50)
    await sleep(upAt - Date.now())
  })
  await check(
    'receivers that were down for a minute have missed nothing and count nothing twice',
    async () => {
      sink.mode = 'take'
      await sink.start()
      await collector.start()
      for (const feed of ['events', 'spans'] as const) {
        await until(`${feed} are level by themselves`, async () => isLevel(feed), {
          patienceMs: 400_000,
          pauseMs: 1_000,
        })
        const { failures, retryAt, lost, refused } = await status(feed)
        assert.deepEqual({ failures, retryAt, lost, refused }, { failures: 0, retryAt: null, lost: 0, refused: 0 }) // prettier-ignore
      }
      assert.ok(rowsOf(sink.taken).length > (await storedEvents(pocketbase)).length)
      await losesNothing()
    },
  )
  await check('no secret is in the log', async () => {
    const logs = JSON.stringify(await admin.logs.getFullList())
    assert.match(logs, /pbts: forwarding failed/)
    for (const secret of Object.values(secrets))
      assert.ok(!`${logs}${server.logs}`.includes(secret))
  })
  await check('a server that is killed in the middle of a run goes on with it', async () => {
    await send(server.url, visits(random, 500, 'killed'))
    sink.mode = 'hold'
    const { requests } = sink
    await pocketbase.run('events')
    await until('a request is held', async () => sink.requests > requests)
    await server.kill()
    sink.release()
    await server.restart()
    await until('events are level by themselves', async () => isLevel('events'))
    await forwardAll('spans')
    await losesNothing()
  })
}

/** What the server has, by its own download. */
async function storedEvents({ admin }: ForwardingServer): Promise<Record<string, unknown>[]> {
  const { dates } = await admin.send<{ dates: string[] }>('/api/analytics/raw-logs', {})
  const rows: Record<string, unknown>[] = []
  for (const date of dates) {
    const response = await fetch(admin.buildURL(`/api/analytics/raw-logs/${date}`), {
      headers: { authorization: admin.authStore.token },
    })
    const lines = (await response.text()).split('\n').slice(0, -1)
    rows.push(...lines.map((line) => JSON.parse(line) as Record<string, unknown>))
  }
  return rows.sort((a, b) => Number(a['row']) - Number(b['row']))
}

/** A forwarded row in the form of a downloaded one. */
function asStored(row: Record<string, unknown>): Record<string, unknown> {
  const { id, props } = row as { id: string; props: string }
  return {
    ...row,
    id: id === `~${String(row['row'])}.${String(row['ts'])}` ? null : id,
    props: props === '' ? null : (JSON.parse(props) as unknown),
  }
}

async function storedSpans({ admin }: ForwardingServer): Promise<WireSpan[]> {
  const spans: WireSpan[] = []
  for (let page = 1; ; page += 1) {
    const { items } = await admin.send<{ items: WireSpan[] }>('/api/_/trace/spans', {
      query: { page, limit: 500, orderBy: 'id', orderDir: 'asc' },
    })
    spans.push(...items)
    if (items.length < 500) return spans
  }
}

/** Those that the collector lacks may only be of what was asked since. */
async function sameSpans(
  pocketbase: ForwardingServer,
  collector: Collector,
  atLeast: number,
  deleted?: string,
): Promise<void> {
  const stored = await storedSpans(pocketbase)
  const { rows } = await pocketbase.status('spans')
  const expected = stored.slice(0, stored.length - rows).map(expectedSpan)
  assert.ok(expected.length > atLeast)
  const keyOf = ({ traceId, spanId }: Record<string, unknown>): string =>
    `${String(traceId)} ${String(spanId)}`
  // It writes what it has received a little later.
  const found = await until('the collector has written', async () => {
    const collected = (await collector.spans()).map(collectedSpan)
    const byKey = new Map(collected.map((span) => [keyOf(span), span]))
    return expected.every((span) => byKey.has(keyOf(span))) ? byKey : undefined
  })
  for (const span of expected) assert.deepEqual(found.get(keyOf(span)), span)
  const known = new Set(stored.map((span) => keyOf({ ...span })))
  const strangers = [...found.values()].filter((span) => !known.has(keyOf(span)))
  assert.ok(strangers.every(({ traceId }) => deletedTraces.has(String(traceId)) || traceId === deleted)) // prettier-ignore
  if (deleted !== undefined) deletedTraces.add(deleted)
}

/** At the collector they stay. */
const deletedTraces = new Set<string>()

async function sameAnswers(
  { admin }: ForwardingServer,
  python: string,
  sink: Sink,
  range: string,
): Promise<void> {
  const { server, clickhouse } = await bothAnswers(admin, python, sink.taken, range)
  assert.ok((server as { summary: { totalPV: number } }).summary.totalPV > 0)
  assert.deepEqual(clickhouse, server)
}
