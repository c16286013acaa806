import assert from 'node:assert/strict'

import { AuthError, ValidationError } from '../../../src/index.ts'
import { failure } from '../case.ts'
import type { Cases } from '../case.ts'

export const SettingsService: Cases = {
  getAll: {
    async ok({ admin }) {
      const settings = await admin.settings.getAll()
      assert.equal(typeof settings['meta'].appName, 'string')
    },
    fails: async ({ guest }) => failure(AuthError, async () => guest().settings.getAll()),
  },
  update: {
    async ok({ admin }) {
      const { senderName } = (await admin.settings.getAll())['meta']
      const changed = await admin.settings.update({ meta: { appName: 'Renamed' } })
      assert.equal(changed['meta'].appName, 'Renamed')
      assert.equal(changed['meta'].senderName, senderName)
    },
    async fails({ admin }) {
      const smtp = { enabled: true, host: '' }
      const error = await failure(ValidationError, async () => admin.settings.update({ smtp }))
      assert.deepEqual(Object.keys(error.fieldErrors), ['smtp.host'])
      return error
    },
  },
}
