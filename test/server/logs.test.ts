import { beforeAll, expect, test, vi } from 'vitest'

import { ApiError, AuthError, NotFoundError } from '../../src/index.ts'
import type { LogModel } from '../../src/index.ts'
import { describeServers } from '../support/server.ts'

describeServers('logs', (pb) => {
  const filter = 'data.status = 404 && data.url ~ "/api/nowhere"'
  let noted: LogModel

  beforeAll(async () => {
    for (let n = 0; n < 3; n++) {
      await pb
        .guest()
        .send(`/api/nowhere/${n}`, {})
        .catch(() => {})
    }
    // Servers write them some seconds later.
    noted = await vi.waitFor(
      async () => {
        const { items, totalItems } = await pb.admin.logs.getList(1, 1, { filter })
        expect(totalItems).toBe(3)
        return items[0]!
      },
      { timeout: 20_000, interval: 500 },
    )
  })

  test('tell of requests', async () => {
    expect(noted).toEqual({
      id: expect.any(String),
      created: expect.stringMatching(/^\d{4}-\d\d-\d\d .*Z$/),
      level: expect.any(Number),
      message: expect.stringMatching(/^GET \/api\/nowhere\/\d$/),
      data: expect.objectContaining({ type: 'request', method: 'GET', status: 404 }),
    })
    expect(noted.level).toBe(8)
  })

  test('are found one by one', async () => {
    expect(await pb.admin.logs.getOne(noted.id)).toEqual(noted)
    expect(await pb.admin.logs.getOneOrNull('missing')).toBeNull()
    await expect(pb.admin.logs.getOne('missing')).rejects.toBeInstanceOf(NotFoundError)
    await expect(pb.admin.logs.getOne('')).rejects.toMatchObject({ status: 404 })
    expect(await pb.admin.logs.getFirstListItem(filter)).toMatchObject({ level: 8 })
  })

  test('are listed whole, counted and walked like records', async () => {
    const all = await pb.admin.logs.getFullList({ filter, sort: 'message' })
    expect(all.map(({ message }) => message)).toEqual([0, 1, 2].map((n) => `GET /api/nowhere/${n}`))
    expect(await pb.admin.logs.count(filter)).toBe(3)
    const walked: string[] = []
    for await (const { message } of pb.admin.logs.iterate({ filter, sort: '-message', batch: 1 }))
      walked.push(message)
    expect(walked).toEqual(all.map(({ message }) => message).toReversed())
  })

  test('are counted by the hour', async () => {
    const hours = await pb.admin.logs.getStats({ filter })
    expect(hours.reduce((sum, { total }) => sum + total, 0)).toBe(3)
    expect(hours[0]!.date).toMatch(/^\d{4}-\d\d-\d\d \d\d:00:00\.000Z$/)
    await expect(pb.admin.logs.getStats({ filter: 'nope(' })).rejects.toBeInstanceOf(ApiError)
  })

  test('are for superusers alone', async () => {
    const { logs } = pb.guest()
    await expect(logs.getList()).rejects.toBeInstanceOf(AuthError)
    await expect(logs.getStats()).rejects.toBeInstanceOf(AuthError)
  })

  test.runIf(pb.version === '0.40.4')('are deleted, all of them', async () => {
    expect(await pb.admin.logs.truncate()).toBe(true)
    expect(await pb.admin.logs.count(filter)).toBe(0)
    await expect(pb.guest().logs.truncate()).rejects.toBeInstanceOf(AuthError)
  })

  test.skipIf(pb.version === '0.40.4')('cannot be deleted before 0.40, and say so', async () => {
    const error: unknown = await pb.admin.logs.truncate().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(NotFoundError)
    expect(String(error)).toContain('Servers before 0.40 do not have this endpoint.')
    expect(await pb.admin.logs.count(filter)).toBe(3)
  })
})
