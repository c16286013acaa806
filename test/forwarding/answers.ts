import type { PocketBase } from '../../src/index.ts'
import { ask } from './clickhouse.ts'
import type { Row } from './clickhouse.ts'
import { sqlOf } from './page.ts'
import type { Insert } from './sink.ts'

const limit = 20

/** What the server says of a range, and what ClickHouse makes of the events that were forwarded to it, in the same shape. */
export async function bothAnswers(
  admin: PocketBase,
  python: string,
  inserts: readonly Insert[],
  range: string,
): Promise<{ server: unknown; clickhouse: unknown }> {
  const get = async (name: string): Promise<Record<string, unknown>> =>
    admin.send(`/api/analytics/${name}`, { query: { range, limit } })
  const server = {
    ...(await get('stats')),
    ...(await get('top-pages')),
    ...(await get('top-sources')),
    ...(await get('devices')),
  } as Record<string, unknown>
  const { startDate, endDate } = server as { startDate: string; endDate: string }
  const parameters = { from: startDate, to: endDate, limit }
  const names = ['summary', 'daily', 'pages', 'sources', 'devices']
  const [summary, daily, pages, sources, agents] = await ask(
    python,
    inserts,
    names.map((name) => ({ sql: sqlOf(name), parameters })),
  )
  const ofKind = (kind: string): Row[] =>
    agents!.filter((row) => row['kind'] === kind).map(({ name, visitors }) => ({ name, visitors }))
  const clickhouse = {
    summary: summary![0],
    daily,
    pages,
    sources,
    browsers: ofKind('browsers'),
    os: ofKind('os'),
    devices: ofKind('devices'),
    startDate,
    endDate,
  }
  return { server, clickhouse }
}
