import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { FileAuthStore as FileStore, nodeFetch } from '../../../src/node/index.ts'
import { NetworkError, PocketBase } from '../../../src/index.ts'
import { refusingUrl } from '../../support/faulty.ts'
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

export const functions: Cases = {
  nodeFetch: {
    ok: async ({ guest, post }) => {
      const { id, title } = await post()
      const fetch = nodeFetch()
      const client = guest({ fetch })
      assert.equal((await client.health.check()).code, 200)
      const page = await client.collection('posts').getList(1, 1, { filter: `id = "${id}"` })
      assert.equal(page.items[0]?.['title'], title)
      fetch.close()
    },
    fails: async () => {
      const client = new PocketBase(await refusingUrl(), { fetch: nodeFetch() })
      return failure(NetworkError, () => client.health.check())
    },
  },
}

export const NodeFetch: Cases = {
  close: {
    ok: async ({ guest }) => {
      const fetch = nodeFetch()
      const client = guest({ fetch })
      await client.health.check()
      fetch.close()
      assert.equal((await client.health.check()).code, 200)
      fetch.close()
    },
    fails: 'cannot fail: it closes what is there, and there may be nothing',
  },
}
