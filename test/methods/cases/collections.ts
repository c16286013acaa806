import assert from 'node:assert/strict'

import { ApiError, AuthError, NotFoundError, ValidationError } from '../../../src/index.ts'
import type { CollectionImport } from '../../../src/index.ts'
import { failure, since } from '../case.ts'
import type { Case, Cases } from '../case.ts'
import type { Context } from '../context.ts'

const fields = [{ name: 'title', type: 'text' }]

/** `import` has two names. */
function importCase(method: 'import' | 'importCollections'): Case {
  return {
    async ok({ admin, unique }) {
      const [kept, added] = [unique('kept'), unique('added')]
      await admin.collections.create({ name: kept, type: 'base', fields })
      const model: CollectionImport = { name: added, type: 'base', fields }
      assert.equal(await admin.collections[method]([model]), true)
      const names = new Set((await admin.collections.getFullList()).map(({ name }) => name))
      assert(names.has(added) && names.has(kept))
    },
    async fails({ admin }) {
      const error = await failure(ValidationError, async () => admin.collections[method]([]))
      assert.deepEqual(Object.keys(error.fieldErrors), ['collections'])
      return error
    },
  }
}

async function createCollection({ admin, unique }: Context): Promise<{ id: string; name: string }> {
  return admin.collections.create({ name: unique('collection'), type: 'base', fields })
}

export const CollectionService: Cases = {
  baseCrudPath: {
    async ok({ admin }) {
      const answer = await admin.send(admin.collections.baseCrudPath, { query: { perPage: 1 } })
      assert.equal(answer.items.length, 1)
    },
    fails: 'cannot fail: it is a constant',
  },
  decode: {
    async ok({ admin }) {
      const { collections } = admin
      const model = await collections.getOne('users')
      assert.equal(collections.decode(model), model)
    },
    fails: 'cannot fail: it hands on what it gets, unless a subclass overrides it',
  },
  getFullList: {
    async ok({ admin }) {
      const all = await admin.collections.getFullList({ sort: 'name' })
      const inPages = await admin.collections.getFullList(2, { sort: 'name' })
      assert(all.some(({ name }) => name === 'posts'))
      assert.deepEqual(inPages, all)
    },
    fails: async ({ guest }) => failure(AuthError, async () => guest().collections.getFullList()),
  },
  iterate: {
    async ok({ admin }) {
      const names: string[] = []
      const walk = admin.collections.iterate({ sort: '-name', batch: 2 })
      for await (const { name } of walk) names.push(name)
      const expected = await admin.collections.getFullList({ sort: '-name' })
      assert.deepEqual(
        names,
        expected.map(({ name }) => name),
      )
    },
    fails: async ({ guest }) =>
      failure(AuthError, async () => guest().collections.iterate().next()),
  },
  pages: {
    async ok({ admin }) {
      for await (const page of admin.collections.pages({ batch: 3, fields: 'name' })) {
        assert(page.length > 0 && page.length <= 3)
        assert.deepEqual(Object.keys(page[0]!), ['name'])
      }
    },
    fails: async ({ admin }) =>
      failure(TypeError, async () => admin.collections.pages({ batch: 0 }).next()),
  },
  count: {
    async ok({ admin }) {
      const all = await admin.collections.getFullList()
      assert.equal(await admin.collections.count(), all.length)
      assert.equal(await admin.collections.count(admin.filter`name = ${'posts'}`), 1)
    },
    fails: async ({ guest }) => failure(AuthError, async () => guest().collections.count()),
  },
  getList: {
    async ok({ admin }) {
      const { page, perPage, items } = await admin.collections.getList(1, 2)
      assert.deepEqual([page, perPage, items.length], [1, 2, 2])
    },
    fails: async ({ guest }) => failure(AuthError, async () => guest().collections.getList()),
  },
  getFirstListItem: {
    async ok({ admin }) {
      const { name } = await admin.collections.getFirstListItem(admin.filter`name = ${'posts'}`)
      assert.equal(name, 'posts')
    },
    fails: async ({ admin }) =>
      failure(NotFoundError, async () => admin.collections.getFirstListItem(`name = 'missing'`)),
  },
  getFirstOrNull: {
    async ok({ admin }) {
      const { collections } = admin
      const found = await collections.getFirstOrNull(admin.filter`name = ${'posts'}`)
      assert.equal(found?.name, 'posts')
      assert.equal(await collections.getFirstOrNull(`name = 'missing'`), null)
    },
    fails: async ({ guest }) =>
      failure(AuthError, async () => guest().collections.getFirstOrNull(`name = 'posts'`)),
  },
  getOneOrNull: {
    async ok({ admin }) {
      assert.equal((await admin.collections.getOneOrNull('posts'))?.name, 'posts')
      assert.equal(await admin.collections.getOneOrNull('missing'), null)
    },
    fails: async ({ guest }) =>
      failure(AuthError, async () => guest().collections.getOneOrNull('posts')),
  },
  getOne: {
    async ok({ admin }) {
      const byName = await admin.collections.getOne('posts')
      assert.deepEqual(await admin.collections.getOne(byName.id), byName)
    },
    fails: async ({ admin }) =>
      failure(NotFoundError, async () => admin.collections.getOne('missing')),
  },
  create: {
    async ok({ admin, unique }) {
      const name = unique('collection')
      const model = await admin.collections.create({ name, type: 'base', fields })
      assert.deepEqual(await admin.collections.getOne(name), model)
    },
    async fails({ admin }) {
      const model = { name: 'posts', type: 'base' }
      const error = await failure(ValidationError, async () => admin.collections.create(model))
      assert.equal(error.fieldErrors['name']?.code, 'validation_collection_name_exists')
      return error
    },
  },
  update: {
    async ok(context) {
      const { id } = await createCollection(context)
      const name = context.unique('renamed')
      assert.equal((await context.admin.collections.update(id, { name })).name, name)
    },
    async fails(context) {
      const { collections } = context.admin
      const { id } = await createCollection(context)
      const error = await failure(ValidationError, async () => collections.update(id, { name: '' }))
      assert.equal(error.fieldErrors['name']?.code, 'validation_required')
      return error
    },
  },
  delete: {
    async ok(context) {
      const { id } = await createCollection(context)
      assert.equal(await context.admin.collections.delete(id), true)
      await failure(NotFoundError, async () => context.admin.collections.getOne(id))
    },
    fails: async ({ admin }) =>
      failure(NotFoundError, async () => admin.collections.delete('missing')),
  },
  truncate: {
    async ok(context) {
      const { admin } = context
      const { name } = await createCollection(context)
      await admin.collection(name).create({ title: 'a' })
      assert.equal(await admin.collections.truncate(name), true)
      assert.equal(await admin.collection(name).count(), 0)
    },
    fails: async ({ admin }) =>
      failure(NotFoundError, async () => admin.collections.truncate('missing')),
  },
  getScaffolds: {
    async ok({ admin }) {
      const { base, auth, view } = await admin.collections.getScaffolds()
      assert.deepEqual([base.type, auth.type, view.viewQuery], ['base', 'auth', ''])
    },
    fails: async ({ guest }) => failure(AuthError, async () => guest().collections.getScaffolds()),
  },
  getAllOAuth2Providers: since(37, {
    async ok({ admin }) {
      const all = await admin.collections.getAllOAuth2Providers()
      assert(all.some(({ name }) => name === 'github'))
    },
    fails: async ({ guest }) =>
      failure(AuthError, async () => guest().collections.getAllOAuth2Providers()),
  }),
  dryRunViewQuery: since(37, {
    async ok({ admin }) {
      const { fields: made } = await admin.collections.dryRunViewQuery('SELECT id FROM posts')
      assert.deepEqual(
        made.map(({ name }) => name),
        ['id'],
      )
    },
    fails: async ({ admin }) =>
      failure(ApiError, async () => admin.collections.dryRunViewQuery('SELECT nothing')),
  }),
  import: importCase('import'),
  importCollections: importCase('importCollections'),
}
