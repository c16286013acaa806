import assert from 'node:assert/strict'

import { NetworkError } from '../../../src/index.ts'
import * as ssr from '../../../src/ssr/index.ts'
import { refusingUrl } from '../../support/faulty.ts'
import { failure } from '../case.ts'
import type { Cases } from '../case.ts'
import type { Context } from '../context.ts'

const neverThrows = 'cannot fail: what a cookie should not hold signs nobody in'

/** The `Cookie` header of a browser that a user has signed in with, and that user. */
async function signedIn({ user }: Context) {
  const { token, record } = (await user()).authStore
  const store = new ssr.CookieAuthStore('')
  store.save(token, record)
  const cookie = store.setCookieHeaders().map((header) => header.split(';')[0])
  return { cookie: cookie.join('; '), token, record: record! }
}

export const CookieAuthStore: Cases = {
  setCookieHeaders: {
    async ok(context) {
      const { cookie, token, record } = await signedIn(context)
      const store = new ssr.CookieAuthStore(cookie)
      assert.deepEqual([store.token, store.record], [token, record])
      assert.deepEqual(store.setCookieHeaders(), [])
      store.clear()
      assert.match(store.setCookieHeaders()[0]!, /^pb_auth=; Max-Age=0; /)
    },
    fails: async (context) => {
      const { token } = await signedIn(context)
      const store = new ssr.CookieAuthStore('', { name: 'two words' })
      store.save(token)
      return failure(TypeError, () => store.setCookieHeaders())
    },
  },
  attach: {
    async ok(context) {
      const { token, record } = await signedIn(context)
      const store = new ssr.CookieAuthStore('')
      store.save(token, record)
      const { headers } = store.attach(new Response('page'))
      assert.deepEqual(headers.getSetCookie(), store.setCookieHeaders())
    },
    fails: async (context) => {
      const { token } = await signedIn(context)
      const store = new ssr.CookieAuthStore('', { path: '/;' })
      store.save(token)
      return failure(TypeError, () => store.attach(new Headers()))
    },
  },
}

export const functions: Cases = {
  serverClient: {
    async ok(context) {
      const { cookie, record } = await signedIn(context)
      const client = ssr.serverClient(context.server.url, cookie)
      assert.equal((await client.collection('users').authRefresh()).record.id, record.id)
    },
    fails: neverThrows,
  },
  verifyAuth: {
    async ok(context) {
      const { cookie, record } = await signedIn(context)
      const client = ssr.serverClient(context.server.url, cookie)
      assert.deepEqual(await ssr.verifyAuth(client), record)
      const password = 'another-password'
      // Ends all tokens.
      const body = { password, passwordConfirm: password }
      await context.admin.collection('users').update(record.id, body)
      assert.equal(await ssr.verifyAuth(client), null)
    },
    fails: async (context) => {
      const { cookie } = await signedIn(context)
      const client = ssr.serverClient(await refusingUrl(), cookie)
      return failure(NetworkError, async () => ssr.verifyAuth(client))
    },
  },
  nodeCookies: {
    async ok(context) {
      const { cookie } = await signedIn(context)
      const written = response()
      const request = { headers: { cookie, host: 'localhost' } }
      ssr.serverClient(context.server.url, ssr.nodeCookies(request, written)).authStore.clear()
      assert.match(written.cookies.join(), /^pb_auth=; Max-Age=0; Path=\/; HttpOnly; SameSite=Lax$/)
    },
    fails: async (context) => {
      const { token } = await signedIn(context)
      const store = new ssr.CookieAuthStore(ssr.nodeCookies({ headers: {} }, sent))
      return failure(RangeError, () => store.save(token))
    },
  },
  nextCookies: {
    async ok(context) {
      const { cookie, record } = await signedIn(context)
      const jar = ssr.nextCookies(ssr.nodeCookies({ headers: { cookie } }, sent), new Headers())
      const client = ssr.serverClient(context.server.url, jar)
      assert.deepEqual(await ssr.verifyAuth(client), record)
    },
    fails: neverThrows,
  },
}

function response(): ssr.NodeResponseLike & { cookies: string[] } {
  const kept = { cookies: [] as string[] }
  return Object.assign(kept, {
    getHeader: () => kept.cookies,
    setHeader: (_: string, value: string[]) => (kept.cookies = value),
  })
}

/** An answer whose headers have been sent. */
const sent: ssr.NodeResponseLike = {
  getHeader: () => undefined,
  setHeader: () => {
    throw new RangeError('sent')
  },
}
