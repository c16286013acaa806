import assert from 'node:assert/strict'

import { AuthError, ForbiddenError, NotFoundError } from '../../../src/index.ts'
import type { AnalyticsStats, PocketBase } from '../../../src/index.ts'
import { failure } from '../case.ts'
import type { Case, Cases } from '../case.ts'
import type { Context } from '../context.ts'

/** A page view of a session of its own, and what the statistics say of today, before and after. */
async function viewed(
  { admin, guest, unique }: Context,
  options: object = {},
): Promise<{ path: string; before: AnalyticsStats; after: AnalyticsStats }> {
  const path = `/${unique('page')}`
  const before = await admin.analytics.getStats('today')
  const referrer = `https://${path.slice(1)}.example.com/`
  await guest().analytics.trackEvent('page_view', path, referrer, options)
  return { path, before, after: await admin.analytics.getStats('today') }
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

/** What a path of the pack says on a server without it: here another one. */
const elsewhere = (client: PocketBase): PocketBase => {
  client.beforeSend = (url) => ({ url: url.replace('/api/', '/api/without/') })
  return client
}

async function installHint(work: () => unknown): Promise<Error> {
  const error = await failure(NotFoundError, work)
  assert.match(error.hint, /npx pbts hooks install/)
  return error
}

export const AnalyticsService: Cases = {
  trackEvent: {
    async ok(context) {
      const { before, after } = await viewed(context, { props: { a: 1 } })
      assert.equal(after.summary.totalPV, before.summary.totalPV + 1)
      assert.equal(after.summary.totalUV, before.summary.totalUV + 1)
    },
    fails: async ({ guest }) =>
      installHint(async () => elsewhere(guest()).analytics.trackEvent('a', '/')),
  },
  trackEvents: {
    async ok({ admin, guest, unique }) {
      const id = unique('event')
      const events = Array.from({ length: 501 }, () => ({ event: 'many' }))
      const before = await admin.analytics.getStats('today')
      const { analytics } = guest()
      assert.deepEqual(await analytics.trackEvents(events), { accepted: 501, total: 501 })
      const view = { event: 'page_view', id }
      assert.equal((await analytics.trackEvents([view, view, { event: '' }])).accepted, 2)
      const after = await admin.analytics.getStats('today')
      assert.equal(after.summary.totalPV, before.summary.totalPV + 1)
    },
    fails: async ({ guest }) =>
      installHint(async () => elsewhere(guest()).analytics.trackEvents([{ event: 'a' }])),
  },
  getStats: forSuperusers(
    async (context) => {
      const { after } = await viewed(context)
      assert.equal(after.startDate, after.endDate)
      assert.equal(after.daily.at(-1)?.pv, after.summary.totalPV)
      assert.equal((await context.admin.analytics.getStats()).daily.length, 7)
    },
    async ({ analytics }) => analytics.getStats(),
  ),
  getTopPages: forSuperusers(
    async (context) => {
      const { path } = await viewed(context)
      const { pages } = await context.admin.analytics.getTopPages('today', 100)
      assert.deepEqual(
        pages.find((page) => page.path === path),
        { path, pv: 1, visitors: 1 },
      )
      assert.equal((await context.admin.analytics.getTopPages('today', 1)).pages.length, 1)
    },
    async ({ analytics }) => analytics.getTopPages(),
  ),
  getTopSources: forSuperusers(
    async (context) => {
      const { path } = await viewed(context)
      const { sources } = await context.admin.analytics.getTopSources('today', 100)
      assert(sources.some(({ source }) => source === `${path.slice(1)}.example.com`))
    },
    async ({ analytics }) => analytics.getTopSources(),
  ),
  getDevices: forSuperusers(
    async (context) => {
      await viewed(context)
      const { browsers, os, devices } = await context.admin.analytics.getDevices('today')
      for (const all of [browsers, os, devices]) assert(all.every(({ visitors }) => visitors > 0))
      assert(browsers.length > 0)
    },
    async ({ analytics }) => analytics.getDevices(),
  ),
  getConfig: forSuperusers(
    async ({ admin }) => {
      const { enabled, retention, pack } = await admin.analytics.getConfig()
      assert.deepEqual([enabled, retention, typeof pack], [true, 90, 'string'])
    },
    async ({ analytics }) => analytics.getConfig(),
  ),
  getRawLogs: forSuperusers(
    async (context) => {
      const { after } = await viewed(context)
      assert((await context.admin.analytics.getRawLogs()).dates.includes(after.endDate))
    },
    async ({ analytics }) => analytics.getRawLogs(),
  ),
  getRawLogDownloadURL: {
    async ok(context) {
      const { path, after } = await viewed(context)
      const token = await context.admin.files.getToken()
      const url = context.guest().analytics.getRawLogDownloadURL(after.endDate, token)
      const lines = (await (await context.guest().files.download(url)).text()).trim().split('\n')
      assert(lines.some((line) => JSON.parse(line).path === path))
    },
    fails: async ({ guest }) =>
      failure(TypeError, () => guest().analytics.getRawLogDownloadURL('')),
  },
  isEnabled: {
    async ok({ guest }) {
      assert.equal(await guest().analytics.isEnabled(), true)
      assert.equal(await elsewhere(guest()).analytics.isEnabled(), false)
    },
    fails: async ({ guest }) => {
      const client = guest()
      client.beforeSend = (url) => ({ url: url.replace('analytics/events', 'collections') })
      return failure(AuthError, async () => client.analytics.isEnabled())
    },
  },
}
