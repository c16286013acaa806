import assert from 'node:assert/strict'

import { ApiError } from '../../../src/index.ts'
import { failure, since } from '../case.ts'
import type { Cases } from '../case.ts'

export const SQLService: Cases = {
  run: since(39, {
    async ok({ admin }) {
      const { rows, columns } = await admin.sql.run('SELECT 1 AS one')
      assert.deepEqual(rows, [['1']])
      assert.equal(columns[0]?.name, 'one')
    },
    fails: async ({ admin }) => failure(ApiError, async () => admin.sql.run('SELEC 1')),
  }),
}
