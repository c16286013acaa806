import assert from 'node:assert/strict'

import { AuthError, ForbiddenError, NotFoundError } from '../../../src/index.ts'
import type { PocketBase } from '../../../src/index.ts'
import { failure } from '../case.ts'
import type { Case, Cases } from '../case.ts'
import type { Context } from '../context.ts'

/** A request that is traced, and the ids that it has sent. */
async function traced({ guest }: Context): Promise<{ traceId: string; parentId: string }> {
  const client = guest({ traceparent: true })
  let sent = ''
  client.beforeSend = (_, { headers }) => {
    sent = headers!['traceparent']!
  }
  await client.health.check()
  const [, traceId = '', parentId = ''] = sent.split('-')
  return { traceId, parentId }
}

function forSuperusers(
  ok: Case['ok'],
  call: (client: PocketBase) => Promise<unknown>,
): Cases[string] {
  return {
    ok,
    async fails({ guest, user }) {
      const signedIn = await user()
      await failure(ForbiddenError, async () => call(signedIn))
      return failure(AuthError, async () => call(guest()))
    },
  }
}

export const TraceService: Cases = {
  listSpans: forSuperusers(
    async (context) => {
      const { traceId, parentId } = await traced(context)
      const { traces } = context.admin
      const { items, totalCount } = await traces.listSpans(0, { traceId })
      assert.equal(totalCount, 1)
      const [span] = items
      assert.deepEqual(
        [span?.name, span?.kind, span?.status, span?.parentId],
        ['GET /api/health', 'server', 'ok', parentId],
      )
      assert.equal(span?.attributes?.['http.status_code'], 200)
      assert.deepEqual((await traces.listSpans(100_000, { traceId })).items, [])
    },
    async ({ traces }) => traces.listSpans(),
  ),
  getTrace: forSuperusers(
    async (context) => {
      const { traceId } = await traced(context)
      const spans = await context.admin.traces.getTrace(traceId)
      assert.deepEqual(
        spans.map((span) => span.traceId),
        [traceId],
      )
      assert.deepEqual(await context.admin.traces.getTrace('none'), [])
    },
    async ({ traces }) => traces.getTrace('any'),
  ),
  getSpan: {
    async ok(context) {
      const { traces } = context.admin
      const [span] = await traces.getTrace((await traced(context)).traceId)
      assert.deepEqual(await traces.getSpan(span!.traceId, span!.spanId), span)
    },
    fails: async ({ admin }) => {
      const error = await failure(NotFoundError, async () => admin.traces.getSpan('no', 'span'))
      assert.equal(error.hint, '')
      return error
    },
  },
  getRoutes: forSuperusers(
    async (context) => {
      await traced(context)
      const { items } = await context.admin.traces.getRoutes('1h')
      const health = items.find(({ route }) => route === '/api/health')
      assert(health && health.count > 0 && health.p50 <= health.max)
    },
    async ({ traces }) => traces.getRoutes(),
  ),
  deleteTrace: forSuperusers(
    async (context) => {
      const { traceId } = await traced(context)
      const { traces } = context.admin
      assert.equal(await traces.deleteTrace(traceId), true)
      assert.deepEqual(await traces.getTrace(traceId), [])
      assert.equal(await traces.deleteTrace(traceId), true)
    },
    async ({ traces }) => traces.deleteTrace('any'),
  ),
  listDyedUsers: forSuperusers(
    async ({ admin, unique }) => {
      const userId = unique('dyed')
      await admin.traces.addDyedUser(userId)
      const { items, count } = await admin.traces.listDyedUsers()
      assert.equal(items.length, count)
      assert(items.some((dyed) => dyed.userId === userId))
    },
    async ({ traces }) => traces.listDyedUsers(),
  ),
  addDyedUser: forSuperusers(
    async ({ admin, unique }) => {
      const userId = unique('dyed')
      const options = { addedBy: 'me', reason: 'slow' }
      const dyed = await admin.traces.addDyedUser(userId, 60, options)
      assert.deepEqual(
        { ...dyed, addedAt: '', expiresAt: '' },
        { userId, ttl: 60e9, ...options, addedAt: '', expiresAt: '' },
      )
      assert.equal(Date.parse(dyed.expiresAt) - Date.parse(dyed.addedAt), 60_000)
    },
    async ({ traces }) => traces.addDyedUser('any'),
  ),
  updateDyedUser: {
    async ok({ admin, unique }) {
      const userId = unique('dyed')
      const { expiresAt } = await admin.traces.addDyedUser(userId, 60)
      const updated = await admin.traces.updateDyedUser(userId, 600)
      assert(Date.parse(updated.expiresAt) >= Date.parse(expiresAt) + 540_000)
    },
    fails: async ({ admin }) =>
      failure(NotFoundError, async () => admin.traces.updateDyedUser('nobody', 60)),
  },
  removeDyedUser: forSuperusers(
    async ({ admin, unique }) => {
      const userId = unique('dyed')
      await admin.traces.addDyedUser(userId)
      assert.equal(await admin.traces.removeDyedUser(userId), true)
      const { items } = await admin.traces.listDyedUsers()
      assert(!items.some((dyed) => dyed.userId === userId))
    },
    async ({ traces }) => traces.removeDyedUser('any'),
  ),
}
