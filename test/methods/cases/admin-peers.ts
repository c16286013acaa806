/** Cases that need what only Node has: other servers, and keys. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'

import { ApiError, getTokenPayload, ValidationError } from '../../../src/index.ts'
import { startS3 } from '../../support/s3.ts'
import { failure } from '../case.ts'
import type { Cases } from '../case.ts'
import { withMail } from '../peers.ts'

export const BackupService: Cases = {
  restore: {
    async ok({ admin, unique }) {
      // What the others have made is in the backup.
      const key = `${unique('whole')}.zip`
      await admin.backups.create(key)
      await admin.settings.update({ meta: { appName: 'Later' } })
      assert.equal(await admin.backups.restore(key, { wait: true }), true)
      assert.notEqual((await admin.settings.getAll()).meta.appName, 'Later')
    },
    fails: async ({ admin }) => failure(ApiError, async () => admin.backups.restore('missing.zip')),
  },
}

export const SettingsService: Cases = {
  testS3: {
    async ok({ admin }) {
      await using storage = await startS3()
      await admin.settings.update({ backups: { s3: storage.settings } })
      try {
        assert.equal(await admin.settings.testS3('backups'), true)
      } finally {
        await admin.settings.update({ backups: { s3: { enabled: false } } })
      }
    },
    fails: async ({ admin }) => failure(ApiError, async () => admin.settings.testS3()),
  },
  testEmail: {
    ok: async (context) =>
      withMail(context, async (next) => {
        const { settings } = context.admin
        assert.equal(await settings.testEmail('users', 'ada@example.com', 'otp'), true)
        assert.match(await next(), /^To: .*ada@example\.com/m)
      }),
    async fails({ admin }) {
      const error = await failure(ValidationError, async () =>
        admin.settings.testEmail('users', 'ada@example.com', 'nothing'),
      )
      assert.deepEqual(Object.keys(error.fieldErrors), ['template'])
      return error
    },
  },
  generateAppleClientSecret: {
    async ok({ admin }) {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
      const { settings } = admin
      const id = '0123456789'
      const { secret } = await settings.generateAppleClientSecret('app', id, id, pem, 60)
      assert.equal(getTokenPayload(secret)['sub'], 'app')
    },
    async fails({ admin }) {
      const error = await failure(ValidationError, async () =>
        admin.settings.generateAppleClientSecret('app', 'short', '0123456789', 'key', 60),
      )
      assert(error.fieldErrors['teamId'])
      return error
    },
  },
}
