/** Cases that need what only Node has: servers and keys of their own. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'

import { ApiError, getTokenPayload, ValidationError } from '../../../src/index.ts'
import { startPocketBase } from '../../../src/testing/index.ts'
import { sendMailsTo, startMailbox } from '../../support/mail.ts'
import { startS3 } from '../../support/s3.ts'
import { failure } from '../case.ts'
import type { Cases } from '../case.ts'

export const BackupService: Cases = {
  restore: {
    async ok({ server: { version } }) {
      // Of its own: others would lose what they work with.
      await using server = await startPocketBase({ version })
      const admin = await server.superuserClient()
      await admin.backups.create('own.zip')
      await admin.settings.update({ meta: { appName: 'Later' } })
      assert.equal(await admin.backups.restore('own.zip', { wait: true }), true)
      assert.equal((await admin.settings.getAll()).meta.appName, 'Acme')
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
    async ok({ admin }) {
      await using mailbox = await startMailbox()
      await sendMailsTo(admin, mailbox)
      try {
        assert.equal(await admin.settings.testEmail('users', 'ada@example.com', 'otp'), true)
      } finally {
        await admin.settings.update({ smtp: { enabled: false } })
      }
      assert.match((await mailbox.next('ada@example.com')).html, /password/)
    },
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
