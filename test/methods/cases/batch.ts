import assert from 'node:assert/strict'

import { BatchError, ForbiddenError } from '../../../src/index.ts'
import type { SubBatchService as Sub } from '../../../src/index.ts'
import { failure } from '../case.ts'
import type { Case, Cases } from '../case.ts'
import type { Context } from '../context.ts'

async function enable({ admin }: Context): Promise<void> {
  await admin.settings.update({ batch: { enabled: true } })
}

/** An operation that fails when it is sent. */
function refused(add: (posts: Sub) => unknown): Case['fails'] {
  return async (context) => {
    await enable(context)
    const batch = context.admin.createBatch()
    add(batch.collection('posts'))
    return failure(BatchError, async () => batch.send())
  }
}

export const BatchService: Cases = {
  collection: {
    async ok(context) {
      await enable(context)
      const batch = context.admin.createBatch()
      batch.collection('posts').create({ title: 'A post' })
      const [{ body } = { body: undefined }] = await batch.send()
      assert.equal(body.collectionName, 'posts')
    },
    fails: async ({ admin }) =>
      failure(TypeError, () => admin.createBatch().collection('a/b').create({})),
  },
  send: {
    async ok(context) {
      await enable(context)
      const batch = context.admin.createBatch()
      const made = batch.collection('posts').create({ title: 'A post' })
      const results = await batch.send()
      assert.deepEqual(
        results.map(({ status }) => status),
        [200],
      )
      assert.equal(results.of(made)['title'], 'A post')
      await failure(TypeError, async () => batch.send())
    },
    async fails({ admin }) {
      await admin.settings.update({ batch: { enabled: false } })
      const batch = admin.createBatch()
      batch.collection('posts').create({ title: 'A post' })
      return failure(ForbiddenError, async () => batch.send())
    },
  },
}

export const SubBatchService: Cases = {
  create: {
    async ok(context) {
      await enable(context)
      const [post] = await context.admin.batch((b) => [
        b.collection('posts').create({ title: 'A post' }, { fields: 'title' }),
      ])
      assert.deepEqual(post, { title: 'A post' })
    },
    fails: refused((posts) => posts.create({})),
  },
  upsert: {
    async ok(context) {
      await enable(context)
      const { id } = await context.post({ views: 2 })
      const [changed, made] = await context.admin.batch((b) => [
        b.collection('posts').upsert({ id, title: 'Changed' }),
        b.collection('posts').upsert({ title: 'Made' }),
      ])
      assert.deepEqual([changed.id, changed['views'], changed['title']], [id, 2, 'Changed'])
      assert.notEqual(made.id, id)
    },
    fails: refused((posts) => posts.upsert({})),
  },
  update: {
    async ok(context) {
      await enable(context)
      const { id } = await context.post({ views: 2 })
      const [post] = await context.admin.batch((b) => [
        b.collection('posts').update(id, { 'views+': 1 }),
      ])
      assert.equal(post['views'], 3)
    },
    fails: refused((posts) => posts.update('missing', {})),
  },
  delete: {
    async ok(context) {
      await enable(context)
      const { id } = await context.post()
      const results = await context.admin.batch((b) => [b.collection('posts').delete(id)])
      assert.deepEqual(results, [true])
      assert.equal(await context.admin.collection('posts').getOneOrNull(id), null)
    },
    fails: refused((posts) => posts.delete('missing')),
  },
}

export const BatchResults: Cases = {
  of: {
    async ok(context) {
      await enable(context)
      const batch = context.admin.createBatch()
      const made = batch.collection('posts').create({ title: 'A post' })
      assert.equal((await batch.send()).of(made)['title'], 'A post')
    },
    async fails({ admin }) {
      const other = admin.createBatch().collection('posts').delete('any')
      const results = await admin.createBatch().send()
      return failure(TypeError, () => results.of(other))
    },
  },
}
