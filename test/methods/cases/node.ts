import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { FileAuthStore as FileStore } from '../../../src/node/index.ts'
import { failure } from '../case.ts'
import type { Cases } from '../case.ts'

async function inTemporaryFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'pocketbase-methods-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export const FileAuthStore: Cases = {
  save: {
    ok: async ({ user, guest }) =>
      inTemporaryFolder(async (folder) => {
        const { token, record } = (await user()).authStore
        const file = join(folder, 'auth.json')
        new FileStore(file).save(token, record)
        assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), { token, record })
        const client = guest({ authStore: new FileStore(file) })
        assert.equal((await client.collection('users').authRefresh()).record.id, record?.id)
      }),
    fails: async ({ user }) =>
      inTemporaryFolder(async (folder) => {
        const { token } = (await user()).authStore
        writeFileSync(join(folder, 'file'), '')
        const store = new FileStore(join(folder, 'file', 'auth.json'), { onWarning: () => {} })
        const error = await failure(Error, () => store.save(token))
        assert(error.message.includes(store.path))
        assert.equal(store.token, token)
        return error
      }),
  },
  clear: {
    ok: async ({ user }) =>
      inTemporaryFolder(async (folder) => {
        const store = new FileStore(join(folder, 'auth.json'))
        store.save((await user()).authStore.token)
        store.clear()
        assert.equal(store.token, '')
        assert.equal(existsSync(store.path), false)
      }),
    fails: async () =>
      inTemporaryFolder(async (folder) => {
        const store = new FileStore(folder, { onWarning: () => {} })
        const error = await failure(Error, () => store.clear())
        assert(error.message.includes(folder))
        return error
      }),
  },
}
