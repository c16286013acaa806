import assert from 'node:assert/strict'

import * as pb from '../../../src/index.ts'
import type { SendOptions } from '../../../src/index.ts'
import { failure } from '../case.ts'
import type { Cases } from '../case.ts'

export const functions: Cases = {
  cookieParse: {
    async ok({ user }) {
      const { authStore } = await user()
      const { pb_auth: cookie } = pb.cookieParse(authStore.exportToCookie())
      assert.equal(JSON.parse(cookie).token, authStore.token)
    },
    fails: 'cannot fail: malformed parts are left out',
  },
  cookieSerialize: {
    async ok({ user }) {
      const { token } = (await user()).authStore
      assert.equal(pb.cookieSerialize('t', token, { maxAge: 60 }), `t=${token}; Max-Age=60`)
    },
    fails: async () => failure(TypeError, () => pb.cookieSerialize('two words', 'x')),
  },
  getTokenPayload: {
    async ok({ user }) {
      const { token, record } = (await user()).authStore
      const { id, type, collectionId } = pb.getTokenPayload(token)
      assert.deepEqual([id, type, collectionId], [record?.id, 'auth', record?.collectionId])
    },
    fails: 'cannot fail: what is no token has no claims',
  },
  isTokenExpired: {
    async ok({ user }) {
      const { token } = (await user()).authStore
      const { exp } = pb.getTokenPayload(token)
      assert.equal(pb.isTokenExpired(token), false)
      assert.equal(pb.isTokenExpired(token, exp), true)
    },
    fails: 'cannot fail: what is no token has expired',
  },
  createFile: {
    async ok({ user }) {
      const cover = pb.createFile('notes.txt', 'Some notes', 'text/plain')
      const client = await user()
      const post = await client.collection('posts').create({ title: 'Notes', cover })
      const response = await fetch(client.files.getURL(post, post['cover']))
      assert.equal(await response.text(), 'Some notes')
      assert.match(post['cover'], /^notes_/)

      async function* lines(): AsyncGenerator<string> {
        yield 'One line. '
        yield 'Another.'
      }
      const streamed = pb.createFile('lines.txt', lines(), 'text/plain')
      const second = await client.collection('posts').create({ title: 'Lines', cover: streamed })
      const read = await fetch(client.files.getURL(second, second['cover']))
      assert.equal(await read.text(), 'One line. Another.')
      assert.match(second['cover'], /^lines_/)
    },
    async fails({ user }) {
      const posts = (await user()).collection('posts')
      const cover = pb.createFile('once.txt', new Blob(['Once']).stream())
      await posts.create({ title: 'First', cover })
      return failure(TypeError, async () => posts.create({ title: 'Second', cover }))
    },
  },
  expanded: {
    async ok({ user, post }) {
      const client = await user()
      const { id } = await post({ author: client.authStore.record!.id })
      const found = await client.collection('posts').getOne(id, { expand: 'author' })
      assert.equal(pb.expanded(found, 'author').id, client.authStore.record!.id)
    },
    async fails({ admin, post }) {
      const found = await admin.collection('posts').getOne((await post()).id, { expand: 'author' })
      return failure(TypeError, () => pb.expanded(found, 'author'))
    },
  },
  isClientResponseError: {
    async ok({ guest }) {
      const refused = await failure(pb.AuthError, async () => guest().collections.getList())
      assert.equal(pb.isClientResponseError(refused), true)
      assert.equal(pb.isClientResponseError(new Error('another')), false)
      assert.equal(pb.isClientResponseError(undefined), false)
    },
    fails: 'cannot fail: it takes any value',
  },
  normalizeUnknownQueryParams: {
    async ok({ guest }) {
      const options: SendOptions = { method: 'GET', perPage: 1, query: { page: 2 } }
      pb.normalizeUnknownQueryParams(options)
      assert.deepEqual(options, { method: 'GET', query: { page: 2, perPage: 1 } })
      const { page, perPage } = await guest().send('/api/collections/posts/records', options)
      assert.deepEqual([page, perPage], [2, 1])
    },
    fails: 'cannot fail: it moves keys',
  },
  serializeQueryParams: {
    async ok({ server, post, unique }) {
      const title = unique('ä & b = ')
      await post({ title })
      const query = pb.serializeQueryParams({
        filter: `title = '${title}'`,
        sort: null,
        perPage: 1,
      })
      const response = await fetch(`${server.url}/api/collections/posts/records?${query}`)
      assert.equal((await response.json()).totalItems, 1)
    },
    fails: async () => failure(TypeError, () => pb.serializeQueryParams({ a: '\ud800' })),
  },
}
