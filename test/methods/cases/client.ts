import assert from 'node:assert/strict'

import {
  AbortError,
  BatchError,
  createFile,
  MemoryAuthStore,
  NotFoundError,
  PocketBase as Client,
} from '../../../src/index.ts'
import { failure } from '../case.ts'
import type { Cases } from '../case.ts'

/** A text that the two ways servers read backslashes, or missing quotes, would each get wrong. */
const hostile = `a\\' || id != ' "`

export const PocketBase: Cases = {
  authStore: {
    async ok({ admin, guest }) {
      const client = guest()
      client.authStore = admin.authStore
      assert.equal((await client.health.check()).data['canBackup'], true)
    },
    fails: 'cannot fail: any store will do',
  },
  beforeSend: {
    async ok({ admin, guest }) {
      const client = guest()
      client.beforeSend = (_url, options) => ({
        options: { ...options, headers: { Authorization: admin.authStore.token } },
      })
      assert.equal((await client.health.check()).data['canBackup'], true)
    },
    fails: async ({ guest }) => {
      const client = guest()
      client.beforeSend = () => {
        throw new RangeError('not today')
      }
      return failure(RangeError, async () => client.health.check())
    },
  },
  afterSend: {
    async ok({ guest }) {
      const client = guest()
      client.afterSend = (response: Response, data: object) => ({
        ...data,
        code: response.status + 1,
      })
      assert.equal((await client.health.check()).code, 201)
    },
    fails: async ({ guest }) => {
      const client = guest()
      client.afterSend = () => {
        throw new RangeError('not today')
      }
      return failure(RangeError, async () => client.health.check())
    },
  },
  batch: {
    async ok({ admin }) {
      await admin.settings.update({ batch: { enabled: true } })
      const [made, gone] = await admin.batch((b) => [
        b.collection('posts').create({ id: 'a'.repeat(15), title: 'A post' }),
        b.collection('posts').delete('a'.repeat(15)),
      ])
      assert.deepEqual([made['title'], gone], ['A post', true])
    },
    async fails({ admin }) {
      await admin.settings.update({ batch: { enabled: true } })
      const error = await failure(BatchError, async () =>
        admin.batch((b) => [b.collection('posts').create({})]),
      )
      assert.equal(error.failure.fieldErrors['title']?.code, 'validation_required')
      return error
    },
  },
  createBatch: {
    async ok({ admin }) {
      assert.deepEqual(await admin.createBatch().send(), [])
    },
    fails: 'cannot fail: it only makes one',
  },
  collection: {
    async ok({ guest, post }) {
      const client = guest()
      const { id } = await post()
      const posts = client.collection('posts')
      assert.equal(client.collection('posts'), posts)
      assert((await posts.getFullList({ fields: 'id' })).some((record) => record.id === id))
    },
    fails: async ({ guest }) =>
      failure(NotFoundError, async () => guest().collection('missing').getList()),
  },
  filter: {
    async ok({ guest, post, unique }) {
      const title = unique(hostile)
      const { id } = await post({ title })
      const client = guest()
      for (const filter of [
        client.filter`title = ${title}`,
        client.filter('title = {:title}', { title }),
      ]) {
        const { items } = await client.collection('posts').getList(1, 2, { filter })
        assert.deepEqual(
          items.map((record) => record.id),
          [id],
        )
      }
    },
    fails: async ({ guest }) => failure(TypeError, () => guest().filter`title = ${undefined}`),
  },
  send: {
    async ok({ guest }) {
      assert.equal((await guest().send('/api/health', { method: 'GET' })).code, 200)
    },
    fails: async ({ guest }) =>
      failure(NotFoundError, async () => guest().send('/api/missing', { method: 'GET' })),
  },
  use: {
    async ok({ guest }) {
      const client = guest()
      const seen: number[] = []
      const remove = client.use(async (request, next) => {
        const response = await next(request)
        seen.push(response.status)
        return response
      })
      await client.health.check()
      remove()
      await client.health.check()
      assert.deepEqual(seen, [200])
    },
    fails: async ({ guest }) => {
      const client = guest()
      client.use(async () => {
        throw new RangeError('not today')
      })
      return failure(RangeError, async () => client.health.check())
    },
  },
  autoCancellation: {
    async ok({ guest }) {
      const client = guest().autoCancellation(false)
      const answers = await Promise.all([client.health.check(), client.health.check()])
      assert.equal(answers.length, 2)
    },
    async fails({ guest }) {
      const client = guest().autoCancellation(true)
      const older = client.health.check()
      const [error] = await Promise.all([
        failure(AbortError, async () => older),
        client.health.check(),
      ])
      return error
    },
  },
  cancelRequest: {
    async ok({ guest }) {
      const client = guest()
      const [cancelled, kept] = [client.health.check(), client.collection('posts').getList()]
      assert.equal(client.cancelRequest('GET /api/health'), client)
      await failure(AbortError, async () => cancelled)
      assert.equal((await kept).page, 1)
    },
    fails: 'cannot fail: a key without a pending call is passed over',
  },
  cancelAllRequests: {
    async ok({ guest }) {
      const client = guest()
      const pending = [client.health.check(), client.collection('posts').getList()]
      assert.equal(client.cancelAllRequests(), client)
      for (const call of pending) await failure(AbortError, async () => call)
      assert.equal((await client.health.check()).code, 200)
    },
    fails: 'cannot fail: without pending calls it does nothing',
  },
  buildURL: {
    async ok({ server }) {
      const client = new Client(`${server.url}/`)
      assert.equal((await fetch(client.buildURL('/api/health'))).status, 200)
      assert.equal(client.buildURL('a'), `${server.url}/a`)
    },
    fails: 'cannot fail: it joins two texts',
  },
  buildUrl: {
    async ok({ guest }) {
      assert.equal(guest().buildUrl('/api/health'), guest().buildURL('/api/health'))
    },
    fails: 'cannot fail: it joins two texts',
  },
  baseUrl: {
    async ok({ server }) {
      const client = new Client('http://127.0.0.1:1')
      client.baseUrl = server.url
      assert.equal(client.baseURL, server.url)
      assert.equal(client.baseUrl, server.url)
      await client.health.check()
    },
    fails: 'cannot fail: any text will do',
  },
  getFileUrl: {
    async ok({ guest, post }) {
      const record = await post({ cover: createFile('cover.txt', 'A cover') })
      const response = await fetch(guest().getFileUrl(record, record['cover']))
      assert.equal(await response.text(), 'A cover')
    },
    fails: async ({ guest, post }) => {
      const record = await post()
      return failure(TypeError, () => guest().getFileUrl(record, '..'))
    },
  },
  admins: {
    async ok({ admin }) {
      assert.equal(admin.admins, admin.collection('_superusers'))
      assert.equal((await admin.admins.getList(1, 1)).items.length, 1)
    },
    fails: 'cannot fail: it is the name of a collection',
  },
  close: {
    async ok({ guest }) {
      const client = guest()
      const pending = client.health.check()
      await client.close()
      await failure(AbortError, async () => pending)
    },
    async fails({ guest }) {
      const client = guest()
      await client.close()
      return failure(AbortError, async () => client.health.check())
    },
  },
  '[Symbol.asyncDispose]': {
    async ok({ server }) {
      let pending: Promise<unknown>
      {
        await using client = new Client(server.url, new MemoryAuthStore())
        pending = client.health.check()
      }
      await failure(AbortError, async () => pending)
    },
    async fails({ guest }) {
      const client = guest()
      await client[Symbol.asyncDispose]()
      return failure(AbortError, async () => client.health.check())
    },
  },
}
