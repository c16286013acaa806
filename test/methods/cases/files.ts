import assert from 'node:assert/strict'

import { AuthError, createFile, NotFoundError } from '../../../src/index.ts'
import { failure } from '../case.ts'
import type { Cases } from '../case.ts'

export const FileService: Cases = {
  getURL: {
    async ok({ guest, post }) {
      const record = await post({ cover: createFile('cover.txt', 'A cover') })
      const { files } = guest()
      const response = await fetch(files.getURL(record, record['cover'], { download: true }))
      assert.equal(await response.text(), 'A cover')
      assert.match(response.headers.get('content-disposition')!, /^attachment/)
      assert.equal(files.getURL(record, ''), '')
    },
    fails: async ({ guest, post }) => {
      const record = await post()
      return failure(TypeError, () => guest().files.getURL(record, '..'))
    },
  },
  getUrl: {
    async ok({ guest, post }) {
      const record = await post({ cover: createFile('cover.txt', 'A cover') })
      const { files } = guest()
      assert.equal(
        files.getUrl(record, 'a', { thumb: '1x1' }),
        files.getURL(record, 'a', { thumb: '1x1' }),
      )
    },
    fails: async ({ guest, post }) => {
      const record = await post()
      return failure(TypeError, () => guest().files.getUrl(record, '..'))
    },
  },
  getToken: {
    async ok({ user, post }) {
      const record = await post({ secret: createFile('secret.txt', 'A secret') })
      const { files } = await user()
      const token = await files.getToken()
      const withToken = await fetch(files.getURL(record, record['secret'], { token }))
      assert.equal(await withToken.text(), 'A secret')
      assert.equal((await fetch(files.getURL(record, record['secret']))).status, 404)
    },
    fails: async ({ guest }) => failure(AuthError, async () => guest().files.getToken()),
  },
  getPrivateURL: {
    async ok({ user, guest, post }) {
      const record = await post({ secret: createFile('secret.txt', 'A secret') })
      const { files } = await user()
      const response = await fetch(await files.getPrivateURL(record, record['secret']))
      assert.equal(await response.text(), 'A secret')
      const { files: ofGuest } = guest()
      assert.equal(await ofGuest.getPrivateURL(record, 'a'), ofGuest.getURL(record, 'a'))
    },
    fails: async ({ user, post }) => {
      const { files, authStore } = await user()
      // No server has signed it.
      authStore.save(`${authStore.token}x`, authStore.record)
      const record = await post()
      return failure(AuthError, async () => files.getPrivateURL(record, 'secret.txt'))
    },
  },
  download: {
    async ok({ guest, post }) {
      const record = await post({ cover: createFile('cover.txt', 'A cover') })
      const { files } = guest()
      const seen: unknown[] = []
      const response = await files.download(files.getURL(record, record['cover']), {
        onDownloadProgress: (progress) => seen.push(progress),
      })
      assert.equal(response.headers.get('content-length'), '7')
      assert.equal(await response.text(), 'A cover')
      assert.deepEqual(seen.at(-1), { loaded: 7, total: 7 })
    },
    fails: async ({ guest, post }) => {
      const record = await post({ secret: createFile('secret.txt', 'A secret') })
      const { files } = guest()
      const url = files.getURL(record, record['secret'])
      return failure(NotFoundError, async () => files.download(url))
    },
  },
}
