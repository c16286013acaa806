import { afterEach, describe, expect, test, vi } from 'vitest'

import PocketBase, { BaseAuthStore, LocalAuthStore, MemoryAuthStore } from '../../src/index.ts'
import type { AuthRecord } from '../../src/index.ts'
import { json, observed } from '../support/observed.ts'
import { authToken } from '../support/token.ts'

const user = { id: 'u1', collectionId: 'c1', collectionName: 'users', name: 'Zoë' }
const other = { id: 'u2', collectionId: 'c1', collectionName: 'users', name: 'Max' }

afterEach(() => {
  vi.unstubAllGlobals()
})

describe.each([
  ['BaseAuthStore', BaseAuthStore],
  ['MemoryAuthStore', MemoryAuthStore],
])('%s', (_, Store) => {
  test('starts with nobody', () => {
    const store = new Store()
    expect(store.token).toBe('')
    expect(store.record).toBeNull()
    expect(store.model).toBeNull()
    expect(store.isValid).toBe(false)
    expect(store.isSuperuser).toBe(false)
  })

  test('keeps a token and a record, the same object until it changes', () => {
    const store = new Store()
    const token = authToken()
    store.save(token, user)
    expect(store.token).toBe(token)
    expect(store.record).toBe(user)
    expect(store.model).toBe(user)
    expect(store.isValid).toBe(true)
    store.save(token, other)
    expect(store.record).toBe(other)
  })

  test('keeps no record of an earlier sign-in', () => {
    const store = new Store()
    store.save('t1', user)
    store.save('t2')
    expect(store.token).toBe('t2')
    expect(store.record).toBeNull()
  })

  test.each<any>([undefined, null, ''])('takes %j for no token', (token) => {
    const store = new Store()
    store.save(token, null)
    expect(store.token).toBe('')
  })

  test('signs out', () => {
    const store = new Store()
    store.save(authToken(), user)
    store.clear()
    expect(store.token).toBe('')
    expect(store.record).toBeNull()
    expect(store.isValid).toBe(false)
  })

  test('shares nothing with another one', () => {
    const [first, second] = [new Store(), new Store()]
    const told: string[] = []
    second.onChange((token) => told.push(token))
    first.save('t1', user)
    expect(second.token).toBe('')
    expect(told).toEqual([])
  })
})

describe('onChange', () => {
  /** A store, and what a listener of it was told. */
  function listened(fireImmediately?: boolean): {
    store: MemoryAuthStore
    told: [string, AuthRecord][]
    remove: () => void
  } {
    const store = new MemoryAuthStore()
    store.save('t0', user)
    const told: [string, AuthRecord][] = []
    const remove = store.onChange((...state) => told.push(state), fireImmediately)
    return { store, told, remove }
  }

  test('tells every change from then on, with the new state', () => {
    const { store, told } = listened()
    expect(told).toEqual([])
    store.save('t1', user)
    store.save('t1', other)
    store.clear()
    expect(told).toEqual([
      ['t1', user],
      ['t1', other],
      ['', null],
    ])
  })

  test('tells the state of now as well, if asked to', () => {
    const { store, told } = listened(true)
    expect(told).toEqual([['t0', user]])
    store.clear()
    expect(told).toHaveLength(2)
  })

  test('returns what ends it, and ending it twice is fine', () => {
    const { store, told, remove } = listened()
    remove()
    remove()
    store.save('t1', user)
    expect(told).toEqual([])
  })

  test('takes the same listener twice, and removes one at a time', () => {
    const store = new MemoryAuthStore()
    const listener = vi.fn<(token: string) => void>()
    const removeFirst = store.onChange(listener)
    const removeSecond = store.onChange(listener)
    store.save('t1')
    expect(listener).toHaveBeenCalledTimes(2)
    removeFirst()
    removeFirst()
    store.save('t2')
    expect(listener).toHaveBeenCalledTimes(3)
    removeSecond()
    store.save('t3')
    expect(listener).toHaveBeenCalledTimes(3)
  })

  test('calls listeners in their order, also when one removes itself or another', () => {
    const store = new MemoryAuthStore()
    const calls: string[] = []
    const removeOnce = store.onChange(() => {
      calls.push('once')
      removeOnce()
    })
    store.onChange(() => calls.push('second'))
    store.onChange(() => calls.push('third'))
    store.save('t1')
    store.save('t2')
    expect(calls).toEqual(['once', 'second', 'third', 'second', 'third'])
  })

  test('does not tell a listener that was added meanwhile', () => {
    const store = new MemoryAuthStore()
    const late = vi.fn<(token: string) => void>()
    const remove = store.onChange(() => store.onChange(late))
    store.save('t1')
    expect(late).not.toHaveBeenCalled()
    remove()
    store.save('t2')
    expect(late.mock.calls).toEqual([['t2', null]])
  })
})

describe('a store of the application', () => {
  test('can be a subclass that keeps state elsewhere', async () => {
    const kept = new Map<string, unknown>()
    class Store extends BaseAuthStore {
      override get token(): string {
        return (kept.get('token') as string) ?? ''
      }
      override get record(): AuthRecord {
        return (kept.get('record') as AuthRecord) ?? null
      }
      override save(token: string, record?: AuthRecord): void {
        kept.set('token', token).set('record', record)
        super.save(token, record)
      }
      override clear(): void {
        kept.clear()
        super.clear()
      }
    }
    const token = authToken()
    const authStore = new Store()
    const { client, requests } = observed(() => json({ token, record: user }), { authStore })
    await client.collection('users').authWithPassword('a', 'b')
    expect([...kept]).toEqual([
      ['token', token],
      ['record', user],
    ])
    expect(authStore.isValid).toBe(true)
    await client.send('/api/x', {})
    expect(requests.map(({ init }) => init.headers['Authorization'])).toEqual([undefined, token])

    kept.set('token', 'changed elsewhere')
    await client.send('/api/x', {})
    expect(requests[2]?.init.headers['Authorization']).toBe('changed elsewhere')
    client.authStore.clear()
    expect(kept.size).toBe(0)
  })

  test('can tell its listeners by itself', () => {
    class Store extends BaseAuthStore {
      expire(): void {
        this.baseToken = ''
        this.triggerChange()
      }
    }
    const store = new Store()
    store.save('t1', user)
    const told: unknown[] = []
    store.onChange((...state) => told.push(state))
    store.expire()
    expect(told).toEqual([['', user]])
  })

  test('can be wrapped in a proxy', async () => {
    const store = new MemoryAuthStore()
    const read: (string | symbol)[] = []
    const authStore = new Proxy(store, {
      get(target, key, receiver) {
        read.push(key)
        return Reflect.get(target, key, receiver) as unknown
      },
    })
    const { client, requests } = observed(() => json({ token: 't1', record: user }), { authStore })
    await client.collection('users').authWithPassword('a', 'b')
    expect(store.token).toBe('t1')
    await client.send('/api/x', {})
    expect(requests[1]?.init.headers['Authorization']).toBe('t1')
    expect(read).toContain('save')
  })
})

describe('the store of a client', () => {
  test('is in memory where there is no page, and each client has its own', () => {
    const [first, second] = [new PocketBase('http://pb.test'), new PocketBase('http://pb.test')]
    expect(first.authStore).toBeInstanceOf(MemoryAuthStore)
    first.authStore.save('t1', user)
    expect(second.authStore.token).toBe('')
  })

  test('is in memory on a server that has a localStorage, which its users would share', () => {
    const items = new Map<string, string>()
    vi.stubGlobal('localStorage', {
      getItem: (key: string) => items.get(key) ?? null,
      setItem: (key: string, text: string) => items.set(key, text),
      removeItem: (key: string) => items.delete(key),
    })
    const first = new PocketBase('http://pb.test')
    first.authStore.save('t1', user)
    expect(items.size).toBe(0)
    expect(new PocketBase('http://pb.test').authStore.token).toBe('')
  })

  test('is the localStorage of a page', () => {
    vi.stubGlobal('document', {})
    expect(new PocketBase('http://pb.test').authStore).toBeInstanceOf(LocalAuthStore)
  })

  test('can be the second argument, as in the official client', () => {
    const store = new MemoryAuthStore()
    expect(new PocketBase('http://pb.test', store).authStore).toBe(store)
    expect(new PocketBase('http://pb.test', { authStore: store }).authStore).toBe(store)
    expect(new PocketBase('http://pb.test', null).authStore).toBeInstanceOf(MemoryAuthStore)
  })

  test('can be replaced, and the next request carries the token of the new one', async () => {
    const { client, requests } = observed(() => json({}))
    client.authStore.save('t1', user)
    await client.send('/api/x', {})
    const store = new MemoryAuthStore()
    store.save('t2', other)
    client.authStore = store
    await client.send('/api/x', {})
    client.authStore.clear()
    await client.send('/api/x', {})
    expect(requests.map(({ init }) => init.headers['Authorization'])).toEqual([
      't1',
      't2',
      undefined,
    ])
  })
})
