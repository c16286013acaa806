import { describe, expect, test } from 'vitest'

import { CrudService, NetworkError, NotFoundError } from '../../src/index.ts'
import type { ListResult, PocketBase, RecordModel } from '../../src/index.ts'
import { json, observed, queryOf } from '../support/observed.ts'
import type { SentRequest } from '../support/observed.ts'

/** A server with so many rows: answers pages as servers do, and no more than `max` rows at once. */
function rows(count: number, max = 1000) {
  return (request: SentRequest): Response => {
    const { page = '1', perPage = '30' } = queryOf(request)
    const size = Math.min(Number(perPage), max)
    const start = (Number(page) - 1) * size
    const length = Math.max(0, Math.min(size, count - start))
    const items = Array.from({ length }, (_, index) => ({ id: `r${start + index}` }))
    return json({ items, page: Number(page), perPage: size, totalItems: -1, totalPages: -1 })
  }
}

describe('getList', () => {
  test('asks for the first page of 30 by default', async () => {
    const { client, requests } = observed(rows(40))
    const list = await client.collection('posts').getList()
    expect(queryOf(requests[0]!)).toEqual({ page: '1', perPage: '30' })
    expect(list.items).toHaveLength(30)
    expect(list).toMatchObject({ page: 1, perPage: 30, totalItems: -1, totalPages: -1 })
  })

  test('returns what the server answers, also what it does not know', async () => {
    const answer = {
      items: [{ id: 'a' }],
      page: 2,
      perPage: 1,
      totalItems: 9,
      totalPages: 9,
      own: 1,
    }
    const { client } = observed(() => json(answer))
    expect(await client.collection('posts').getList(2, 1)).toEqual(answer)
  })
})

describe('getFullList', () => {
  test.each(['id', 'title'])('asks a getList that an application replaced, by %s', async (sort) => {
    const { client } = observed(rows(25))
    const posts = client.collection('posts')
    const getList = posts.getList.bind(posts)
    let count = 0
    posts.getList = (...given: Parameters<typeof getList>) => {
      count++
      return getList(...given) as never
    }
    expect(await posts.getFullList({ sort, batch: 10 })).toHaveLength(25)
    expect(count).toBe(3)
  })

  test('with a cut id counts pages, as it is no key', async () => {
    const { client, requests } = observed(() => json({ items: [{ id: 'abc' }], perPage: 1000 }))
    await client.collection('posts').getFullList({ sort: 'id', fields: 'id:excerpt(3)' })
    expect(new URL(requests[0]!.url).searchParams.get('page')).toBe('1')
    expect(new URL(requests[0]!.url).searchParams.get('fields')).toBe('id:excerpt(3)')
  })

  test.each([
    [0, 10, 1],
    [5, 10, 1],
    [9, 10, 1],
    [10, 10, 2],
    [25, 10, 3],
  ])('of %i rows in batches of %i takes %i requests', async (count, batch, expected) => {
    const { client, requests } = observed(rows(count))
    const list = await client.collection('posts').getFullList({ batch })
    expect(list.map(({ id }) => id)).toEqual(
      Array.from({ length: count }, (_, index) => `r${index}`),
    )
    expect(requests).toHaveLength(expected)
    expect(requests.map((request) => queryOf(request)['page'])).toEqual(
      Array.from({ length: expected }, (_, index) => `${index + 1}`),
    )
  })

  test('asks for 1000 rows at once by default, and for no total', async () => {
    const { client, requests } = observed(rows(1))
    await client.collection('posts').getFullList()
    expect(queryOf(requests[0]!)).toMatchObject({ page: '1', perPage: '1000' })
    expect(['1', 'true']).toContain(queryOf(requests[0]!)['skipTotal'])
  })

  test('is whole also where the server gives fewer rows at once than were asked for', async () => {
    const { client } = observed(rows(25, 10))
    expect(await client.collection('posts').getFullList({ batch: 5000 })).toHaveLength(25)
  })

  test('sends its options with every page', async () => {
    const { client, requests } = observed(rows(25))
    const options = { batch: 10, filter: 'a = 1', sort: '-created', headers: { 'X-A': '1' } }
    await client.collection('posts').getFullList(options)
    expect(requests).toHaveLength(3)
    for (const request of requests) {
      expect(queryOf(request)).toMatchObject({ filter: 'a = 1', sort: '-created', perPage: '10' })
      expect(queryOf(request)).not.toHaveProperty('batch')
      expect(request.init.headers['X-A']).toBe('1')
    }
  })

  test.each([0, -1, Number.NaN])(
    'with a batch of %d is a TypeError, and nothing is sent',
    async (batch) => {
      const { client, requests } = observed(rows(1))
      await expect(client.collection('posts').getFullList({ batch })).rejects.toThrow(TypeError)
      await expect(client.collection('posts').getFullList(batch)).rejects.toThrow(TypeError)
      expect(requests).toEqual([])
    },
  )

  test('fails as a whole when a later page fails', async () => {
    const answer = rows(25)
    const { client } = observed((request, index) =>
      index === 1 ? json({}, { status: 503 }) : answer(request),
    )
    await expect(client.collection('posts').getFullList({ batch: 10 })).rejects.toMatchObject({
      status: 503,
    })
  })

  test('stops between pages when it is cancelled', async () => {
    const controller = new AbortController()
    const answer = rows(1000)
    const { client, requests } = observed((request, index) => {
      if (index === 2) controller.abort()
      return answer(request)
    })
    const call = client.collection('posts').getFullList({ batch: 10, signal: controller.signal })
    await expect(call).rejects.toMatchObject({ isAbort: true })
    expect(requests).toHaveLength(3)
  })
})

describe('getFirstListItem', () => {
  test('is the first row', async () => {
    const { client, requests } = observed(rows(3))
    expect(await client.collection('posts').getFirstListItem('a = 1')).toEqual({ id: 'r0' })
    expect(queryOf(requests[0]!)).toMatchObject({ page: '1', perPage: '1', filter: 'a = 1' })
  })

  test('is a 404 where there is none, as in the official client', async () => {
    const { client } = observed(rows(0))
    const error: unknown = await client
      .collection('posts')
      .getFirstListItem('a = 1')
      .catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(NotFoundError)
    expect(error).toMatchObject({
      status: 404,
      isAbort: false,
      method: 'GET',
      path: '/api/collections/posts/records',
      response: { status: 404, data: {} },
    })
    expect((error as NotFoundError).message).toBe((error as NotFoundError).response['message'])
  })
})

describe('count', () => {
  test('asks for the total and next to no row', async () => {
    const { client, requests } = observed(() => json({ items: [], totalItems: 42 }))
    expect(await client.collection('posts').count('a = 1', { headers: { 'X-A': '1' } })).toBe(42)
    expect(queryOf(requests[0]!)).toEqual({
      perPage: '1',
      fields: 'id',
      filter: 'a = 1',
    })
    expect(requests[0]!.init.headers['X-A']).toBe('1')
  })
})

describe('getFirstOrNull and getOneOrNull', () => {
  const calls: [string, (pb: PocketBase) => Promise<unknown>][] = [
    ['getFirstOrNull', (pb) => pb.collection('posts').getFirstOrNull('a = 1')],
    ['getOneOrNull', (pb) => pb.collection('posts').getOneOrNull('a')],
  ]

  test('are the row where there is one', async () => {
    const { client } = observed(({ url }) =>
      json(url.endsWith('/a') ? { id: 'a' } : { items: [{ id: 'a' }] }),
    )
    for (const [, call] of calls) expect(await call(client)).toEqual({ id: 'a' })
  })

  test.each(calls)('%s fails for other reasons than that it is missing', async (_, call) => {
    for (const status of [400, 401, 403, 500]) {
      const { client } = observed(() => json({}, { status }))
      await expect(call(client)).rejects.toMatchObject({ status })
    }
    const { client } = observed(() => Promise.reject(new Error('down')))
    await expect(call(client)).rejects.toBeInstanceOf(NetworkError)
  })

  test('getOneOrNull is null for a 404, and for an empty id without asking', async () => {
    const { client, requests } = observed(() => json({}, { status: 404 }))
    expect(await client.collection('posts').getOneOrNull('a')).toBeNull()
    expect(requests).toHaveLength(1)
    expect(await client.collection('posts').getOneOrNull('')).toBeNull()
    expect(requests).toHaveLength(1)
  })

  test('getFirstOrNull is null where nothing matches, but not for a missing collection or filter', async () => {
    const { client } = observed(({ url }) =>
      url.includes('posts') ? json({ items: [] }) : json({}, { status: 404 }),
    )
    expect(await client.collection('posts').getFirstOrNull('a = 1')).toBeNull()
    await expect(client.collection('nope').getFirstOrNull('a = 1')).rejects.toMatchObject({
      status: 404,
    })
    await expect(client.collection('posts').getFirstOrNull(undefined as never)).rejects.toThrow(
      TypeError,
    )
  })
})

describe('a service', () => {
  test('is the same for the same name', () => {
    const { client } = observed(() => json({}))
    expect(client.collection('posts')).toBe(client.collection('posts'))
    expect(client.collection('posts')).not.toBe(client.collection('users'))
    expect(client.collection('posts').collectionIdOrName).toBe('posts')
    expect(client.collection('posts').baseCrudPath).toBe('/api/collections/posts/records')
    expect(client.collections.baseCrudPath).toBe('/api/collections')
  })

  test('of its own turns models into what its decode says', async () => {
    class Post {
      readonly id: string
      constructor(data: { [key: string]: unknown }) {
        this.id = String(data['id'])
      }
    }
    class Posts extends CrudService<Post> {
      get baseCrudPath(): string {
        return '/api/own'
      }
      override decode<T = Post>(data: { [key: string]: unknown }): T {
        return new Post(data) as T
      }
    }
    const { client } = observed(({ url }) =>
      json(url.includes('/r1') ? { id: 'r1' } : { id: 'r1', items: [{ id: 'r1' }], perPage: 30 }),
    )
    const posts = new Posts(client)
    const one = new Post({ id: 'r1' })
    expect(await posts.getOne('r1')).toStrictEqual(one)
    expect(await posts.create({})).toStrictEqual(one)
    expect(await posts.update('r1', {})).toStrictEqual(one)
    expect((await posts.getList()).items).toStrictEqual([one])
    expect(await posts.getFullList()).toStrictEqual([one])
    expect(await posts.getFirstListItem('')).toStrictEqual(one)
  })
})

describe('the record that is signed in', () => {
  const record: RecordModel = { id: 'u1', collectionId: 'c1', collectionName: 'users', name: 'old' }

  function signedIn(answer: unknown): PocketBase {
    const { client } = observed(({ init }) =>
      init.method === 'DELETE' ? new Response(null, { status: 204 }) : json(answer),
    )
    client.authStore.save('token', { ...record, expand: { team: { id: 't1' } } })
    return client
  }

  test.each(['users', 'c1'])('follows its update by the collection %s', async (name) => {
    const client = signedIn({ ...record, name: 'new', expand: { org: { id: 'o1' } } })
    await client.collection(name).update('u1', { name: 'new' })
    expect(client.authStore.token).toBe('token')
    expect(client.authStore.record).toEqual({
      ...record,
      name: 'new',
      expand: { team: { id: 't1' }, org: { id: 'o1' } },
    })
  })

  test('keeps what an update with picked fields does not answer', async () => {
    const client = signedIn({ name: 'new' })
    await client.collection('users').update('u1', { name: 'new' }, { fields: 'name' })
    expect(client.authStore.record).toMatchObject({ ...record, name: 'new' })
  })

  test('is not another one, nor one of another collection with its id', async () => {
    const client = signedIn({ id: 'u1', name: 'other' })
    await client.collection('posts').update('u1', {})
    await client.collection('users').update('u2', {})
    await client.collection('posts').delete('u1')
    await client.collection('users').delete('u2')
    expect(client.authStore.record?.['name']).toBe('old')
    expect(client.authStore.token).toBe('token')
  })

  test('is signed out by its deletion', async () => {
    const client = signedIn({})
    expect(await client.collection('users').delete('u1')).toBe(true)
    expect(client.authStore.token).toBe('')
    expect(client.authStore.record).toBeNull()
  })

  test('stays when its update or deletion fails', async () => {
    const { client } = observed(() => json({}, { status: 403 }))
    client.authStore.save('token', record)
    await expect(client.collection('users').update('u1', {})).rejects.toMatchObject({ status: 403 })
    await expect(client.collection('users').delete('u1')).rejects.toMatchObject({ status: 403 })
    expect(client.authStore.record).toEqual(record)
  })
})

describe('signing in', () => {
  const answer = { token: 'new', record: { id: 'u1', collectionName: 'users' }, meta: { a: 1 } }

  test.each([
    ['authWithPassword', (pb: PocketBase) => pb.collection('users').authWithPassword('a', 'b')],
    ['authRefresh', (pb: PocketBase) => pb.collection('users').authRefresh()],
  ])('with %s fills the store and returns the whole answer', async (_, signIn) => {
    const { client } = observed(() => json(answer))
    expect(await signIn(client)).toEqual(answer)
    expect(client.authStore.token).toBe('new')
    expect(client.authStore.record).toEqual(answer.record)
  })

  test('that fails leaves the store', async () => {
    const { client } = observed(() => json({ message: 'No.' }, { status: 400 }))
    client.authStore.save('old', null)
    const call = client.collection('users').authWithPassword('a', 'b')
    await expect(call).rejects.toMatchObject({ status: 400, message: 'No.' })
    expect(client.authStore.token).toBe('old')
  })
})

test('lists can be typed by the call', async () => {
  interface Post extends RecordModel {
    title: string
  }
  const { client } = observed(() => json({ items: [{ id: 'a', title: 'b' }] }))
  const list: ListResult<Post> = await client.collection('posts').getList<Post>()
  expect(list.items[0]?.title).toBe('b')
})
