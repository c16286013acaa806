import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, expect, test } from 'vitest'

import type { PocketBase } from '../../src/index.ts'
import { describeServers } from '../support/server.ts'

const install = /npx pbts hooks install <pb_hooks folder>/

/** Calls of each method that a request has. */
const calls: { [name: string]: (pb: PocketBase) => Promise<unknown> } = {
  trackEvent: async ({ analytics }) => analytics.trackEvent('a', '/'),
  getStats: async ({ analytics }) => analytics.getStats(),
  getConfig: async ({ analytics }) => analytics.getConfig(),
  listSpans: async ({ traces }) => traces.listSpans(),
  getTrace: async ({ traces }) => traces.getTrace('any'),
  addDyedUser: async ({ traces }) => traces.addDyedUser('any'),
  updateDyedUser: async ({ traces }) => traces.updateDyedUser('any'),
  removeDyedUser: async ({ traces }) => traces.removeDyedUser('any'),
}

const publicDir = mkdtempSync(join(tmpdir(), 'pocketbase-public-'))
writeFileSync(join(publicDir, 'index.html'), '<!doctype html><title>An app</title>')
afterAll(() => rmSync(publicDir, { recursive: true }))

describeServers('a server without the hooks pack', (pb) => {
  test.each(Object.entries(calls))('%s says how to install it', async (_, call) => {
    const error = await call(pb.admin).catch((cause: unknown) => cause)
    expect(error).toMatchObject({ status: 404, hint: expect.stringMatching(install) as string })
    expect(String(error)).toMatch(install)
  })

  test('analytics are not enabled', async () => {
    expect(await pb.guest().analytics.isEnabled()).toBe(false)
  })
})

describeServers(
  'a server without the hooks pack that has an app',
  (pb) => {
    test.each(Object.entries(calls))('%s says how to install it', async (_, call) => {
      const error = await call(pb.admin).catch((cause: unknown) => cause)
      expect(error).toMatchObject({ hint: expect.stringMatching(install) as string })
    })

    test('analytics are not enabled', async () => {
      expect(await pb.guest().analytics.isEnabled()).toBe(false)
    })
  },
  { publicDir },
)

describeServers(
  'a server whose analytics are off',
  (pb) => {
    test('errors say so, and not that anything is missing', async () => {
      const error = await pb.admin.analytics.getStats().catch((cause: unknown) => cause)
      expect(error).toMatchObject({ status: 404, message: 'Analytics is disabled.', hint: '' })
      expect(await pb.guest().analytics.isEnabled()).toBe(false)
    })

    test('a span that is missing is not the pack', async () => {
      const error = await pb.admin.traces.getSpan('no', 'span').catch((cause: unknown) => cause)
      expect(error).toMatchObject({ status: 404, hint: '' })
    })
  },
  { pack: true, env: { PB_ANALYTICS_MODE: 'off' } },
)
