import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import type { BulkProgress, PocketBase, RecordModel, RecordService } from '../../src/index.ts'
import { open } from '../support/rules.ts'
import { describeServers } from '../support/server.ts'

describeServers('changing many records', (pb) => {
  let client: PocketBase
  let tasks: RecordService

  beforeAll(async () => {
    // What is locked cannot be updated or deleted, though it is listed.
    const rules = { ...open, updateRule: 'locked = false', deleteRule: 'locked = false' }
    const fields = [
      { name: 'n', type: 'number' },
      { name: 'title', type: 'text', max: 20 },
      { name: 'locked', type: 'bool' },
    ]
    await pb.admin.collections.create({ name: 'tasks', type: 'base', ...rules, fields })
  })
  beforeEach(async () => {
    client = pb.guest()
    tasks = client.collection('tasks')
    await Promise.all(
      Array.from({ length: 25 }, async (_, n) => tasks.create({ n, title: ` task ${n}` })),
    )
  })
  afterEach(async () => {
    await pb.admin.collection('tasks').deleteWhere('id != ""')
  })

  const numbers = async (filter: string): Promise<number[]> =>
    (await tasks.getFullList({ filter, sort: 'n' })).map(({ n }) => n as number)

  describe('updateWhere', () => {
    test('changes what matches and nothing else', async () => {
      const least = 20
      const result = await tasks.updateWhere(client.filter`n >= ${least}`, { title: 'late' })
      expect(result).toEqual({ done: 5, skipped: 0, failed: 0, total: 5 })
      expect(await numbers('title = "late"')).toEqual([20, 21, 22, 23, 24])
    })

    test('asks a function for each record, and leaves those alone that it returns nothing for', async () => {
      const records: RecordModel[] = []
      const change = async (record: RecordModel): Promise<object | null> => {
        records.push(record)
        return (record['n'] as number) % 5 ? null : { title: (record['title'] as string).trim() }
      }
      const result = await tasks.updateWhere('n < 20', change, { batch: 7 })
      expect(result).toEqual({ done: 4, skipped: 16, failed: 0, total: 20 })
      expect(await numbers('title !~ " task%"')).toEqual([0, 5, 10, 15])
      expect(records).toHaveLength(20)
      expect(records[0]).toMatchObject({ collectionName: 'tasks', title: expect.any(String) })
    })

    test('hands the function the fields that were asked for, and the id', async () => {
      const records: RecordModel[] = []
      await tasks.updateWhere('n = 3', (record) => void records.push(record), { fields: 'n' })
      expect(records).toEqual([{ id: expect.any(String), n: 3 }])
    })

    test('comes to an end though its own changes end the match, or keep it up', async () => {
      const end = await tasks.updateWhere('n < 10', { 'n+': 100 }, { batch: 3 })
      expect(end).toMatchObject({ done: 10, total: 10 })
      const more = await tasks.updateWhere('n >= 100', { 'n+': 1 }, { batch: 3 })
      expect(more).toMatchObject({ done: 10 })
      expect(await numbers('n >= 100')).toEqual(Array.from({ length: 10 }, (_, n) => 101 + n))
    })

    test('stops at the first failure, and says how far it came', async () => {
      await tasks.updateWhere('n = 12', { locked: true })
      const call = tasks.updateWhere('id != ""', { title: 'x' }, { batch: 2, concurrency: 1 })
      const error: unknown = await call.catch((reason: unknown) => reason)
      const done = (await numbers('title = "x"')).length
      expect(error).toMatchObject({ status: 404, hint: `${done} of 25 were done.` })
      expect(done).toBeLessThan(25)
      expect((error as Error & { describe: () => string }).describe()).toMatch(/of 25 were done/)
    })

    test('goes on after failures where they are taken', async () => {
      await tasks.updateWhere('n < 3', { locked: true })
      const failures: unknown[] = []
      const result = await tasks.updateWhere(
        'n < 10',
        { title: 'y' },
        { onError: ({ status }, id) => failures.push([status, id]) },
      )
      expect(result).toEqual({ done: 7, skipped: 0, failed: 3, total: 10 })
      const locked = await tasks.getFullList({ filter: 'locked = true' })
      expect(failures).toHaveLength(3)
      expect(failures).toEqual(expect.arrayContaining(locked.map(({ id }) => [404, id])))
    })

    test('reports a value that the server refuses', async () => {
      const call = tasks.updateWhere('n = 1', { title: 'much too long for a title' })
      await expect(call).rejects.toMatchObject({ status: 400, hint: '0 of 1 were done.' })
    })
  })

  describe('deleteWhere', () => {
    test('deletes what matches and nothing else', async () => {
      const result = await tasks.deleteWhere('n < 20 || title = "none"', { batch: 3 })
      expect(result).toEqual({ done: 20, skipped: 0, failed: 0, total: 20 })
      expect(await numbers('id != ""')).toEqual([20, 21, 22, 23, 24])
    })

    test('with dryRun counts, and deletes nothing', async () => {
      const result = await tasks.deleteWhere('n < 20', { dryRun: true })
      expect(result).toEqual({ done: 0, skipped: 0, failed: 0, total: 20 })
      expect(await tasks.count()).toBe(25)
    })

    test('tells of its progress, record by record', async () => {
      const reports: BulkProgress[] = []
      await tasks.deleteWhere('n < 6', { onProgress: (progress) => reports.push(progress) })
      expect(reports.map(({ done }) => done)).toEqual([1, 2, 3, 4, 5, 6])
      expect(reports.every(({ total }) => total === 6)).toBe(true)
    })

    test('passes over what others deleted first', async () => {
      const ids = (await tasks.getFullList({ sort: 'id' })).map(({ id }) => id)
      let isFirst = true
      const result = await tasks.deleteWhere('id != ""', {
        concurrency: 1,
        async fetch(url, init) {
          if (isFirst && init?.method === 'DELETE') {
            isFirst = false
            for (const id of ids.slice(-3)) await pb.admin.collection('tasks').delete(id)
          }
          return fetch(url, init)
        },
      })
      expect(result).toEqual({ done: 22, skipped: 3, failed: 0, total: 25 })
    })

    test('does not take what is hidden from deletion for deleted', async () => {
      await tasks.updateWhere('n = 1', { locked: true })
      await expect(tasks.deleteWhere('n = 1')).rejects.toMatchObject({ status: 404 })
      expect(await tasks.count()).toBe(25)
    })
  })

  test('has no more under way than it may', async () => {
    let now = 0
    let most = 0
    await tasks.deleteWhere('n < 20', {
      concurrency: 3,
      async fetch(url, init) {
        most = Math.max(most, (now += 1))
        try {
          return await fetch(url, init)
        } finally {
          now--
        }
      },
    })
    expect(most).toBe(3)
  })

  test('ends by its signal, also where failures are taken', async () => {
    const controller = new AbortController()
    const call = tasks.deleteWhere('id != ""', {
      signal: controller.signal,
      concurrency: 1,
      onError: () => {},
      onProgress: ({ done }) => done === 5 && controller.abort(),
    })
    await expect(call).rejects.toMatchObject({ isAbort: true, hint: '5 of 25 were done.' })
    expect(await tasks.count()).toBe(20)
  })
})
