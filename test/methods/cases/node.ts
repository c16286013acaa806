import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { FileAuthStore as FileStore, nodeFetch, openFile } from '../../../src/node/index.ts'
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
  openFile: {
    ok: async ({ user }) =>
      inTemporaryFolder(async (folder) => {
        const path = join(folder, 'cover.txt')
        // Larger than what is read at a time.
        const text = 'A cover. '.repeat(50_000)
        writeFileSync(path, text)
        const { files, authStore } = await user()
        for (const fetch of [undefined, nodeFetch()]) {
          const client = new PocketBase(files.client.baseURL, { authStore, fetch })
          const seen: { loaded: number; total?: number | undefined }[] = []
          const post = await client
            .collection('posts')
            .create(
              { title: 'From the disk', cover: openFile(path) },
              { onUploadProgress: (progress) => seen.push(progress) },
            )
          const stored = await client.files.download(client.files.getURL(post, post['cover']))
          assert.equal(await stored.text(), text)
          assert.match(post['cover'], /^cover_\w+\.txt$/)
          assert(seen.length > 2)
          assert.equal(seen.at(-1)?.loaded, seen.at(-1)?.total)
        }
      }),
    fails: async () =>
      inTemporaryFolder(async (folder) => failure(Error, () => openFile(join(folder, 'missing')))),
  },
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

export const FileSource: Cases = {
  stream: {
    ok: async ({ user }) =>
      inTemporaryFolder(async (folder) => {
        const path = join(folder, 'cover.txt')
        writeFileSync(path, 'A cover')
        const { name, size, stream } = openFile(path)
        // Any object of this kind is a file, and it can be read again and again.
        const client = await user()
        for (const cover of [{ name, size, stream }, { stream }]) {
          const post = await client.collection('posts').create({ title: 'A source', cover })
          const stored = await fetch(client.files.getURL(post, post['cover']))
          assert.equal(await stored.text(), 'A cover')
        }
      }),
    fails: async ({ user }) =>
      inTemporaryFolder(async (folder) => {
        const path = join(folder, 'cover.txt')
        writeFileSync(path, 'A cover')
        const cover = openFile(path)
        rmSync(path)
        const posts = (await user()).collection('posts')
        return failure(Error, async () => posts.create({ title: 'Gone', cover }))
      }),
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
