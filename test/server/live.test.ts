import { setTimeout as sleep } from 'node:timers/promises'

import { beforeAll, expect, test } from 'vitest'

import { PocketBase } from '../../src/index.ts'
import type { RecordModel } from '../../src/index.ts'
import { liveList, liveOne } from '../../src/live/index.ts'
import { proxyTo } from '../support/proxy.ts'
import { open } from '../support/rules.ts'
import { describeServers } from '../support/server.ts'
import { whatIsThrown } from '../support/uncaught.ts'
import { eventually } from '../support/wait.ts'

describeServers('live', (pb) => {
  beforeAll(async () => {
    const { collections } = pb.admin
    const authors = await collections.create({
      name: 'authors',
      type: 'base',
      ...open,
      fields: [{ name: 'name', type: 'text' }],
    })
    await collections.create({
      name: 'posts',
      type: 'base',
      ...open,
      fields: [
        { name: 'title', type: 'text' },
        { name: 'n', type: 'number' },
        { name: 'group', type: 'text' },
        { name: 'meta', type: 'json' },
        { name: 'author', type: 'relation', collectionId: authors.id, maxSelect: 1 },
      ],
    })
  })

  let groups = 0
  /** Records of their own for one test, and a client that ends with it. */
  function group() {
    const name = `group ${++groups}`
    const client = new PocketBase(pb.url)
    const posts = pb.admin.collection('posts')
    return {
      name,
      client,
      posts: client.collection('posts'),
      filter: `group = "${name}"`,
      create: async (values: object): Promise<RecordModel> =>
        posts.create({ group: name, ...values }),
      update: async (id: string, values: object): Promise<RecordModel> => posts.update(id, values),
      remove: async (id: string): Promise<boolean> => posts.delete(id),
      [Symbol.asyncDispose]: async () => client.close(),
    }
  }
  const titles = (rows: readonly RecordModel[]): string[] => rows.map((row) => row['title'])

  test('a list reads what is there, and then rows come, move and leave', async () => {
    await using own = group()
    const a = await own.create({ title: 'a', n: 1 })
    await own.create({ title: 'b', n: 2 })
    using list = liveList(own.posts, { filter: `${own.filter} && n < 10`, sort: '-n' })
    expect([list.state, list.getSnapshot()]).toEqual(['loading', []])
    await list.ready
    expect([list.state, titles(list.getSnapshot())]).toEqual(['live', ['b', 'a']])
    const c = await own.create({ title: 'c', n: 1.5 })
    await eventually(() => expect(titles(list.getSnapshot())).toEqual(['b', 'c', 'a']))
    await own.update(a.id, { n: 9 })
    await eventually(() => expect(titles(list.getSnapshot())).toEqual(['a', 'b', 'c']))
    await own.update(a.id, { n: 10 })
    await eventually(() => expect(titles(list.getSnapshot())).toEqual(['b', 'c']))
    await own.update(a.id, { n: 0, title: 'back' })
    await eventually(() => expect(titles(list.getSnapshot())).toEqual(['b', 'c', 'back']))
    await own.remove(c.id)
    await eventually(() => expect(titles(list.getSnapshot())).toEqual(['b', 'back']))
  })

  test('an empty expand, fields or sort is as none', async () => {
    await using own = group()
    const ids = [await own.create({ title: 'a' }), await own.create({ title: 'b' })]
      .map(({ id }) => id)
      .toSorted()
    using list = liveList(own.posts, { filter: own.filter, expand: '', fields: '', sort: '' })
    await list.ready
    expect(list.getSnapshot().map(({ id }) => id)).toEqual(ids)
    expect(titles(list.getSnapshot()).toSorted()).toEqual(['a', 'b'])
  })

  test('the snapshot and its rows stay the same objects while nothing changes', async () => {
    await using own = group()
    const a = await own.create({ title: 'a' })
    await own.create({ title: 'b' })
    using list = liveList(own.posts, { filter: own.filter, sort: 'title' })
    await list.ready
    const before = list.getSnapshot()
    let news = 0
    const stop = list.subscribe(() => news++)
    // An update without a change is an event too.
    await own.update(a.id, {})
    await sleep(400)
    expect(list.getSnapshot()).toBe(before)
    expect(news).toBe(0)
    await own.update(a.id, { n: 1 })
    await eventually(() => expect(list.getSnapshot()[0]?.['n']).toBe(1))
    expect(list.getSnapshot()).not.toBe(before)
    expect(list.getSnapshot()[1]).toBe(before[1])
    expect(news).toBe(1)
    stop()
  })

  test('expand and fields are those of the list, also in what events bring', async () => {
    await using own = group()
    const author = await pb.admin.collection('authors').create({ name: 'Ann' })
    using list = liveList(own.posts, {
      filter: own.client.filter`group = ${own.name}`,
      expand: 'author',
      fields: 'id,title,expand.author.name',
    })
    await list.ready
    const { id } = await own.create({ title: 'x', author: author.id })
    const row = { id, title: 'x', expand: { author: { name: 'Ann' } } }
    await eventually(() => expect(list.getSnapshot()).toEqual([row]))
    await sleep(400)
    expect(list.getSnapshot()).toEqual([row])
  })

  test('a list without a filter holds the whole collection', async () => {
    await using own = group()
    using list = liveList(own.client.collection('authors'), { sort: 'name' })
    await list.ready
    const { length } = list.getSnapshot()
    await pb.admin.collection('authors').create({ name: '\u{1F600}' })
    await pb.admin.collection('authors').create({ name: '\uFF5E' })
    await eventually(() => expect(list.getSnapshot()).toHaveLength(length + 2))
    const sorted = await pb.admin.collection('authors').getFullList({ sort: 'name' })
    expect(list.getSnapshot().map(({ id }) => id)).toEqual(sorted.map(({ id }) => id))
  })

  test('one record: read, changed, deleted, made again', async () => {
    await using own = group()
    const { id } = await own.create({ title: 'a' })
    using one = liveOne(own.posts, id)
    expect(one.getSnapshot()).toBeUndefined()
    await one.ready
    expect(one.getSnapshot()).toMatchObject({ id, title: 'a' })
    await own.update(id, { title: 'b' })
    await eventually(() => expect(one.getSnapshot()?.['title']).toBe('b'))
    await own.remove(id)
    await eventually(() => expect(one.getSnapshot()).toBeNull())
    await own.create({ id, title: 'c' })
    await eventually(() => expect(one.getSnapshot()?.['title']).toBe('c'))
    one.close()
    await own.update(id, { title: 'd' })
    await sleep(100)
    expect([one.state, one.getSnapshot()?.['title']]).toEqual(['closed', 'c'])
  })

  test('what happens while the stream is lost is found when it is back', async () => {
    await using proxy = await proxyTo(pb.url)
    await using own = group()
    const client = new PocketBase(proxy.url, { realtime: { livenessMs: 1000 } })
    const a = await own.create({ title: 'a' })
    const b = await own.create({ title: 'b' })
    using list = liveList(client.collection('posts'), { filter: own.filter, sort: 'title' })
    await list.ready
    const states = new Set<string>()
    list.subscribe(() => states.add(list.state))
    proxy.freeze()
    await own.remove(a.id)
    await own.update(b.id, { title: 'B' })
    await own.create({ title: 'C' })
    await eventually(() => expect(titles(list.getSnapshot())).toEqual(['B', 'C']))
    await eventually(() => expect(list.state).toBe('live'))
    expect(states).toContain('stale')
    await client.close()
  })

  test('rows are confirmed beside a filter that leaves room for few of them', async () => {
    await using own = group()
    const rows: RecordModel[] = []
    for (let n = 0; n < 70; n++) rows.push(await own.create({ title: 'a', n: 1 }))
    const long = `${own.filter} && title != "${'x'.repeat(2_150)}" && n = 1`
    using list = liveList(own.posts, { filter: long })
    await list.ready
    expect(list.getSnapshot()).toHaveLength(70)
    // What leaves the filter is seen by reading it again alone.
    await Promise.all(rows.slice(1).map(async ({ id }) => own.update(id, { n: 2 })))
    await eventually(() => expect(list.getSnapshot()).toHaveLength(1))
    expect(list.state).toBe('live')
  })

  test('a filter that is too long to be subscribed to is an error that is told', async () => {
    await using own = group()
    const list = liveList(own.posts, { filter: `title != "${'x'.repeat(3_000)}"` })
    await expect(list.ready).rejects.toMatchObject({ status: 400 })
    expect([list.state, list.error]).toEqual(['closed', expect.objectContaining({ status: 400 })])
  })

  test('a listener that throws stops neither the list nor other listeners', async () => {
    await using own = group()
    using list = liveList(own.posts, { filter: own.filter })
    let news = 0
    await whatIsThrown(async (thrown) => {
      const stop = list.subscribe(() => {
        throw new Error('mine')
      })
      list.subscribe(() => news++)
      await list.ready
      await own.create({ title: 'a' })
      await eventually(() => expect(titles(list.getSnapshot())).toEqual(['a']))
      await eventually(() => expect(thrown.length).toBeGreaterThanOrEqual(2))
      stop()
      expect(news).toBe(thrown.length)
      expect([list.state, list.error]).toEqual(['live', undefined])
    })
  })

  test('it ends with the client, and with all subscriptions of its collection', async () => {
    await using own = group()
    const lists = [
      liveList(own.posts, { filter: own.filter }),
      liveList(own.client.collection('authors')),
    ]
    await Promise.all(lists.map(async ({ ready }) => ready))
    await own.posts.unsubscribe()
    expect(lists.map(({ state }) => state)).toEqual(['closed', 'live'])
    await own.client.close()
    expect(lists.map(({ state }) => state)).toEqual(['closed', 'closed'])
  })

  test('closing before it is ready leaves no subscription', async () => {
    await using own = group()
    liveList(own.posts, { filter: own.filter }).close()
    const late = liveList(own.posts, { filter: own.filter })
    await Promise.resolve()
    late.close()
    await eventually(() => expect(own.client.realtime.state).toBe('disconnected'))
  })

  test('what cannot be held is an error that says so', async () => {
    await using own = group()
    for (const title of ['a', 'b', 'c']) await own.create({ title, meta: { title } })
    const small = liveList(own.posts, { filter: own.filter, maxRows: 2 })
    await expect(small.ready).rejects.toThrow('more than 2 records match')
    expect([small.state, small.error]).toEqual(['closed', expect.any(RangeError)])
    const growing = liveList(own.posts, { filter: own.filter, maxRows: 3 })
    await growing.ready
    await own.create({ title: 'd' })
    await eventually(() => expect(growing.error).toBeInstanceOf(RangeError))
    const unsortable = liveList(own.posts, { filter: own.filter, sort: 'meta' })
    await expect(unsortable.ready).rejects.toThrow('cannot sort by "meta"')
    const invalid = liveList(own.posts, { filter: 'nope = 1' })
    await expect(invalid.ready).rejects.toMatchObject({ status: 400 })
    expect(() => liveList(own.posts, { sort: 'author.name' })).toThrow(TypeError)
    expect(() => liveList(own.posts, { fields: 'title' })).toThrow(TypeError)
    expect(() => liveOne(own.posts, '')).toThrow(TypeError)
    await eventually(() => expect(own.client.realtime.state).toBe('disconnected'))
  })
})
