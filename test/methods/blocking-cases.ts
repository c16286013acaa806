import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'

import type {
  BlockingResponse,
  EventIterator,
  PocketBase as BlockingClient,
} from 'pocketbase-typescript/sync'

import { AbortError, createFile, NetworkError, PocketBase as Client } from '../../src/index.ts'
import { openFile } from '../../src/node/index.ts'
import { failure } from './case.ts'
import type { Cases } from './case.ts'
import type { Context } from './context.ts'
import { answerOf, withProvider } from './peers.ts'

/** This suite is run with the blocking client in the place of the other. */
function guestOf({ guest }: Context): BlockingClient {
  return guest() as unknown as BlockingClient
}

async function closedGuest(context: Context): Promise<BlockingClient> {
  const client = guestOf(context)
  client.close()
  return client
}

const iteration: Cases[string] = {
  ok: async (context) => {
    const client = guestOf(context)
    const events = client.realtime.events('posts/*', { timeout: 5000 })
    await context.post()
    const seen: string[] = []
    for (const { action } of events) {
      seen.push(action)
      break
    }
    assert.deepEqual(seen, ['create'])
    assert.deepEqual(events.next(), { done: true, value: undefined })
    assert.equal(client.realtime.state, 'disconnected')
  },
  fails: 'cannot fail: it is the iteration itself',
}

const ended: Cases[string] = {
  ok: async (context) => {
    const client = guestOf(context)
    client[Symbol.dispose]()
    await failure(AbortError, () => client.health.check())
  },
  fails: async (context) => {
    const client = guestOf(context)
    client[Symbol.dispose]()
    return failure(AbortError, () => client.health.check())
  },
}

/** Hears of a new record, then ends its client. */
async function firstEvent(context: Context): Promise<EventIterator<unknown>> {
  const client = guestOf(context)
  const events = client.collection('posts').events({ timeout: 5000 })
  const { id } = await context.post()
  assert.equal(events.next().value?.record.id, id)
  client.close()
  return events
}

/** The URL of a new file. */
function urlOf({ admin }: Context, text: string): string {
  const client = admin as unknown as BlockingClient
  const cover = createFile('cover.txt', text)
  const record = client.collection('posts').create({ title: 'A file', cover })
  return client.files.getURL(record, record['cover'])
}

/** The answer to its download. */
function downloaded(context: Context, text: string): BlockingResponse {
  return guestOf(context).files.download(urlOf(context, text))
}

/** Reads an answer, and then once more, which fails. */
function reading(read: (response: BlockingResponse) => void, text = 'A cover'): Cases[string] {
  return {
    ok: (context) => read(downloaded(context, text)),
    fails: async (context) => {
      const response = downloaded(context, text)
      read(response)
      return failure(TypeError, () => read(response))
    },
  }
}

/** Cases of classes for the blocking client, where the others have several things going on at once. */
export const blockingCases: Readonly<Record<string, Cases>> = {
  PocketBase: {
    use: {
      ok(context) {
        const client = guestOf(context)
        const seen: number[] = []
        const stop = client.use((request, next) => {
          const response = next({ ...request, url: request.url.replace('missing', 'health') })
          seen.push(response.status)
          return response
        })
        assert.equal(client.send('/api/missing', {}).code, 200)
        stop()
        client.health.check()
        assert.deepEqual(seen, [200])
      },
      fails: async (context) => {
        const client = guestOf(context)
        client.use((async () => {}) as never)
        return failure(TypeError, () => client.health.check())
      },
    },
    autoCancellation: {
      ok(context) {
        const client = guestOf(context).autoCancellation(true)
        assert.equal(client.health.check().code, client.health.check().code)
      },
      fails: 'cannot fail: no call is pending when another one begins',
    },
    // While a call is pending its hooks alone run.
    cancelRequest: {
      async ok(context) {
        const client = guestOf(context)
        client.beforeSend = () => void client.cancelRequest('GET /api/health')
        await failure(AbortError, () => client.health.check())
        assert.equal(client.collection('posts').getList().page, 1)
      },
      fails: 'cannot fail: a key without a pending call is passed over',
    },
    cancelAllRequests: {
      async ok(context) {
        const client = guestOf(context)
        client.beforeSend = () => void client.cancelAllRequests()
        await failure(AbortError, () => client.health.check())
      },
      fails: 'cannot fail: without pending calls it does nothing',
    },
    close: {
      ok: async (context) => ended.ok(context),
      fails: async (context) => {
        const client = await closedGuest(context)
        return failure(AbortError, () => client.health.check())
      },
    },
    '[Symbol.dispose]': ended,
  },
  functions: {
    createFile: {
      async ok({ admin }) {
        const blocking = admin as unknown as BlockingClient
        const cover = createFile('cover.txt', 'text', 'text/plain')
        const record = blocking.collection('posts').create({ title: 'A file', cover })
        const url = blocking.files.getURL(record, record['cover'])
        assert.equal(blocking.files.download(url).text(), 'text')
      },
      fails: async ({ admin }) => {
        const cover = createFile('cover.txt', new ReadableStream())
        return failure(TypeError, async () =>
          admin.collection('posts').create({ title: 'A file', cover }),
        )
      },
    },
  },
  FileSource: {
    stream: {
      ok({ admin }) {
        const client = admin as unknown as BlockingClient
        const cover = openFile(import.meta.filename)
        const record = client.collection('posts').create({ title: 'A file', cover })
        const { headers } = client.files.download(client.files.getURL(record, record['cover']))
        assert.equal(headers.get('content-length'), `${cover.size}`)
      },
      fails: async (context) => {
        const file = { stream: () => new ReadableStream<Uint8Array>() }
        return failure(TypeError, () => guestOf(context).collection('posts').create({ file }))
      },
    },
  },
  BlockingResponse: {
    arrayBuffer: reading((response) => assert.equal(response.arrayBuffer().byteLength, 7)),
    blob: reading((response) => assert.equal(response.blob().size, 7)),
    bytes: reading((response) => assert.equal(response.bytes()[0], 65)),
    json: reading((response) => assert.deepEqual(response.json(), { a: 1 }), '{"a":1}'),
    text: reading((response) => assert.equal(response.text(), 'A cover')),
  },
  BlockingBody: {
    '[Symbol.iterator]': {
      ok(context) {
        const large = 'x'.repeat(1_000_000)
        let length = 0
        let pieces = 0
        for (const piece of downloaded(context, large).body!) {
          length += piece.length
          pieces++
        }
        assert.equal(length, large.length)
        assert(pieces > 1)
      },
      fails: async (context) => {
        const url = urlOf(context, 'x'.repeat(1_000_000))
        const client = guestOf(context)
        return failure(AbortError, () => {
          for (const piece of client.files.download(url).body!) {
            assert(piece.length > 0)
            client.close()
          }
        })
      },
    },
  },
  HealthService: {
    check: {
      ok: (context) => assert.equal(guestOf(context).health.check().code, 200),
      // A server in this process could do nothing meanwhile.
      fails: async () => {
        const client = new Client('http://127.0.0.1:9') as unknown as BlockingClient
        return failure(NetworkError, () => client.health.check())
      },
    },
  },
  RecordService: {
    authWithOAuth2: {
      ok: async (context) =>
        withProvider(context, async (name) => {
          const client = guestOf(context)
          const urlCallback = (url: string): void => {
            // Answered by a redirect, which is no data.
            assert.throws(() => client.files.download(answerOf(url, 'ada'), { redirect: 'manual' }))
          }
          const { meta } = client.collection(name).authWithOAuth2({ provider: 'oidc', urlCallback })
          assert.equal(meta!['id'], 'ada')
          assert.equal(client.authStore.isValid, true)
        }),
      fails: async (context) =>
        withProvider(context, async (name) => {
          const users = guestOf(context).collection(name)
          const urlCallback: any = async () => {}
          return failure(TypeError, () => users.authWithOAuth2({ provider: 'oidc', urlCallback }))
        }),
    },
    subscribe: {
      async ok(context) {
        const client = guestOf(context)
        const seen: string[] = []
        const stop = client.collection('posts').subscribe('*', ({ action }) => seen.push(action))
        const { id } = await context.post()
        client.collection('posts').getList(1, 1, { filter: client.filter`id = ${id}` })
        for (let i = 0; i < 250 && seen.length === 0; i++) await sleep(20)
        assert.deepEqual(seen, ['create'])
        stop()
        assert.equal(client.realtime.isConnected, false)
      },
      fails: async (context) =>
        failure(TypeError, () =>
          guestOf(context)
            .collection('posts')
            .subscribe('', () => {}),
        ),
    },
    events: {
      async ok(context) {
        await firstEvent(context)
      },
      fails: async (context) =>
        failure(TypeError, () => guestOf(context).collection('posts').events({ topic: '' })),
    },
  },
  RealtimeService: {
    events: {
      ok: async (context) => iteration.ok(context),
      fails: async (context) => {
        const client = await closedGuest(context)
        return failure(AbortError, () => client.realtime.events('posts/*'))
      },
    },
  },
  EventIterator: {
    next: {
      async ok(context) {
        const events = await firstEvent(context)
        assert.deepEqual(events.next(), { done: true, value: undefined })
      },
      fails: async () => {
        const client = new Client('http://127.0.0.1:9') as unknown as BlockingClient
        return failure(NetworkError, () => client.realtime.events('posts/*'))
      },
    },
    return: {
      ok(context) {
        const client = guestOf(context)
        const events = client.realtime.events('posts/*')
        assert.deepEqual(events.return(), { done: true, value: undefined })
        assert.deepEqual(events.next(), { done: true, value: undefined })
        assert.equal(client.realtime.state, 'disconnected')
      },
      fails: 'cannot fail: what has ended stays so',
    },
    '[Symbol.iterator]': iteration,
    '[Symbol.dispose]': {
      ok(context) {
        const client = guestOf(context)
        {
          using events = client.realtime.events('posts/*')
          assert(events)
          assert.equal(client.realtime.isConnected, true)
        }
        assert.equal(client.realtime.state, 'disconnected')
      },
      fails: 'cannot fail: what has ended stays so',
    },
  },
}
