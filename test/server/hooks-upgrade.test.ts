import { rmSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, beforeEach, describe, expect, test } from 'vitest'

import { startPocketBase } from '../../src/testing/index.ts'
import { request, sendEvents, storedEvents, testHooks } from '../support/pack.ts'
import { temporaryFolder } from '../support/processes.ts'
import { describeServers } from '../support/server.ts'
import type { ServerUnderTest } from '../support/server.ts'
import { versionsUnderTest } from '../support/versions.ts'

const dayMs = 86_400_000

/** The tables of schema 1, as packs before the first release made them. */
const schema1 = `
  CREATE TABLE _pbts_events (id INTEGER PRIMARY KEY, ts INTEGER NOT NULL, day INTEGER NOT NULL, event TEXT NOT NULL, path TEXT NOT NULL,
    sid TEXT NOT NULL, uid TEXT NOT NULL DEFAULT '', source TEXT NOT NULL DEFAULT '', browser TEXT NOT NULL DEFAULT '', os TEXT NOT NULL DEFAULT '',
    device TEXT NOT NULL DEFAULT '', query TEXT NOT NULL DEFAULT '', referrer TEXT NOT NULL DEFAULT '', title TEXT NOT NULL DEFAULT '',
    lang TEXT NOT NULL DEFAULT '', perf_ms INTEGER, props TEXT);
  CREATE INDEX _pbts_events_ts ON _pbts_events(ts);
  CREATE TABLE _pbts_sessions (day INTEGER NOT NULL, sid TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, pv INTEGER NOT NULL,
    events INTEGER NOT NULL, uid TEXT, entry TEXT, source TEXT, browser TEXT, os TEXT, device TEXT, PRIMARY KEY (day, sid)) WITHOUT ROWID;
  CREATE TABLE _pbts_pages (day INTEGER, path TEXT, pv INTEGER, uv INTEGER, PRIMARY KEY (day, path)) WITHOUT ROWID;
  CREATE TABLE _pbts_dirty (day INTEGER PRIMARY KEY);
  CREATE TABLE _pbts_spans (id INTEGER PRIMARY KEY, trace_id TEXT NOT NULL, span_id TEXT NOT NULL, parent_id TEXT NOT NULL, name TEXT NOT NULL,
    kind TEXT NOT NULL, start_time INTEGER NOT NULL, duration INTEGER NOT NULL, status TEXT NOT NULL, method TEXT, route TEXT, target TEXT, code INTEGER,
    uid TEXT, dyed INTEGER, attributes TEXT);
  CREATE TABLE _pbts_dyed (user_id TEXT PRIMARY KEY, added_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, added_by TEXT, reason TEXT) WITHOUT ROWID;
  CREATE TABLE _pbts_meta (k TEXT PRIMARY KEY, v TEXT) WITHOUT ROWID;
  INSERT INTO _pbts_meta VALUES ('schema', '1');`

const hooksDir = testHooks()
afterAll(() => rmSync(hooksDir, { recursive: true }))

describe.each(versionsUnderTest())('an upgrade of the hooks pack (PocketBase %s)', (version) => {
  test('keeps what an older one has stored, and sums it up anew', async () => {
    await using folder = await temporaryFolder()
    const dir = join(folder.path, 'pb_data')
    const now = Date.now()
    const day = Math.floor(now / dayMs)
    // More than are read at once.
    const rows = Array.from({ length: 4500 }, (_, n) => {
      const ago = n % 5
      return `(${now - ago * dayMs}, ${day - ago}, 'page_view', '/${n % 3}', 's${n % 1500}', 'Chrome')`
    })
    {
      await using server = await startPocketBase({ version, dir, hooksDir })
      const { token } = (await server.superuserClient()).authStore
      const body = `${schema1}
        INSERT INTO _pbts_events (ts, day, event, path, sid, browser) VALUES ${rows.join()};
        INSERT INTO _pbts_spans (trace_id, span_id, parent_id, name, kind, start_time, duration, status, attributes)
          VALUES ('a', 'b', '', 'GET /', 'server', 1, 2, 'ok', '{}');
        INSERT INTO _pbts_dyed VALUES ('u1', ${now}, ${now + dayMs}, 'me', '');`
      expect((await request(server.url, '/test/sql', { body, token })).status).toBe(204)
    }
    // The second start finds nothing to do.
    for (let start = 1; start <= 2; start += 1) {
      await using server = await startPocketBase({ version, dir, pack: true })
      const admin = await server.superuserClient()
      const answerOf = async (path: string) =>
        (await request(server.url, `/api/${path}`, { token: admin.authStore.token })).json()
      expect(server.logs).not.toContain('pbts:')
      const { summary, daily } = await answerOf('analytics/stats')
      // 1,500 is a multiple of 5, so each session has its own day and page.
      expect(summary).toMatchObject({ totalPV: 4500, totalUV: 1500 })
      expect(daily.filter(({ pv }: any) => pv > 0).map(({ pv, uv }: any) => [pv, uv])).toEqual(
        Array.from({ length: 5 }, () => [900, 300]),
      )
      const { pages } = await answerOf('analytics/top-pages')
      expect(pages).toEqual(['/0', '/1', '/2'].map((path) => ({ path, pv: 1500, visitors: 500 })))
      expect(await storedEvents(admin)).toHaveLength(900)
      expect((await answerOf('_/trace/spans')).items).toMatchObject([{ spanId: 'b' }])
      expect((await answerOf('_/trace/dyed-users')).items).toMatchObject([
        { userId: 'u1', addedBy: 'me' },
      ])
    }
    await using server = await startPocketBase({ version, dir, pack: true })
    const twice = { id: 'x', event: 'page_view', sid: 'new' }
    await sendEvents(server.url, [twice])
    await sendEvents(server.url, [twice])
    expect(await storedEvents(await server.superuserClient())).toHaveLength(901)
  })

  test('back to an older one is refused, and the server runs', async () => {
    await using folder = await temporaryFolder()
    const dir = join(folder.path, 'pb_data')
    {
      await using server = await startPocketBase({ version, dir, pack: true, hooksDir })
      const { token } = (await server.superuserClient()).authStore
      await request(server.url, '/test/sql', {
        body: "UPDATE _pbts_meta SET v = '99' WHERE k = 'schema'",
        token,
      })
    }
    await using server = await startPocketBase({ version, dir, pack: true })
    expect(server.logs).toContain('The tables in auxiliary.db are of a newer hooks pack')
    expect((await request(server.url, '/api/health')).status).toBe(200)
  })
})

describeServers(
  'retention of the hooks pack',
  (pb) => {
    beforeEach(async () =>
      sql(
        pb,
        ['events', 'sessions', 'visits', 'pages', 'days', 'spans', 'dyed']
          .map((table) => `DELETE FROM _pbts_${table};`)
          .join(''),
      ),
    )

    test('removes events, sums and spans that are too old, and nothing else', async () => {
      const now = Date.now()
      const at = (days: number, sid: string) => ({
        event: 'page_view',
        sid,
        path: `/${days}`,
        ts: now - days * dayMs,
      })
      const old = Array.from({ length: 480 }, (_, n) => at(13, `old-${n}`))
      for (const events of [
        old,
        old,
        old,
        [at(3, 'a'), at(2, 'a'), at(0, 'a'), at(7, 'b'), at(11, 'c'), at(10, 'c')],
      ]) {
        expect((await sendEvents(pb.url, events)).json().accepted).toBe(events.length)
      }
      const spans = [1, 4, 5, 6].map(
        (days) =>
          `('a', '${days}', '', 'x', 'server', ${(now - days * dayMs - 1000) * 1000}, 1, 'ok', '{}')`,
      )
      await sql(
        pb,
        `INSERT INTO _pbts_spans (trace_id, span_id, parent_id, name, kind, start_time, duration, status, attributes) VALUES ${spans.join()}`,
      )
      await run(pb, 'removeOld')
      expect(await dates(pb)).toEqual(
        [0, 2].map((days) => new Date(now - days * dayMs).toISOString().slice(0, 10)),
      )
      const { daily } = await get(pb, 'analytics/stats?range=30d')
      expect(daily.filter(({ pv }: any) => pv > 0).map(({ pv, uv }: any) => [pv, uv])).toEqual([
        [1, 1],
        [1, 1],
        [1, 1],
        [1, 1],
        [1, 1],
      ])
      const { pages } = await get(pb, 'analytics/top-pages?range=30d')
      expect(pages.map(({ path }: any) => path)).toEqual(['/0', '/10', '/2', '/3', '/7'])
      expect(
        (await get(pb, '_/trace/spans?orderDir=asc')).items.map(({ spanId }: any) => spanId),
      ).toEqual(['4', '1'])
    })

    test('forgets dyed users whose time is over', async () => {
      await sql(
        pb,
        `INSERT INTO _pbts_dyed VALUES ('over', 1, 2, '', ''), ('still', 1, ${Date.now() + dayMs}, '', '')`,
      )
      await run(pb, 'everyMinute')
      await sql(pb, `UPDATE _pbts_dyed SET expires_at = ${Date.now() + dayMs}`)
      expect((await get(pb, '_/trace/dyed-users')).items).toMatchObject([{ userId: 'still' }])
    })

    test.skipIf(pb.version === '0.23.12')('runs by itself', async () => {
      const crons = await pb.admin.crons.getFullList()
      expect(crons).toEqual(
        expect.arrayContaining([
          { id: 'pbtsMinute', expression: '* * * * *' },
          { id: 'pbtsRetention', expression: '17 3 * * *' },
        ]),
      )
    })
  },
  {
    pack: true,
    hooksDir,
    env: {
      PB_ANALYTICS_RATE_LIMIT: '0',
      PB_ANALYTICS_MAX_EVENT_AGE: String(20 * 86_400),
      PB_ANALYTICS_RETENTION: '2',
      PB_ANALYTICS_SUMMARY_RETENTION: '10',
      PB_TRACE_RETENTION_DAYS: '5',
      PB_TRACE_MODE: 'dyed',
    },
  },
)

async function sql(pb: ServerUnderTest, body: string): Promise<void> {
  const { token } = pb.admin.authStore
  expect((await request(pb.url, '/test/sql', { body, token })).status).toBe(204)
}

async function run(pb: ServerUnderTest, job: string): Promise<void> {
  const { token } = pb.admin.authStore
  const answer = await request(pb.url, `/test/run/${job}`, { method: 'POST', token })
  expect([answer.status, answer.text]).toEqual([204, ''])
}

async function get(pb: ServerUnderTest, path: string): Promise<any> {
  return (await request(pb.url, `/api/${path}`, { token: pb.admin.authStore.token })).json()
}

async function dates(pb: ServerUnderTest): Promise<string[]> {
  return (await get(pb, 'analytics/raw-logs')).dates
}
