import assert from 'node:assert/strict'

import {
  ApiError,
  AuthError,
  createFile,
  NotFoundError,
  ValidationError,
} from '../../../src/index.ts'
import { failure } from '../case.ts'
import type { Case, Cases } from '../case.ts'
import type { Context } from '../context.ts'

async function backup({ admin, unique }: Context): Promise<string> {
  const key = `${unique('own')}.zip`
  await admin.backups.create(key)
  return key
}

/** The URL has two names. */
function urlCase(method: 'getDownloadURL' | 'getDownloadUrl'): Case {
  return {
    async ok(context) {
      const { admin } = context
      const key = await backup(context)
      const answer = await fetch(admin.backups[method](await admin.files.getToken(), key))
      assert.equal(answer.status, 200)
      assert.equal(answer.headers.get('content-type'), 'application/zip')
      await answer.body?.cancel()
    },
    fails: async ({ admin }) => failure(TypeError, () => admin.backups[method]('token', '')),
  }
}

export const BackupService: Cases = {
  getFullList: {
    async ok(context) {
      const key = await backup(context)
      const all = await context.admin.backups.getFullList()
      assert(all.some((one) => one.key === key && one.size > 0))
    },
    fails: async ({ guest }) => failure(AuthError, async () => guest().backups.getFullList()),
  },
  create: {
    async ok(context) {
      const key = `${context.unique('made')}.zip`
      assert.equal(await context.admin.backups.create(key), true)
      const all = await context.admin.backups.getFullList()
      assert(all.some((one) => one.key === key))
    },
    async fails({ admin }) {
      const error = await failure(ValidationError, async () => admin.backups.create('no zip'))
      assert.deepEqual(Object.keys(error.fieldErrors), ['name'])
      return error
    },
  },
  upload: {
    async ok(context) {
      const { admin } = context
      const answer = await admin.backups.download(await backup(context))
      const name = `${context.unique('uploaded')}.zip`
      const file = createFile(name, await answer.arrayBuffer(), 'application/zip')
      assert.equal(await admin.backups.upload({ file }), true)
      assert.equal((await admin.backups.waitFor(name)).size, file.size)
    },
    async fails({ admin }) {
      const error = await failure(ValidationError, async () =>
        admin.backups.upload(createFile('no.zip', 'no zip')),
      )
      assert.deepEqual(Object.keys(error.fieldErrors), ['file'])
      return error
    },
  },
  delete: {
    async ok(context) {
      const key = await backup(context)
      assert.equal(await context.admin.backups.delete(key), true)
      const all = await context.admin.backups.getFullList()
      assert(!all.some((one) => one.key === key))
    },
    fails: async ({ admin }) => failure(ApiError, async () => admin.backups.delete('missing.zip')),
  },
  waitFor: {
    async ok(context) {
      const key = await backup(context)
      assert.equal((await context.admin.backups.waitFor(key)).key, key)
    },
    fails: async ({ admin }) =>
      failure(NotFoundError, async () => admin.backups.waitFor('missing.zip')),
  },
  download: {
    async ok(context) {
      const { backups } = context.admin
      const key = await backup(context)
      const { size } = await backups.waitFor(key)
      assert.equal((await (await backups.download(key)).arrayBuffer()).byteLength, size)
    },
    fails: async ({ guest }) =>
      failure(AuthError, async () => guest().backups.download('missing.zip')),
  },
  getDownloadURL: urlCase('getDownloadURL'),
  getDownloadUrl: urlCase('getDownloadUrl'),
}
