import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'

import Official, { BaseAuthStore } from 'pocketbase'
import { afterAll, expect, test } from 'vitest'

import { MemoryAuthStore, PocketBase } from '../../src/index.ts'
import type { WalkOptions } from '../../src/index.ts'
import { crowdMigration } from '../support/crowd.ts'
import { describeServers } from '../support/server.ts'

const rowCount = 1000
const crowd = crowdMigration(rowCount)
afterAll(crowd.remove)

/** What both clients have in common. */
interface Lister {
  collection(name: string): { getFullList(options: object): Promise<unknown[]> }
}

describeServers(
  'getFullList',
  (pb) => {
    test('of 1,000 rows sends what the official client sends, byte for byte', async () => {
      await using recorder = await recorderFor(pb.url)
      const sentBy = async (client: Lister, options: object): Promise<string> => {
        const start = recorder.bytes.length
        const rows = await client.collection('crowd').getFullList(options)
        expect(rows).toHaveLength(rowCount)
        return Buffer.concat(recorder.bytes.slice(start)).toString('latin1')
      }
      const official = new Official(recorder.url, new BaseAuthStore())
      const ours = new PocketBase(recorder.url, new MemoryAuthStore())
      for (const { authStore } of [official, ours]) authStore.save(pb.admin.authStore.token, null)
      const filter = 'n >= 0'
      for (const options of [{}, { batch: 200 }, { sort: '-n', filter }, { fields: 'n,id' }]) {
        const theirs = await sentBy(official, options)
        expect(theirs).toMatch(/^GET \S*perPage=(1000|200)\S* HTTP\/1.1\r\n.*authorization: /is)
        expect(await sentBy(ours, options)).toBe(theirs)
      }
      const theirs = await sentBy(official, { sort: 'id' })
      expect(await sentBy(ours, { sort: 'id', walk: 'pages' })).toBe(theirs)
    })

    const walks: [WalkOptions, boolean][] = [
      [{ sort: 'id' }, true],
      [{ sort: '-id' }, true],
      [{ sort: ' +id' }, true],
      [{ query: { sort: 'id' } }, true],
      [{ sort: '-n', walk: 'key' }, true],
      [{ walk: 'key' }, true],
      [{}, false],
      [{ sort: 'n' }, false],
      [{ sort: 'id,n' }, false],
      [{ sort: 'id', walk: 'pages' }, false],
    ]
    test.each(walks)('with %j is whole, and walks by key: %s', async (options, isByKey) => {
      const filters: unknown[] = []
      const client = pb.guest()
      client.beforeSend = (_url, { query }) => {
        filters.push(query?.['filter'])
      }
      const rows = await client.collection('crowd').getFullList({ batch: 400, ...options })
      expect(new Set(rows.map(({ id }) => id)).size).toBe(rowCount)
      expect(filters.some((filter) => /id [<>]/.test(String(filter)))).toBe(isByKey)
    })

    test('by id is the same in both ways', async () => {
      const service = pb.guest().collection('crowd')
      const expected = await service.getFullList({ sort: '-id', walk: 'pages' })
      expect(await service.getFullList(300, { sort: '-id' })).toEqual(expected)
      expect(await service.getFullList({ sort: '-id', batch: 5000 })).toEqual(expected)
    })
  },
  { migrationsDir: crowd.dir },
)

/** A TCP proxy that keeps what clients send. */
async function recorderFor(
  target: string,
): Promise<{ url: string; bytes: Buffer[] } & AsyncDisposable> {
  const bytes: Buffer[] = []
  const { hostname, port } = new URL(target)
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname)
    client.on('data', (data) => bytes.push(data))
    client.pipe(upstream).pipe(client)
    for (const socket of [client, upstream]) {
      socket.on('error', () => {})
      socket.unref()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bytes,
    [Symbol.asyncDispose]: async () => {
      server.close()
    },
  }
}
