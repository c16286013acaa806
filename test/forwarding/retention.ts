import assert from 'node:assert/strict'

import type { Checks } from './checks.ts'
import { startForwarding } from './server.ts'
import { rowsOf, startSink } from './sink.ts'
import { send } from './traffic.ts'
import { until } from './until.ts'

const dayMs = 86_400_000
const secret = 'a-password-of-a-sink'

/** Rows that are too old while the receiver wants none. */
export async function checkRetention(version: string, { check }: Checks): Promise<void> {
  await using sink = await startSink()
  sink.mode = 'refuse'
  await using pocketbase = await startForwarding(version, {
    PB_ANALYTICS_RETENTION: '1',
    PB_ANALYTICS_SINK_URL: sink.url,
    PB_ANALYTICS_SINK_PASSWORD: secret,
  })
  const { server, admin, status } = pocketbase
  const daysAgo = (days: number, count: number): object[] =>
    Array.from({ length: count }, (_, index) => ({
      event: 'page_view',
      sid: `${days}-${index}`,
      ts: Date.now() - days * dayMs,
    }))
  const events = [...daysAgo(20, 7), ...daysAgo(3, 5), ...daysAgo(0, 2)]
  await send(server.url, [{ userAgent: 'curl/8', events: events as Record<string, unknown>[] }])

  await check(
    'a receiver that refuses is named in config, without the secret it was sent',
    async () => {
      await pocketbase.run('events')
      const { error, rows, retryAt, failures } = await until('a failure', async () => {
        const found = await status('events')
        return found.failures > 0 ? found : undefined
      })
      assert.match(error, /^403: .*"x-clickhouse-key":"REDACTED"/)
      assert.equal(rows, 14)
      assert.ok(failures > 0 && retryAt !== null)
      assert.equal(sink.headers['x-clickhouse-key'], secret)
    },
  )
  await check('the log has the failure, and no secret', async () => {
    const logs = await until('a log', async () => {
      const text = JSON.stringify(await admin.logs.getList(1, 100))
      return text.includes('pbts: forwarding failed') ? text : undefined
    })
    assert.ok(!`${logs}${server.logs}`.includes(secret))
  })
  await check(
    'retention keeps what was not forwarded for a week, and counts what it then removes',
    async () => {
      await pocketbase.run('retention')
      const { rows } = await until('old rows go', async () => {
        const found = await status('events')
        return found.rows < 14 ? found : undefined
      })
      assert.equal(rows, 7)
      assert.equal((await status('events')).lost, 7)
      const { dates } = await admin.send<{ dates: string[] }>('/api/analytics/raw-logs', {})
      assert.equal(dates.length, 2)
    },
  )
  await check('what was kept is forwarded later, and then removed', async () => {
    sink.mode = 'take'
    await until('all is forwarded', async () => (await status('events')).rows === 0)
    assert.equal(rowsOf(sink.taken).length, 7)
    await pocketbase.run('retention')
    const getDates = async (): Promise<string[]> =>
      (await admin.send<{ dates: string[] }>('/api/analytics/raw-logs', {})).dates
    await until('old rows go', async () => (await getDates()).length === 1)
    const { lost, failures, error } = await status('events')
    assert.deepEqual({ lost, failures }, { lost: 7, failures: 0 })
    // The last one stays to be read.
    assert.match(error, /^403: /)
  })
  await check('rows that alone are refused hold up no others, unless all are', async () => {
    sink.mode = 'refuse-some'
    const before = sink.taken.length
    const paths = ['/1', '/2', '/poison/1', '/poison/2', '/3', '/4', '/5', '/poison/3']
    const sent = paths.map((path) => ({ event: 'page_view', sid: 'x', path }))
    await send(server.url, [{ userAgent: 'curl/8', events: sent }])
    await pocketbase.run('events')
    const { rows, refused, error } = await until('a failure', async () => {
      const found = await status('events')
      return found.failures > 0 ? found : undefined
    })
    assert.deepEqual({ rows, refused, error }, { rows: 1, refused: 2, error: '400: Cannot parse' })
    const taken = rowsOf(sink.taken.slice(before)).map(({ path }) => path)
    assert.deepEqual(taken, ['/1', '/2', '/3', '/4', '/5'])
    await send(server.url, [{ userAgent: 'curl/8', events: [{ event: 'page_view', sid: 'x' }] }])
    await until('the last one is passed over', async () => (await status('events')).rows === 0)
    assert.equal((await status('events')).refused, 3)
  })
}
