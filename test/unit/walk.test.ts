import { setTimeout as sleep } from 'node:timers/promises'

import { describe, expect, test } from 'vitest'

import { CrudService } from '../../src/index.ts'
import type { WalkOptions } from '../../src/index.ts'
import { collect } from '../support/collect.ts'
import { json, observed, queryOf } from '../support/observed.ts'
import { rows } from '../support/rows.ts'

describe('a walk', () => {
  test('asks for what comes after the last row, until a page is not full', async () => {
    const { client, requests } = observed(rows(5))
    const all = await collect(client.collection('posts').iterate({ batch: 2, expand: 'author' }))
    expect(all.map(({ id }) => id)).toEqual(['r0000', 'r0001', 'r0002', 'r0003', 'r0004'])
    const each = { page: '1', perPage: '2', skipTotal: '1', sort: 'id', expand: 'author' }
    expect(requests.map(queryOf)).toEqual([
      each,
      { ...each, filter: `id > 'r0001'` },
      { ...each, filter: `id > 'r0003'` },
    ])
  })

  test('keeps the given filter in a group of its own, without its comments', async () => {
    const { client, requests } = observed(rows(3))
    const filter = `a = 1 || b = "//" // it's`
    await collect(client.collection('posts').iterate({ batch: 2, filter }))
    expect(requests.map((request) => queryOf(request)['filter'])).toEqual([
      filter,
      `(a = 1 || b = "//" ) && (id > 'r0001')`,
    ])
  })

  test('by a column begins at its last value, where an index can begin, and then looks at the rest', async () => {
    const { client, requests } = observed(({ url }, index) =>
      json({
        perPage: 1,
        items: url.includes('null') || index > 2 ? [] : [{ id: 'a', n: 2 - index }],
      }),
    )
    await collect(client.collection('posts').iterate({ sort: '-n', batch: 1 }))
    expect(requests.map((request) => queryOf(request)['sort'])).toEqual(
      requests.map(() => '-n,-id,-@rowid'),
    )
    expect(requests.map((request) => queryOf(request)['filter'])).toEqual([
      undefined,
      `n = null && n != ''`,
      `n <= 2 && (n < 2 || (id < 'a'))`,
      `n <= 0 && (n < 0 || (id < 'a'))`,
    ])
  })

  test('takes a server that gives fewer rows at once than were asked for', async () => {
    const { client, requests } = observed(rows(25, 10))
    expect(await collect(client.collection('posts').iterate({ batch: 5000 }))).toHaveLength(25)
    expect(requests).toHaveLength(3)
  })

  test('has all rows also where the options name a page; perPage is another name of batch', async () => {
    const { client, requests } = observed(rows(5))
    const options = { page: 3, perPage: 2, query: { page: 4 } }
    expect(await collect(client.collection('posts').iterate(options))).toHaveLength(5)
    expect(requests).toHaveLength(3)
  })

  test('asks for no page that nobody wants', async () => {
    const { client, requests } = observed(rows(100))
    const walk = client.collection('posts').iterate({ batch: 10 })
    expect(requests).toHaveLength(0)
    let count = 0
    for await (const _ of walk) if ((count += 1) === 15) break
    expect(requests).toHaveLength(2)
    expect(await walk.next()).toEqual({ done: true, value: undefined })
  })

  test('ends by its signal', async () => {
    const controller = new AbortController()
    const { client, requests } = observed(rows(100))
    const { signal } = controller
    const reading = async (): Promise<void> => {
      for await (const { id } of client.collection('posts').iterate({ batch: 10, signal }))
        if (id === 'r0014') controller.abort('enough')
    }
    await expect(reading()).rejects.toMatchObject({ isAbort: true, message: 'enough' })
    expect(requests).toHaveLength(2)
  })

  test('cancels nothing and is not cancelled, unless it has a request key', async () => {
    const { client } = observed(async (request) => {
      await sleep(1)
      return rows(20)(request)
    })
    const posts = client.collection('posts')
    const walk = async (options: WalkOptions): Promise<number> =>
      (await collect(posts.iterate({ batch: 10, ...options }))).length
    const list = posts.getList(1, 5)
    expect(await Promise.all([walk({}), walk({}), walk({ walk: 'pages' }), posts.count()])).toEqual(
      [20, 20, 20, -1],
    )
    expect((await list).items).toHaveLength(5)
    const [first, second] = await Promise.allSettled([
      walk({ requestKey: 'k' }),
      walk({ requestKey: 'k' }),
    ])
    expect(first).toMatchObject({ status: 'rejected', reason: { isAbort: true } })
    expect(second).toMatchObject({ status: 'fulfilled', value: 20 })
  })

  test('through pages has lists of up to batch rows, and never an empty one', async () => {
    for (const walk of ['key', 'pages'] as const) {
      for (const [count, sizes] of [
        [0, []],
        [5, [2, 2, 1]],
        [4, [2, 2]],
      ] as const) {
        const { client } = observed(rows(count))
        const pages = await collect(client.collection('posts').pages({ batch: 2, walk }))
        expect(pages.map(({ length }) => length)).toEqual(sizes)
      }
    }
  })

  test.each([
    ['ignores the filter', { perPage: 2, items: [{ id: 'a' }, { id: 'b' }] }],
    ['ignores the sort', { perPage: 2, items: [{ id: 'b' }, { id: 'a' }] }],
    ['has the same id twice', { perPage: 2, items: [{ id: 'a' }, { id: 'a' }] }],
    ['answers rows without ids', { perPage: 2, items: [{ n: 1 }, { n: 2 }] }],
    ['answers ids that are no texts', { perPage: 2, items: [{ id: null }] }],
  ])('over a server that %s ends with a TypeError, not never', async (_, answer) => {
    const { client, requests } = observed((_request, index) =>
      json(index < 3 ? answer : { perPage: 2, items: [] }),
    )
    const walk = collect(client.collection('posts').iterate({ batch: 2 }))
    await expect(walk).rejects.toThrow(TypeError)
    await expect(walk).rejects.toThrow(/cannot be walked by key: .*Use walk: 'pages'/)
    expect(requests.length).toBeLessThan(3)
  })

  test.each(['a.b', '@random', '@rowid', 'a:lower', 'email', '-email', 'a,,b', '--a', 'a b'])(
    'by "%s" is a TypeError, and nothing is sent',
    async (sort) => {
      const { client, requests } = observed(rows(3))
      await expect(collect(client.collection('posts').iterate({ sort }))).rejects.toThrow(TypeError)
      await expect(client.collection('posts').getFullList({ sort, walk: 'key' })).rejects.toThrow(
        /Use walk: 'pages'/,
      )
      expect(requests).toEqual([])
    },
  )

  test.each([0, -1, Number.NaN])('with a batch of %d is a TypeError', async (batch) => {
    const { client, requests } = observed(rows(3))
    await expect(collect(client.collection('posts').pages({ batch }))).rejects.toThrow(TypeError)
    expect(requests).toEqual([])
  })

  test('hands out what decode makes of rows, though it drops their key', async () => {
    class Titles extends CrudService<string> {
      get baseCrudPath(): string {
        return '/api/own'
      }
      override decode<T = string>({ id, title }: { [key: string]: unknown }): T {
        return `${String(id)} ${String(title)}` as T
      }
    }
    const { client } = observed((request, index) => {
      const { fields } = queryOf(request)
      expect(fields).toBe('title,id')
      const items = index < 2 ? [{ id: `r${index}`, title: 'a' }] : []
      return json({ perPage: 1, items })
    })
    const walk = new Titles(client).iterate({ fields: 'title', batch: 1 })
    expect(await collect(walk)).toEqual(['undefined a', 'undefined a'])
  })
})
