import { afterAll, expect, test } from 'vitest'

import type { RecordService, WalkOptions } from '../../src/index.ts'
import { idsOf } from '../support/collect.ts'
import { crowdMigration } from '../support/crowd.ts'
import { describeServers } from '../support/server.ts'

/** How many rows there are: `WALK_ROWS=200000 npx vitest run --project server test/server/walk-writers.test.ts`. */
const rowCount = Number(process.env['WALK_ROWS'] ?? 20_000)
const crowd = crowdMigration(rowCount)
afterAll(crowd.remove)

describeServers(
  `walks over ${rowCount.toLocaleString('en')} rows beside writers`,
  (pb) => {
    const walks: Record<string, WalkOptions> = {
      'by id': {},
      'backwards by id': { sort: '-id' },
      'by a column with many ties': { sort: '-n' },
    }
    test.each(Object.entries(walks))(
      '%s have each row that stood throughout exactly once',
      async (_, options) => {
        const service = pb.guest().collection('crowd')
        const expected = await service.count('stays = true')
        expect(expected).toBe(rowCount * 0.75)
        const stop = new AbortController()
        const writers = [1, 2, 3, 4].map(async () => writeUntil(stop.signal, service))
        const seen = new Map<string, number>()
        let others = 0
        for await (const { id, stays } of service.iterate({ ...options, batch: 500 })) {
          if (stays) seen.set(id, (seen.get(id) ?? 0) + 1)
          else others++
        }
        stop.abort()
        const written = (await Promise.all(writers)).reduce((sum, count) => sum + count)
        expect(written).toBeGreaterThan(20)
        expect(others).toBeGreaterThan(0)
        expect(seen.size).toBe(expected)
        expect([...seen].filter(([, times]) => times > 1)).toEqual([])
      },
      600_000,
    )

    test('lose nothing where counted pages lose what moved to a page that was read', async () => {
      const service = pb.guest().collection('crowd')
      const lostBy = async (walk: 'key' | 'pages'): Promise<number> => {
        const create = async (index: number) => service.create({ n: -1 - index, stays: true })
        const added = await Promise.all(Array.from({ length: 30 }, async (_, n) => create(n)))
        const seen = new Set<string>()
        for await (const rows of service.pages({ filter: 'n < 0', sort: '-n', batch: 10, walk })) {
          const isFirst = seen.size === 0
          for (const { id } of rows) seen.add(id)
          if (isFirst) for (const { id } of rows.slice(0, 4)) await service.delete(id)
        }
        await service.deleteWhere('n < 0')
        return idsOf(added).filter((id) => !seen.has(id)).length
      }
      expect(await lostBy('pages')).toBe(4)
      expect(await lostBy('key')).toBe(0)
    })
  },
  { migrationsDir: crowd.dir },
)

/** Inserts and deletes records that do not stay. Resolves with how often. */
async function writeUntil(signal: AbortSignal, service: RecordService): Promise<number> {
  let count = 0
  for (; !signal.aborted; count += 2) {
    await service.create({ n: count % 1000, stays: false })
    const sort = '@random'
    const other = await service.getFirstOrNull('stays = false', { sort, requestKey: null })
    // Another writer may have been faster.
    if (other) await service.delete(other.id).catch(() => {})
  }
  return count
}
