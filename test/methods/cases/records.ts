import assert from 'node:assert/strict'

import {
  ApiError,
  AuthError,
  ForbiddenError,
  NotFoundError,
  ValidationError,
} from '../../../src/index.ts'
import { failure } from '../case.ts'
import type { Cases } from '../case.ts'
import { password } from '../context.ts'

export const RecordService: Cases = {
  baseCrudPath: {
    async ok({ admin, post }) {
      const { id } = await post()
      const path = `${admin.collection('posts').baseCrudPath}/${id}`
      assert.equal((await admin.send(path, {})).id, id)
    },
    fails: async ({ guest }) => failure(TypeError, () => guest().collection('').baseCrudPath),
  },
  baseCollectionPath: {
    async ok({ admin }) {
      const { name } = await admin.send(admin.collection('posts').baseCollectionPath, {})
      assert.equal(name, 'posts')
    },
    fails: async ({ guest }) =>
      failure(TypeError, () => guest().collection('..').baseCollectionPath),
  },
  isSuperusers: {
    async ok({ admin }) {
      const { id } = await admin.collections.getOne('_superusers')
      assert.equal(admin.collection('_superusers').isSuperusers, true)
      assert.equal(admin.collection(id).isSuperusers, true)
      assert.equal(admin.collection('users').isSuperusers, false)
    },
    fails: 'cannot fail: it compares a name',
  },
  decode: {
    async ok({ admin, post }) {
      const record = await post()
      assert.equal(admin.collection('posts').decode(record), record)
    },
    fails: 'cannot fail: it hands on what it gets, unless a subclass overrides it',
  },
  getFullList: {
    async ok({ guest, post, unique }) {
      const title = unique('full list ')
      const ids = [await post({ title }), await post({ title }), await post({ title })]
        .map(({ id }) => id)
        .sort()
      const client = guest()
      const filter = client.filter`title = ${title}`
      const all = await client.collection('posts').getFullList({ filter, sort: 'id', batch: 2 })
      assert.deepEqual(
        all.map(({ id }) => id),
        ids,
      )
    },
    fails: async ({ user }) => {
      const client = await user()
      return failure(ForbiddenError, async () => client.collection('journal').getFullList())
    },
  },
  iterate: {
    async ok({ guest, post, unique }) {
      const title = unique('iterate ')
      for (const views of [1, 2, 2]) await post({ title, views })
      const client = guest()
      const filter = client.filter`title = ${title}`
      const views: unknown[] = []
      const walk = client.collection('posts').iterate({ filter, sort: '-views', batch: 1 })
      for await (const record of walk) views.push(record['views'])
      assert.deepEqual(views, [2, 2, 1])
    },
    fails: async ({ guest }) =>
      failure(TypeError, async () => guest().collection('posts').iterate({ sort: 'a.b' }).next()),
  },
  pages: {
    async ok({ guest, post, unique }) {
      const title = unique('pages ')
      for (let count = 0; count < 3; count++) await post({ title })
      const client = guest()
      const filter = client.filter`title = ${title}`
      const sizes: number[] = []
      const pages = client.collection('posts').pages({ filter, batch: 2 })
      for await (const { length } of pages) sizes.push(length)
      assert.deepEqual(sizes, [2, 1])
    },
    fails: async ({ user }) => {
      const client = await user()
      return failure(ForbiddenError, async () => client.collection('journal').pages().next())
    },
  },
  count: {
    async ok({ guest, post, unique }) {
      const title = unique('count ')
      for (let count = 0; count < 3; count++) await post({ title })
      const client = guest()
      assert.equal(await client.collection('posts').count(client.filter`title = ${title}`), 3)
    },
    async fails({ guest }) {
      const error = await failure(ApiError, async () => guest().collection('posts').count('nope'))
      assert.equal(error.status, 400)
      return error
    },
  },
  getList: {
    async ok({ guest, user, post, unique }) {
      const [title, author] = [unique('list '), (await user()).authStore.record!.id]
      await post({ title, author })
      await post({ title, author })
      const client = guest()
      const filter = client.filter('title = {:title}', { title })
      const page = await client.collection('posts').getList(2, 1, { filter, fields: 'title' })
      assert.deepEqual(page, {
        page: 2,
        perPage: 1,
        totalItems: 2,
        totalPages: 2,
        items: [{ title }],
      })
    },
    async fails({ guest }) {
      const posts = guest().collection('posts')
      const error = await failure(ApiError, async () => posts.getList(1, 1, { filter: 'nope = 1' }))
      assert.equal(error.status, 400)
      return error
    },
  },
  getFirstListItem: {
    async ok({ guest, post, unique }) {
      const title = unique(`a "first" one's \\ `)
      const { id } = await post({ title })
      const client = guest()
      const found = await client
        .collection('posts')
        .getFirstListItem(client.filter`title = ${title}`)
      assert.equal(found.id, id)
    },
    fails: async ({ guest }) => {
      const posts = guest().collection('posts')
      return failure(NotFoundError, async () => posts.getFirstListItem(`title = 'missing'`))
    },
  },
  getFirstOrNull: {
    async ok({ guest, post, unique }) {
      const title = unique('first or null ')
      const client = guest()
      const filter = client.filter`title = ${title}`
      assert.equal(await client.collection('posts').getFirstOrNull(filter), null)
      const { id } = await post({ title })
      assert.equal((await client.collection('posts').getFirstOrNull(filter))?.id, id)
    },
    fails: async ({ guest }) =>
      failure(NotFoundError, async () => guest().collection('nope').getFirstOrNull('id != ""')),
  },
  getOneOrNull: {
    async ok({ user, guest, post }) {
      const { id } = await post()
      const posts = (await user()).collection('posts')
      assert.equal((await posts.getOneOrNull(id))?.id, id)
      assert.equal(await posts.getOneOrNull('missing'), null)
      assert.equal(await guest().collection('posts').getOneOrNull(id), null)
    },
    fails: async ({ user }) => {
      const journal = (await user()).collection('journal')
      return failure(ForbiddenError, async () => journal.getOneOrNull('missing'))
    },
  },
  getOne: {
    async ok({ user, post }) {
      const client = await user()
      const { id } = await post({ author: client.authStore.record!.id })
      const found = await client.collection('posts').getOne(id, { expand: 'author' })
      assert.equal(found.expand?.['author'].id, client.authStore.record!.id)
    },
    fails: async ({ guest, post }) => {
      const { id } = await post()
      return failure(NotFoundError, async () => guest().collection('posts').getOne(id))
    },
  },
  create: {
    async ok({ user, unique }) {
      const client = await user()
      const title = unique('created ')
      const { id } = await client.collection('posts').create({ title, views: 3 })
      const stored = await client.collection('posts').getOne(id)
      assert.deepEqual([stored['title'], stored['views']], [title, 3])
    },
    async fails({ user }) {
      const posts = (await user()).collection('posts')
      const error = await failure(ValidationError, async () => posts.create({ title: '' }))
      assert.equal(error.fieldErrors['title']?.code, 'validation_required')
      return error
    },
  },
  update: {
    async ok({ user, post }) {
      const client = await user()
      const { id } = await post({ views: 1 })
      const changed = await client.collection('posts').update(id, { 'views+': 2 })
      assert.deepEqual([changed['title'], changed['views']], ['A post', 3])
      const { id: own } = client.authStore.record!
      await client.collection('users').update(own, { name: 'Ada' })
      assert.equal(client.authStore.record?.['name'], 'Ada')
    },
    fails: async ({ guest, post }) => {
      const { id } = await post()
      return failure(NotFoundError, async () =>
        guest().collection('posts').update(id, { views: 1 }),
      )
    },
  },
  delete: {
    async ok({ user, post }) {
      const client = await user()
      const { id } = await post()
      assert.equal(await client.collection('posts').delete(id), true)
      await failure(NotFoundError, async () => client.collection('posts').getOne(id))
      await client.collection('users').delete(client.authStore.record!.id)
      assert.equal(client.authStore.token, '')
    },
    fails: async ({ user }) => {
      const posts = (await user()).collection('posts')
      return failure(NotFoundError, async () => posts.delete('missing'))
    },
  },
  updateWhere: {
    async ok({ user, post, unique }) {
      const title = unique('update where ')
      for (const views of [1, 2, 3]) await post({ title, views })
      const client = await user()
      const filter = client.filter`title = ${title}`
      const posts = client.collection('posts')
      const result = await posts.updateWhere(filter, ({ views }) =>
        views === 2 ? null : { 'views+': 10 },
      )
      assert.deepEqual(result, { done: 2, skipped: 1, failed: 0, total: 3 })
      const changed = await posts.getFullList({ filter, sort: 'views' })
      assert.deepEqual(
        changed.map(({ views }) => views as number),
        [2, 11, 13],
      )
    },
    async fails({ guest, post, unique }) {
      const title = unique('update where ')
      await post({ title })
      const client = guest()
      const filter = client.filter`title = ${title}`
      const error = await failure(NotFoundError, async () =>
        client.collection('posts').updateWhere(filter, { views: 1 }),
      )
      assert.equal(error.hint, '0 of 1 were done.')
      return error
    },
  },
  deleteWhere: {
    async ok({ user, post, unique }) {
      const title = unique('delete where ')
      for (let count = 0; count < 3; count++) await post({ title })
      const client = await user()
      const filter = client.filter`title = ${title}`
      const result = await client.collection('posts').deleteWhere(filter)
      assert.deepEqual(result, { done: 3, skipped: 0, failed: 0, total: 3 })
      assert.equal(await client.collection('posts').count(filter), 0)
    },
    fails: async ({ user }) => {
      const posts = (await user()).collection('posts')
      return failure(TypeError, async () => posts.deleteWhere(' '))
    },
  },
  subscribe: {
    async ok({ guest, post }) {
      const client = guest()
      const heard = new Promise((resolve) => {
        void client
          .collection('posts')
          .subscribe('*', resolve)
          .then(async () => post())
      })
      assert.equal(((await heard) as { action: string }).action, 'create')
      await client.close()
    },
    fails: async ({ guest }) =>
      failure(TypeError, async () =>
        guest()
          .collection('posts')
          .subscribe('', () => {}),
      ),
  },
  unsubscribe: {
    async ok({ guest }) {
      const client = guest()
      await client.collection('posts').subscribe('*', () => {})
      await client.collection('posts').subscribe('RECORD_ID', () => {})
      await client.collection('posts').unsubscribe()
      assert.equal(client.realtime.isConnected, false)
    },
    fails: 'cannot fail: what is not subscribed to is left alone',
  },
  events: {
    async ok({ guest, post }) {
      const client = guest()
      const events = client.collection('posts').events()
      const next = events.next()
      await client.collection('posts').subscribe('*', () => {})
      await post()
      assert.equal((await next).value?.action, 'create')
      await client.close()
    },
    fails: async ({ guest }) =>
      failure(TypeError, () => guest().collection('posts').events({ topic: '' })),
  },
  listAuthMethods: {
    async ok({ guest }) {
      const methods = await guest().collection('users').listAuthMethods()
      assert.deepEqual(Object.keys(methods).sort(), ['mfa', 'oauth2', 'otp', 'password'])
      assert.deepEqual(methods.password, { enabled: true, identityFields: ['email'] })
    },
    fails: async ({ guest }) =>
      failure(NotFoundError, async () => guest().collection('posts').listAuthMethods()),
  },
  authWithPassword: {
    async ok({ user, guest }) {
      const { email } = (await user()).authStore.record!
      const client = guest()
      const { token, record } = await client.collection('users').authWithPassword(email, password)
      assert.equal(client.authStore.token, token)
      assert.deepEqual(client.authStore.record, record)
    },
    async fails({ user, guest }) {
      const { email } = (await user()).authStore.record!
      const client = guest()
      const error = await failure(ApiError, async () =>
        client.collection('users').authWithPassword(email, 'wrong'),
      )
      assert.equal(error.status, 400)
      assert.equal(client.authStore.token, '')
      return error
    },
  },
  authRefresh: {
    async ok({ user }) {
      const client = await user()
      const { record } = await client.collection('users').authRefresh()
      assert.equal(record.id, client.authStore.record!.id)
      assert.equal(client.authStore.isValid, true)
    },
    fails: async ({ guest }) =>
      failure(AuthError, async () => guest().collection('users').authRefresh()),
  },
}
