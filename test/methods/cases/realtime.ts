import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'

import { AbortError, NetworkError, ValidationError } from '../../../src/index.ts'
import type { PocketBase, RealtimeChange } from '../../../src/index.ts'
import { failure } from '../case.ts'
import type { Cases } from '../case.ts'
import type { Context } from '../context.ts'

const nothing = (): void => {}

/** Waits, 5 s at most, until something is so. */
async function until(isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 250 && !isSo(); i++) await sleep(20)
  assert(isSo())
}

/** A closed client: nothing can be subscribed to. */
async function closed({ guest }: Context): Promise<PocketBase> {
  const client = guest()
  await client.close()
  return client
}

/** Subscribes, and says what was heard of a record that was made, after `end` has ended the subscription. */
async function heardAfter(
  { guest, post }: Context,
  end: (client: PocketBase, listener: () => void) => Promise<unknown>,
): Promise<void> {
  const client = guest()
  let count = 0
  const listener = (): void => void count++
  await client.realtime.subscribe('posts/*', listener)
  await post()
  await until(() => count === 1)
  await end(client, listener)
  await post()
  await sleep(100)
  assert.equal(count, 1)
  await until(() => client.realtime.state === 'disconnected')
}

export const RealtimeService: Cases = {
  onDisconnect: {
    async ok({ guest }) {
      const client = guest()
      const seen: string[][] = []
      client.realtime.onDisconnect = (active) => seen.push(active)
      await client.realtime.subscribe('posts/*', nothing)
      await client.realtime.unsubscribe()
      await until(() => seen.length === 1)
      assert.deepEqual(seen, [[]])
    },
    fails: 'cannot fail: it is told',
  },
  isConnected: {
    async ok({ guest }) {
      const client = guest()
      assert.equal(client.realtime.isConnected, false)
      await client.realtime.subscribe('posts/*', nothing)
      assert.equal(client.realtime.isConnected, true)
      await client.close()
    },
    fails: 'cannot fail: it reads a state',
  },
  clientId: {
    async ok({ guest }) {
      const client = guest()
      assert.equal(client.realtime.clientId, '')
      await client.realtime.subscribe('posts/*', nothing)
      assert.match(client.realtime.clientId, /^\w{40}$/)
      await client.close()
    },
    fails: 'cannot fail: it reads a state',
  },
  state: {
    async ok({ guest }) {
      const client = guest()
      assert.equal(client.realtime.state, 'disconnected')
      await client.realtime.subscribe('posts/*', nothing)
      assert.equal(client.realtime.state, 'connected')
      await client.close()
    },
    fails: 'cannot fail: it reads a state',
  },
  onStateChange: {
    async ok({ guest }) {
      const client = guest()
      const seen: RealtimeChange['state'][] = []
      const stop = client.realtime.onStateChange(({ state }) => seen.push(state))
      await client.realtime.subscribe('posts/*', nothing)
      stop()
      await client.close()
      assert.deepEqual(seen, ['connecting', 'connected'])
    },
    fails: 'cannot fail: it is told',
  },
  subscribe: {
    async ok({ guest, post }) {
      const client = guest()
      const seen: string[] = []
      await client.realtime.subscribe('posts/*', ({ action }) => seen.push(action))
      await post()
      await until(() => seen.length === 1)
      assert.deepEqual(seen, ['create'])
      await client.close()
    },
    fails: async ({ guest }) => {
      const client = guest()
      await client.realtime.subscribe('posts/*', nothing)
      const error = await failure(ValidationError, async () =>
        client.realtime.subscribe('x'.repeat(2501), nothing),
      )
      await client.close()
      return error
    },
  },
  unsubscribe: {
    ok: async (context) =>
      heardAfter(context, async ({ realtime }) => realtime.unsubscribe('posts/*')),
    fails: 'cannot fail: what is not subscribed to is left alone',
  },
  unsubscribeByPrefix: {
    ok: async (context) =>
      heardAfter(context, async ({ realtime }) => realtime.unsubscribeByPrefix('posts')),
    fails: 'cannot fail: what is not subscribed to is left alone',
  },
  unsubscribeByTopicAndListener: {
    ok: async (context) =>
      heardAfter(context, async ({ realtime }, listener) =>
        realtime.unsubscribeByTopicAndListener('posts/*', listener),
      ),
    fails: 'cannot fail: what is not subscribed to is left alone',
  },
  events: {
    async ok({ guest, post }) {
      const client = guest()
      setTimeout(() => void until(() => client.realtime.isConnected).then(async () => post()), 10)
      for await (const { action } of client.realtime.events('posts/*')) {
        assert.equal(action, 'create')
        break
      }
      await until(() => client.realtime.state === 'disconnected')
    },
    fails: async (context) => {
      const client = await closed(context)
      return failure(AbortError, async () => client.realtime.events('posts/*').next())
    },
  },
}

export const EventIterator: Cases = {
  next: {
    async ok({ guest, post }) {
      const client = guest()
      const events = client.collection('posts').events()
      const next = events.next()
      await until(() => client.realtime.isConnected)
      const { id } = await post()
      assert.equal((await next).value?.record.id, id)
      await client.close()
    },
    fails: async () => {
      const { PocketBase: Client } = await import('../../../src/index.ts')
      const client = new Client('http://127.0.0.1:9')
      return failure(NetworkError, async () => client.realtime.events('posts/*').next())
    },
  },
  return: {
    async ok({ guest }) {
      const client = guest()
      const events = client.realtime.events('posts/*')
      const next = events.next()
      await until(() => client.realtime.isConnected)
      await events.return()
      assert.deepEqual(await next, { done: true, value: undefined })
    },
    fails: 'cannot fail: what has ended stays so',
  },
  '[Symbol.asyncIterator]': {
    async ok({ guest, post }) {
      const client = guest()
      const events = client.realtime.events('posts/*')
      setTimeout(() => void until(() => client.realtime.isConnected).then(async () => post()), 10)
      for await (const { action } of events) {
        assert.equal(action, 'create')
        break
      }
      assert.deepEqual(await events.next(), { done: true, value: undefined })
    },
    fails: 'cannot fail: it is the iteration itself',
  },
  '[Symbol.asyncDispose]': {
    async ok({ guest }) {
      const client = guest()
      {
        await using events = client.realtime.events('posts/*')
        void events.next()
        await until(() => client.realtime.isConnected)
      }
      await until(() => client.realtime.state === 'disconnected')
    },
    fails: 'cannot fail: what has ended stays so',
  },
}
