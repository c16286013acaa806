import assert from 'node:assert/strict'

import { AuthError, NotFoundError } from '../../../src/index.ts'
import { failure, since } from '../case.ts'
import type { Cases } from '../case.ts'

const own = '__pbLogsCleanup__'

export const CronService: Cases = {
  getFullList: since(24, {
    async ok({ admin }) {
      const all = await admin.crons.getFullList()
      assert(all.some(({ id, expression }) => id === own && expression.split(' ').length === 5))
    },
    fails: async ({ guest }) => failure(AuthError, async () => guest().crons.getFullList()),
  }),
  run: since(24, {
    async ok({ admin }) {
      assert.equal(await admin.crons.run(own), true)
    },
    fails: async ({ admin }) => failure(NotFoundError, async () => admin.crons.run('missing')),
  }),
}
