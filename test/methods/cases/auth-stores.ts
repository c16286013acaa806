import assert from 'node:assert/strict'

import {
  AsyncAuthStore as AsyncStore,
  AuthError,
  LocalAuthStore as LocalStore,
  MemoryAuthStore,
} from '../../../src/index.ts'
import { failure } from '../case.ts'
import type { Cases } from '../case.ts'
import type { Context } from '../context.ts'

const onlyReads = 'cannot fail: it reads what is in memory'

/** The token and the record of a user that the server has signed in. */
async function session({ user }: Context) {
  const { token, record } = (await user()).authStore
  return { token, record: record! }
}

/** Whether the server takes a token as a signed-in user's. */
async function isAccepted({ server }: Context, token: string): Promise<boolean> {
  const headers = { Authorization: token }
  const response = await fetch(`${server.url}/api/files/token`, { method: 'POST', headers })
  return response.ok
}

export const BaseAuthStore: Cases = {
  token: {
    async ok(context) {
      const store = new MemoryAuthStore()
      assert.equal(store.token, '')
      store.save((await session(context)).token)
      assert(await isAccepted(context, store.token))
    },
    fails: onlyReads,
  },
  record: {
    async ok(context) {
      const { token, record } = await session(context)
      const store = new MemoryAuthStore()
      assert.equal(store.record, null)
      store.save(token, record)
      assert.equal(store.record, record)
    },
    fails: onlyReads,
  },
  model: {
    async ok({ user }) {
      const { authStore } = await user()
      assert.equal(authStore.model, authStore.record)
    },
    fails: onlyReads,
  },
  isValid: {
    async ok({ user, guest }) {
      assert.equal((await user()).authStore.isValid, true)
      assert.equal(guest().authStore.isValid, false)
    },
    fails: onlyReads,
  },
  isSuperuser: {
    async ok({ admin, user }) {
      assert.equal(admin.authStore.isSuperuser, true)
      assert.equal((await user()).authStore.isSuperuser, false)
    },
    fails: onlyReads,
  },
  isAdmin: {
    async ok({ admin, user }) {
      assert.equal(admin.authStore.isAdmin, true)
      assert.equal((await user()).authStore.isAdmin, false)
    },
    fails: onlyReads,
  },
  isAuthRecord: {
    async ok({ admin, user }) {
      assert.equal(admin.authStore.isAuthRecord, false)
      assert.equal((await user()).authStore.isAuthRecord, true)
    },
    fails: onlyReads,
  },
  save: {
    async ok(context) {
      const { token, record } = await session(context)
      const store = new MemoryAuthStore()
      store.save(token, record)
      assert.deepEqual([store.token, store.record], [token, record])
      assert(await isAccepted(context, store.token))
    },
    fails: async () => whatAListenerThrows((store) => store.save('token')),
  },
  clear: {
    async ok({ user, post }) {
      const client = await user()
      const { id } = await post()
      await client.collection('posts').getOne(id)
      client.authStore.clear()
      assert.deepEqual([client.authStore.token, client.authStore.record], ['', null])
      await assert.rejects(async () => client.collection('posts').getOne(id))
    },
    fails: async () => whatAListenerThrows((store) => store.clear()),
  },
  loadFromCookie: {
    async ok(context) {
      const { token, record } = await session(context)
      const written = new MemoryAuthStore()
      written.save(token, record)
      const store = new MemoryAuthStore()
      store.loadFromCookie(written.exportToCookie())
      assert.deepEqual([store.token, store.record], [token, record])
      store.loadFromCookie('pb_auth=%7Bbroken')
      assert.equal(store.token, '')
    },
    fails: 'cannot fail: a malformed cookie means that nobody is signed in',
  },
  exportToCookie: {
    async ok({ user }) {
      const { authStore } = await user()
      const cookie = authStore.exportToCookie({ sameSite: 'lax' }, 'session')
      assert.match(cookie, /^session=%7B.*; Path=\/; Expires=.*; HttpOnly; Secure; SameSite=Lax$/)
    },
    fails: async ({ user }) => {
      const { authStore } = await user()
      return failure(TypeError, () => authStore.exportToCookie({}, 'two words'))
    },
  },
  onChange: {
    async ok({ user }) {
      const client = await user()
      const heard: string[] = []
      const remove = client.authStore.onChange((token) => heard.push(token), true)
      const { token } = client.authStore
      client.authStore.clear()
      remove()
      client.authStore.save(token)
      assert.deepEqual(heard, [token, ''])
    },
    fails: 'cannot fail: it keeps a callback',
  },
  onExpired: {
    async ok({ user, admin }) {
      const client = await user()
      const { collectionName, id } = client.authStore.record!
      const heard: unknown[] = []
      client.authStore.onExpired((record) => heard.push(record?.id))()
      client.authStore.onExpired((record) => heard.push(record?.id))
      const password = 'another-password'
      // Ends all tokens.
      await admin.collection(collectionName).update(id, { password, passwordConfirm: password })
      await failure(AuthError, async () => client.files.getToken())
      assert.deepEqual(heard, [id])
    },
    fails: 'cannot fail: it keeps a callback',
  },
}

export const LocalAuthStore: Cases = {
  token: {
    ok: async (context) => {
      const { token } = await session(context)
      withStorage((storage) => {
        storage.setItem('pocketbase_auth', JSON.stringify({ token, record: null }))
        assert.equal(new LocalStore().token, token)
      })
    },
    fails: 'cannot fail: without a storage it reads what is in memory',
  },
  record: {
    ok: async (context) => {
      const { token, record } = await session(context)
      withStorage((storage) => {
        storage.setItem('pocketbase_auth', JSON.stringify({ token, record }))
        assert.deepEqual(new LocalStore().record, record)
      })
    },
    fails: 'cannot fail: without a storage it reads what is in memory',
  },
  save: {
    ok: async (context) => {
      const { token, record } = await session(context)
      withStorage((storage) => {
        new LocalStore().save(token, record)
        assert.deepEqual(JSON.parse(storage.getItem('pocketbase_auth')!), { token, record })
      })
      const withoutStorage = new LocalStore()
      withoutStorage.save(token, record)
      assert.equal(withoutStorage.token, token)
    },
    fails: 'cannot fail: without a storage, and when it is full, memory keeps it',
  },
  clear: {
    ok: async (context) => {
      const { token } = await session(context)
      withStorage((storage) => {
        const store = new LocalStore()
        store.save(token)
        store.clear()
        assert.equal(store.token, '')
        assert.equal(storage.getItem('pocketbase_auth'), null)
      })
    },
    fails: 'cannot fail: without a storage memory forgets',
  },
}

export const AsyncAuthStore: Cases = {
  save: {
    ok: async (context) => {
      const { token, record } = await session(context)
      const stored: string[] = []
      const store = new AsyncStore({ save: async (text) => void stored.push(text) })
      store.save(token, record)
      assert.equal(store.token, token)
      await store.flush()
      assert.deepEqual(
        stored.map((text) => JSON.parse(text)),
        [{ token, record }],
      )
    },
    fails: async (context) =>
      reported(async (store) => {
        store.save((await session(context)).token)
        assert(store.isValid)
      }),
  },
  clear: {
    ok: async (context) => {
      let stored = JSON.stringify(await session(context))
      const save = async (text: string): Promise<void> => {
        stored = text
      }
      const store = new AsyncStore({ save, initial: stored })
      await store.flush()
      assert(store.isValid)
      store.clear()
      assert.equal(store.token, '')
      await store.flush()
      assert.equal(stored, '')
    },
    fails: async () => reported((store) => store.clear()),
  },
  flush: {
    ok: async (context) => {
      const { token } = await session(context)
      let isStored = false
      const save = async (): Promise<void> => {
        await new Promise(setImmediate)
        isStored = true
      }
      const store = new AsyncStore({ save })
      store.save(token)
      assert.equal(isStored, false)
      await store.flush()
      assert.equal(isStored, true)
    },
    fails: 'cannot fail: failures of the storage are reported to onError',
  },
}

async function whatAListenerThrows(work: (store: MemoryAuthStore) => void): Promise<Error> {
  const store = new MemoryAuthStore()
  store.onChange(() => {
    throw new RangeError('not today')
  })
  return failure(RangeError, () => work(store))
}

/** What a store tells `onError` when its storage fails. */
async function reported(work: (store: AsyncStore) => unknown): Promise<Error> {
  const errors: unknown[] = []
  const save = async (): Promise<void> => {
    throw new RangeError('the storage is full')
  }
  const store = new AsyncStore({ save, onError: (error) => errors.push(error) })
  await work(store)
  await store.flush()
  assert.equal(errors.length, 1)
  return failure(RangeError, () => {
    throw errors[0]
  })
}

/** Gives this process what browsers have, for a moment. */
function withStorage(work: (storage: Storage) => void): void {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'localStorage')
  const items = new Map<string, string>()
  const storage = {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => items.set(key, value),
    removeItem: (key: string) => items.delete(key),
  } as unknown as Storage
  Object.defineProperty(globalThis, 'localStorage', { configurable: true, value: storage })
  try {
    work(storage)
  } finally {
    if (before) Object.defineProperty(globalThis, 'localStorage', before)
    else Reflect.deleteProperty(globalThis, 'localStorage')
  }
}
