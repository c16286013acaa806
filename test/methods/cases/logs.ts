import assert from 'node:assert/strict'

import { ApiError, AuthError, NotFoundError } from '../../../src/index.ts'
import type { LogModel } from '../../../src/index.ts'
import { failure, since } from '../case.ts'
import type { Cases } from '../case.ts'
import type { Context } from '../context.ts'

/** A log that is there: servers write them some seconds late. */
async function log({ admin }: Context): Promise<LogModel> {
  await failure(NotFoundError, async () => admin.send('/api/nowhere', {}))
  for (;;) {
    const found = await admin.logs.getFirstOrNull('level = 8')
    if (found) return found
    await new Promise((resolve) => {
      setTimeout(resolve, 300)
    })
  }
}

/** A sort that no later log changes. */
const oldest = { sort: 'created', batch: 1 }

export const LogService: Cases = {
  baseCrudPath: {
    async ok(context) {
      await log(context)
      const answer = await context.admin.send(context.admin.logs.baseCrudPath, {})
      assert(answer.items.length > 0)
    },
    fails: 'cannot fail: it is a constant',
  },
  decode: {
    async ok(context) {
      const found = await log(context)
      assert.equal(context.admin.logs.decode(found), found)
    },
    fails: 'cannot fail: it hands on what it gets, unless a subclass overrides it',
  },
  getFullList: {
    async ok(context) {
      const { id } = await log(context)
      const all = await context.admin.logs.getFullList({ sort: 'id' })
      assert(all.some((one) => one.id === id))
    },
    fails: async ({ guest }) => failure(AuthError, async () => guest().logs.getFullList()),
  },
  iterate: {
    async ok(context) {
      await log(context)
      const first = await context.admin.logs.iterate(oldest).next()
      const { items } = await context.admin.logs.getList(1, 1, oldest)
      assert.equal(first.value?.created, items[0]?.created)
    },
    fails: async ({ guest }) => failure(AuthError, async () => guest().logs.iterate().next()),
  },
  pages: {
    async ok(context) {
      await log(context)
      assert.equal((await context.admin.logs.pages(oldest).next()).value?.length, 1)
    },
    fails: async ({ admin }) =>
      failure(TypeError, async () => admin.logs.pages({ batch: 0 }).next()),
  },
  count: {
    async ok(context) {
      const { id } = await log(context)
      assert.equal(await context.admin.logs.count(context.admin.filter`id = ${id}`), 1)
    },
    fails: async ({ guest }) => failure(AuthError, async () => guest().logs.count()),
  },
  getList: {
    async ok(context) {
      await log(context)
      const { items, perPage } = await context.admin.logs.getList(1, 1)
      assert.deepEqual([items.length, perPage], [1, 1])
    },
    fails: async ({ guest }) => failure(AuthError, async () => guest().logs.getList()),
  },
  getFirstListItem: {
    async ok(context) {
      const { id } = await log(context)
      const { logs } = context.admin
      assert.equal((await logs.getFirstListItem(context.admin.filter`id = ${id}`)).id, id)
    },
    fails: async ({ admin }) =>
      failure(NotFoundError, async () => admin.logs.getFirstListItem(`id = 'missing'`)),
  },
  getFirstOrNull: {
    async ok({ admin }) {
      assert.equal(await admin.logs.getFirstOrNull(`id = 'missing'`), null)
    },
    fails: async ({ guest }) =>
      failure(AuthError, async () => guest().logs.getFirstOrNull(`id = 'missing'`)),
  },
  getOneOrNull: {
    async ok({ admin }) {
      assert.equal(await admin.logs.getOneOrNull('missing'), null)
    },
    fails: async ({ guest }) => failure(AuthError, async () => guest().logs.getOneOrNull('any')),
  },
  getOne: {
    async ok(context) {
      const found = await log(context)
      assert.deepEqual(await context.admin.logs.getOne(found.id), found)
    },
    fails: async ({ admin }) => failure(NotFoundError, async () => admin.logs.getOne('missing')),
  },
  getStats: {
    async ok(context) {
      await log(context)
      const hours = await context.admin.logs.getStats()
      assert(hours.length > 0 && hours.every(({ total }) => total > 0))
    },
    fails: async ({ admin }) =>
      failure(ApiError, async () => admin.logs.getStats({ filter: 'nope(' })),
  },
  truncate: since(40, {
    async ok(context) {
      const { id } = await log(context)
      assert.equal(await context.admin.logs.truncate(), true)
      assert.equal(await context.admin.logs.getOneOrNull(id), null)
    },
    fails: async ({ guest }) => failure(AuthError, async () => guest().logs.truncate()),
  }),
}
