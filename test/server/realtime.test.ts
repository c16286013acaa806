import { setTimeout as sleep } from 'node:timers/promises'

import { beforeAll, describe, expect, test } from 'vitest'

import { NetworkError, PocketBase, ValidationError } from '../../src/index.ts'
import type { RealtimeChange, RecordModel } from '../../src/index.ts'
import { startPocketBase } from '../../src/testing/index.ts'
import { proxyTo } from '../support/proxy.ts'
import { open } from '../support/rules.ts'
import { describeServers } from '../support/server.ts'
import { whatIsThrown } from '../support/uncaught.ts'
import { eventually } from '../support/wait.ts'

const title = { name: 'title', type: 'text' }

describeServers('realtime', (pb) => {
  beforeAll(async () => {
    const { collections } = pb.admin
    const posts = await collections.create({
      name: 'posts',
      type: 'base',
      ...open,
      fields: [title, { name: 'n', type: 'number' }],
    })
    await collections.create({ name: 'posts_archive', type: 'base', ...open, fields: [title] })
    await collections.create({
      name: 'comments',
      type: 'base',
      ...open,
      fields: [title, { name: 'post', type: 'relation', collectionId: posts.id, maxSelect: 1 }],
    })
    const secret = {
      ...open,
      listRule: '@request.auth.id != ""',
      viewRule: '@request.auth.id != ""',
    }
    await collections.create({ name: 'secrets', type: 'base', ...secret, fields: [title] })
    for (const name of ['ann', 'bob']) {
      await pb.admin.collection('users').create({
        email: `${name}@example.com`,
        password: '1234567890',
        passwordConfirm: '1234567890',
      })
    }
  })

  /** A client that ends with the test, and what happened to its connection. */
  function connected(url = pb.url, options = {}) {
    const client = new PocketBase(url, options)
    const changes: RealtimeChange[] = []
    client.realtime.onStateChange((change) => changes.push(change))
    return { client, changes, [Symbol.asyncDispose]: async () => client.close() }
  }

  const create = async (collection: string, body: object): Promise<RecordModel> =>
    pb.admin.collection(collection).create(body)

  describe('topics', () => {
    test('all records of a collection, one record, and the older spelling', async () => {
      await using own = connected()
      const { client } = own
      const seen: string[] = []
      const one = await create('posts', { title: 'one' })
      await client
        .collection('posts')
        .subscribe('*', (e) => seen.push(`* ${e.action} ${e.record['title']}`))
      await client
        .collection('posts')
        .subscribe(one.id, (e) => seen.push(`id ${e.action} ${e.record['title']}`))
      await client.realtime.subscribe('posts', (e) =>
        seen.push(`posts ${e.action} ${e.record.title}`),
      )
      await create('posts', { title: 'two' })
      await pb.admin.collection('posts').update(one.id, { title: 'three' })
      await pb.admin.collection('posts').delete(one.id)
      await eventually(() => expect(seen).toHaveLength(8))
      expect(seen.sort()).toEqual([
        '* create two',
        '* delete three',
        '* update three',
        'id delete three',
        'id update three',
        'posts create two',
        'posts delete three',
        'posts update three',
      ])
    })

    test('the collection may be named by its id', async () => {
      await using own = connected()
      const { id } = await pb.admin.collections.getOne('posts')
      const seen: string[] = []
      await own.client.collection(id).subscribe('*', (e) => seen.push(e.record['title']))
      await create('posts', { title: 'by id' })
      await eventually(() => expect(seen).toEqual(['by id']))
    })

    test('options: filter, expand, fields and headers, for that subscription alone', async () => {
      await using own = connected()
      const { client } = own
      const hard = 'it\'s "&+\\'
      const post = await create('posts', { title: 'target' })
      const seen: RecordModel[] = []
      const all: RecordModel[] = []
      await client.collection('comments').subscribe('*', (e) => seen.push(e.record), {
        filter: pb.guest().filter`title = ${hard}`,
        expand: 'post',
        fields: 'id,title,expand.post.title',
        headers: { 'X-Test': '1' },
      })
      await client.collection('comments').subscribe('*', (e) => all.push(e.record))
      await create('comments', { title: 'other', post: post.id })
      const { id } = await create('comments', { title: hard, post: post.id })
      await eventually(() => expect([seen.length, all.length]).toEqual([1, 2]))
      expect(seen).toEqual([{ id, title: hard, expand: { post: { title: 'target' } } }])
    })

    test('a query in the options stays what it was', async () => {
      await using own = connected()
      const filter = own.client.filter`title = ${'x'}`
      const query = { filter, fields: ['id', 'title'] }
      await own.client.collection('posts').subscribe('*', () => {}, { query })
      expect(query).toEqual({ filter, fields: ['id', 'title'] })
      expect(query.filter).toBe(filter)
    })

    test('PB_CONNECT is told whenever the stream was opened', async () => {
      await using own = connected()
      const ids: string[] = []
      await own.client.realtime.subscribe('PB_CONNECT', (e) => ids.push(e.clientId))
      await eventually(() => expect(ids).toEqual([own.client.realtime.clientId]))
      expect(ids[0]).toMatch(/^\w{40}$/)
    })

    test('1,000 topics at once, in two requests', async () => {
      await using proxy = await proxyTo(pb.url)
      await using own = connected(proxy.url)
      let count = 0
      const subscriptions = Array.from({ length: 999 }, async (_, i) =>
        own.client.collection('posts').subscribe(`record${i}`, () => {}),
      )
      subscriptions.push(own.client.collection('posts').subscribe('*', () => count++))
      await Promise.all(subscriptions)
      expect(proxy.requests.filter((line) => line.startsWith('POST'))).toHaveLength(1)
      await create('posts', { title: 'x' })
      await eventually(() => expect(count).toBe(1))
    })

    test('what the server refuses leaves nothing, and what was there goes on', async () => {
      await using own = connected()
      const { client } = own
      const seen: string[] = []
      await client.collection('posts').subscribe('*', (e) => seen.push(e.record['title']))
      const error: unknown = await client.realtime
        .subscribe('x'.repeat(2501), () => {})
        .catch((e: unknown) => e)
      expect(error).toBeInstanceOf(ValidationError)
      expect(String(error)).toContain('POST /api/realtime')
      await create('posts', { title: 'still' })
      await eventually(() => expect(seen).toEqual(['still']))
      expect(own.changes.map(({ state }) => state)).toEqual(['connecting', 'connected'])
    })

    test('a missing topic is a TypeError', async () => {
      await using own = connected()
      await expect(own.client.realtime.subscribe('', () => {})).rejects.toThrow(TypeError)
      await expect(own.client.collection('posts').subscribe('', () => {})).rejects.toThrow(
        TypeError,
      )
      expect(own.changes).toEqual([])
    })
  })

  describe('unsubscribing', () => {
    test('a collection does not touch another whose name begins the same', async () => {
      await using own = connected()
      const { client } = own
      const seen: string[] = []
      for (const name of ['posts', 'posts_archive']) {
        await client.collection(name).subscribe('*', (e) => seen.push(e.record.collectionName))
      }
      await client.collection('posts').unsubscribe()
      await create('posts', { title: 'x' })
      await create('posts_archive', { title: 'x' })
      await eventually(() => expect(seen).toEqual(['posts_archive']))
      await sleep(50)
      expect(seen).toEqual(['posts_archive'])
    })

    test('takes effect at once, also while the stream is being opened', async () => {
      await using own = connected()
      const { client } = own
      const seen: unknown[] = []
      const pending = client.collection('posts').subscribe('*', (e) => seen.push(e))
      void client.collection('posts').unsubscribe('*')
      await pending
      await eventually(() => expect(client.realtime.state).toBe('disconnected'))
      await create('posts', { title: 'x' })
      await sleep(50)
      expect(seen).toEqual([])
    })

    test('each form ends what it names; with the last one the stream ends', async () => {
      await using own = connected()
      const { client } = own
      const disconnects: string[][] = []
      client.realtime.onDisconnect = (active) => disconnects.push(active)
      const counts = [0, 0, 0, 0, 0]
      const listeners = counts.map((_, i) => () => void counts[i]!++)
      const posts = client.collection('posts')
      const first = await posts.subscribe('*', listeners[0]!)
      const second = await posts.subscribe('*', listeners[0]!)
      await posts.subscribe('*', listeners[1]!)
      await posts.subscribe('*', listeners[2]!, { filter: 'n = 0' })
      await client.realtime.subscribe('posts/other', listeners[3]!)
      await client.realtime.subscribe('custom', listeners[4]!)
      await create('posts', { title: 'x' })
      await eventually(() => expect(counts).toEqual([2, 1, 1, 0, 0]))
      await first()
      await first()
      await create('posts', { title: 'x' })
      await eventually(() => expect(counts).toEqual([3, 2, 2, 0, 0]))
      await client.realtime.unsubscribeByTopicAndListener('posts/*', listeners[1]!)
      await create('posts', { title: 'x' })
      await eventually(() => expect(counts).toEqual([4, 2, 3, 0, 0]))
      await second()
      await posts.unsubscribe('*')
      await client.realtime.unsubscribeByPrefix('posts/')
      expect(client.realtime.isConnected).toBe(true)
      await client.realtime.unsubscribe()
      await eventually(() => expect(client.realtime.state).toBe('disconnected'))
      expect(disconnects).toEqual([[]])
      expect(client.realtime.clientId).toBe('')
      await create('posts', { title: 'x' })
      await sleep(50)
      expect(counts).toEqual([4, 2, 3, 0, 0])
    })

    test('and subscribing in one go keeps the stream', async () => {
      await using own = connected()
      const { client } = own
      const stop = await client.collection('posts').subscribe('*', () => {})
      const before = client.realtime.clientId
      void stop()
      await client.collection('comments').subscribe('*', () => {})
      expect(client.realtime.clientId).toBe(before)
    })

    test('a signal ends a subscription, and one that is pending with its reason', async () => {
      await using own = connected()
      const { client } = own
      const controller = new AbortController()
      const { signal } = controller
      await client.collection('posts').subscribe('*', () => {}, { signal })
      controller.abort(new Error('enough'))
      await eventually(() => expect(client.realtime.state).toBe('disconnected'))
      const pending = client.collection('posts').subscribe('*', () => {}, { signal })
      await expect(pending).rejects.toMatchObject({ isAbort: true, message: 'enough' })
    })

    test('a listener that throws does not keep others from hearing', async () => {
      await using own = connected()
      const seen: string[] = []
      await whatIsThrown(async (thrown) => {
        await own.client.collection('posts').subscribe('*', () => {
          throw new Error('mine')
        })
        await own.client.collection('posts').subscribe('*', (e) => seen.push(e.action))
        await create('posts', { title: 'x' })
        await eventually(() => expect([seen, thrown.length]).toEqual([['create'], 1]))
      })
    })
  })

  describe('iterating', () => {
    test('events come one by one, those that wait too; leaving the loop ends the subscription', async () => {
      await using own = connected()
      const { client } = own
      const events = client.collection('posts').events({ filter: 'n > 0' })
      const first = events.next()
      await eventually(() => expect(client.realtime.isConnected).toBe(true))
      for (const n of [0, 1, 2, 3]) await create('posts', { title: 'x', n })
      await expect(first).resolves.toMatchObject({ done: false, value: { action: 'create' } })
      const seen: number[] = [(await first).value!.record['n']]
      for await (const { record } of events) {
        seen.push(record['n'])
        if (seen.length === 3) break
      }
      expect(seen.sort((a, b) => a - b)).toEqual([1, 2, 3])
      await eventually(() => expect(client.realtime.state).toBe('disconnected'))
      await expect(events.next()).resolves.toEqual({ done: true, value: undefined })
    })

    test('the loop ends with unsubscribe and with the client, and fails where the subscription fails', async () => {
      const { client } = connected()
      const loops = [client.collection('posts').events(), client.collection('comments').events()]
      const pending = loops.map(async (loop) => loop.next())
      await eventually(() => expect(client.realtime.isConnected).toBe(true))
      await client.collection('posts').unsubscribe()
      await expect(pending[0]).resolves.toMatchObject({ done: true })
      await client.close()
      await expect(pending[1]).resolves.toMatchObject({ done: true })
      await expect(client.collection('posts').events().next()).rejects.toMatchObject({
        isAbort: true,
      })
    })

    test('more events than may wait are an error, not a leak', async () => {
      await using own = connected()
      const { client } = own
      const events = client.collection('posts').events({ maxWaiting: 2 })
      const first = events.next()
      await eventually(() => expect(client.realtime.isConnected).toBe(true))
      for (let n = 0; n < 5; n++) await create('posts', { title: 'x' })
      await first
      await eventually(() => expect(client.realtime.state).toBe('disconnected'))
      await events.next()
      await events.next()
      await expect(events.next()).rejects.toThrow('maxWaiting')
    })
  })

  describe('who is signed in', () => {
    const signIn = async (client: PocketBase, name: string): Promise<unknown> =>
      client.collection('users').authWithPassword(`${name}@example.com`, '1234567890')

    test('signing in, refreshing, switching and signing out rebind the subscriptions', async () => {
      await using own = connected()
      const { client, changes } = own
      const seen: string[] = []
      await client.collection('secrets').subscribe('*', (e) => seen.push(e.record['title']))
      await client.collection('posts').subscribe('*', (e) => seen.push(e.record['title']))
      const round = async (name: string): Promise<void> => {
        await create('secrets', { title: `secret ${name}` })
        await create('posts', { title: `public ${name}` })
        await eventually(() => expect(seen).toContain(`public ${name}`))
      }
      const rebound = async (count: number): Promise<void> =>
        eventually(() =>
          expect(changes.filter(({ state }) => state === 'connected')).toHaveLength(count),
        )
      await round('guest')
      const guestStream = client.realtime.clientId
      await signIn(client, 'ann')
      await eventually(async () => {
        await create('secrets', { title: 'for ann' })
        expect(seen).toContain('for ann')
      })
      await client.collection('users').authRefresh()
      expect(client.realtime.clientId).toBe(guestStream)
      await round('ann')
      await signIn(client, 'bob')
      await rebound(2)
      expect(client.realtime.clientId).not.toBe(guestStream)
      await round('bob')
      client.authStore.clear()
      await rebound(3)
      await round('nobody')
      await sleep(50)
      expect(seen).toContain('secret ann')
      expect(seen).toContain('secret bob')
      expect(seen).not.toContain('secret guest')
      expect(seen).not.toContain('secret nobody')
      expect(changes.filter(({ gap }) => gap)).toHaveLength(2)
    })

    test('no event that only the user may see comes after signing out', async () => {
      await using own = connected()
      const { client } = own
      await signIn(client, 'ann')
      const seen: string[] = []
      await client.collection('secrets').subscribe('*', (e) => seen.push(e.record['title']))
      await create('secrets', { title: 'before' })
      await eventually(() => expect(seen).toEqual(['before']))
      const writing = Promise.all(
        [1, 2, 3, 4, 5].map(async () => create('secrets', { title: 'after' })),
      )
      client.authStore.clear()
      await writing
      await eventually(() => expect(client.realtime.isConnected).toBe(true))
      await sleep(100)
      expect(seen).toEqual(['before'])
    })
  })

  describe('a lost stream', () => {
    const isProbe = (line: string): boolean => line.includes('/api/oauth2-redirect')

    test('is opened again after a restart; the gap is told', async () => {
      await using server = await startPocketBase({ version: pb.version })
      const admin = await server.superuserClient()
      await admin.collections.create({ name: 'posts', type: 'base', ...open, fields: [title] })
      await using own = connected(server.url)
      const { client, changes } = own
      const seen: string[] = []
      const disconnects: string[][] = []
      client.realtime.onDisconnect = (active) => disconnects.push(active)
      await client.collection('posts').subscribe('*', (e) => seen.push(e.record['title']))
      const before = Date.now()
      await server.kill()
      await server.restart()
      await eventually(() => expect(changes.at(-1)?.state).toBe('connected'))
      const { gap } = changes.at(-1)!
      expect(gap!.from.getTime()).toBeLessThanOrEqual(Date.now())
      expect(gap!.to.getTime()).toBeGreaterThanOrEqual(before)
      expect(disconnects).toEqual([['posts/*']])
      await server.client().collection('posts').create({ title: 'again' })
      await eventually(() => expect(seen).toEqual(['again']))
    })

    test('a subscription made while the server is away waits for it', async () => {
      await using server = await startPocketBase({ version: pb.version })
      await using own = connected(server.url)
      const { client } = own
      await client.realtime.subscribe('one', () => {})
      await server.kill()
      const pending = client.realtime.subscribe('two', () => {})
      await sleep(300)
      await server.restart()
      await pending
      expect(client.realtime.isConnected).toBe(true)
    })

    test('is opened again, though onDisconnect throws', async () => {
      await using server = await startPocketBase({ version: pb.version })
      await using own = connected(server.url)
      const { client, changes } = own
      await client.realtime.subscribe('one', () => {})
      await whatIsThrown(async (thrown) => {
        client.realtime.onDisconnect = () => {
          throw new Error('mine')
        }
        await server.restart()
        await eventually(() => expect(changes.at(-1)?.gap).toBeDefined())
        // The end of the client is told as well.
        client.realtime.onDisconnect = () => {}
        expect(thrown).toEqual([new Error('mine')])
      })
    })

    test('the first stream that cannot be opened rejects, and nothing is left', async () => {
      await using server = await startPocketBase({ version: pb.version })
      const { url } = server
      await server.stop()
      await using own = connected(url)
      await expect(own.client.realtime.subscribe('one', () => {})).rejects.toBeInstanceOf(
        NetworkError,
      )
      await eventually(() => expect(own.client.realtime.state).toBe('disconnected'))
    })

    test('livenessMs: a stream that brings nothing any more is replaced, a living one is kept', async () => {
      await using proxy = await proxyTo(pb.url)
      await using own = connected(proxy.url, { realtime: { livenessMs: 2000 } })
      const { client, changes } = own
      const seen: string[] = []
      await client.collection('posts').subscribe('*', (e) => seen.push(e.record['title']))
      const before = client.realtime.clientId
      // Two: what the first one asks has been answered.
      await eventually(() => expect(proxy.requests.filter(isProbe)).toHaveLength(2))
      expect(client.realtime.clientId).toBe(before)
      proxy.freeze()
      await eventually(() => expect(changes.at(-1)?.gap).toBeDefined())
      expect(client.realtime.clientId).not.toBe(before)
      await create('posts', { title: 'alive' })
      await eventually(() => expect(seen).toEqual(['alive']))
    })
  })

  test('a close leaves nothing, and later subscriptions are refused', async () => {
    const { client } = connected()
    await client.collection('posts').subscribe('*', () => {})
    await client.close()
    await eventually(() => expect(client.realtime.state).toBe('disconnected'))
    await expect(client.collection('posts').subscribe('*', () => {})).rejects.toMatchObject({
      isAbort: true,
    })
    expect(client.realtime.state).toBe('disconnected')
  })
})
