import { afterEach, describe, expect, test, vi } from 'vitest'

import { AsyncAuthStore } from '../../src/index.ts'
import type { AsyncAuthStoreOptions, AuthRecord } from '../../src/index.ts'
import { json, observed } from '../support/observed.ts'
import { authToken } from '../support/token.ts'

const user = { id: 'u1', collectionId: 'c1', collectionName: 'users', name: 'Zoë' }
const other = { id: 'u2', collectionId: 'c1', collectionName: 'users', name: 'Max' }
const stored = JSON.stringify({ token: 't1', record: user })

afterEach(() => {
  vi.restoreAllMocks()
})

interface Deferred<T> {
  promise: Promise<T>
  resolve: (value: T) => void
  reject: (error: Error) => void
}

/** `Promise.withResolvers`, which the compiler's `lib` does not know yet. */
function deferred<T>(): Deferred<T> {
  let ends: Omit<Deferred<T>, 'promise'> | undefined
  const promise = new Promise<T>((resolve, reject) => {
    ends = { resolve, reject }
  })
  return { promise, ...ends! }
}

/** A storage that writes when told to, and what it has been asked for. */
function storage(): {
  options: AsyncAuthStoreOptions
  asked: string[]
  finish: (error?: Error) => void
} {
  const asked: string[] = []
  const pending: Deferred<void>[] = []
  const save = async (text: string): Promise<void> => {
    asked.push(text)
    const write = deferred<void>()
    pending.push(write)
    return write.promise
  }
  const finish = (error?: Error): void => {
    const write = pending.shift()
    if (!write) throw new Error('Nothing is being written')
    if (error) write.reject(error)
    else write.resolve()
  }
  return { options: { save, clear: () => save('cleared') }, asked, finish }
}

/** Lets everything run that does not wait for the storage. */
async function settle(): Promise<void> {
  await new Promise(setImmediate)
}

const noStorage: AsyncAuthStoreOptions = { save: async () => {} }

describe('the initial state', () => {
  test('is nobody until it has been read', async () => {
    const { promise, resolve } = deferred<string>()
    const store = new AsyncAuthStore({ ...noStorage, initial: promise })
    const told: [string, AuthRecord][] = []
    store.onChange((...state) => told.push(state))
    expect(store.token).toBe('')
    expect(store.ready).toBeInstanceOf(Promise)
    resolve(stored)
    await store.ready
    expect(store.token).toBe('t1')
    expect(store.record).toEqual(user)
    expect(told).toEqual([['t1', user]])
    expect(store.ready).toBeUndefined()
  })

  test.each<[what: string, initial: any, token: string]>([
    ['a text', stored, 't1'],
    ['a promise of a text', Promise.resolve(stored), 't1'],
    ['the older name of the record', JSON.stringify({ token: 't1', model: user }), 't1'],
    [
      'the state itself, as older apps have it',
      Promise.resolve({ token: 't1', record: user }),
      't1',
    ],
    ['a promise of null', Promise.resolve(null), ''],
    ['a promise of nothing', Promise.resolve(), ''],
    ['an empty text', '', ''],
    ['null', null, ''],
    ['undefined', undefined, ''],
    ['JSON of something else', '[1]', ''],
    ['a token that is no text', '{"token":5,"record":6}', ''],
  ])('can be %s', async (_, initial, token) => {
    const onError = vi.fn<(error: unknown) => void>()
    const store = new AsyncAuthStore({ ...noStorage, initial, onError })
    await store.ready
    expect(store.token).toBe(token)
    expect(store.record).toEqual(token ? user : null)
    expect(onError).not.toHaveBeenCalled()
  })

  test('is not written back', async () => {
    const { options, asked } = storage()
    const store = new AsyncAuthStore({ ...options, initial: stored })
    await store.flush()
    expect(asked).toEqual([])
  })

  test('that is garbage signs nobody in and throws nothing', async () => {
    const store = new AsyncAuthStore({ ...noStorage, initial: '{"tok', onError: () => {} })
    await store.ready
    expect(store.token).toBe('')
  })

  test('that cannot be read is reported, and signs nobody in', async () => {
    const reason = new Error('keychain is locked')
    const onError = vi.fn<(error: unknown) => void>()
    const store = new AsyncAuthStore({ ...noStorage, initial: Promise.reject(reason), onError })
    await store.ready
    expect(store.token).toBe('')
    expect(onError.mock.calls).toEqual([[reason]])
  })
})

describe('requests', () => {
  test('wait for the initial state, and carry its token', async () => {
    const { promise, resolve } = deferred<string>()
    const { client, requests } = observed(() => json({ ok: true }), {
      authStore: new AsyncAuthStore({ ...noStorage, initial: promise }),
    })
    const calls = [client.send('/api/a', {}), client.collection('posts').getList()]
    const settled = Promise.allSettled(calls)
    await settle()
    expect(requests).toEqual([])
    resolve(stored)
    await settled
    expect(requests.map(({ init }) => init.headers['Authorization'])).toEqual(['t1', 't1'])
  })

  test('are sent as guest where the state cannot be read', async () => {
    const { client, requests } = observed(() => json({}), {
      authStore: new AsyncAuthStore({
        ...noStorage,
        initial: Promise.reject(new Error('keychain is locked')),
        onError: () => {},
      }),
    })
    await client.send('/api/a', {})
    expect(requests[0]?.init.headers).not.toHaveProperty('Authorization')
  })

  test('that wait can be cancelled', async () => {
    const controller = new AbortController()
    const { client, requests } = observed(() => json({}), {
      authStore: new AsyncAuthStore({ ...noStorage, initial: new Promise(() => {}) }),
    })
    const call = client.send('/api/a', { signal: controller.signal })
    controller.abort(new Error('left the page'))
    await expect(call).rejects.toMatchObject({ isAbort: true, cause: { message: 'left the page' } })
    expect(requests).toEqual([])
  })

  test('wait for nothing where nothing was stored', () => {
    expect(new AsyncAuthStore(noStorage).ready).toBeUndefined()
    expect(new AsyncAuthStore({ ...noStorage, initial: '' }).ready).toBeUndefined()
  })
})

describe('a sign-in before the initial state has been read', () => {
  test('wins over it', async () => {
    const { promise, resolve } = deferred<string>()
    const { options, asked } = storage()
    const store = new AsyncAuthStore({ ...options, initial: promise })
    const told: string[] = []
    store.onChange((token) => told.push(token))
    store.save('t2', other)
    resolve(stored)
    await store.ready
    expect(store.token).toBe('t2')
    expect(store.record).toBe(other)
    expect(told).toEqual(['t2'])
    expect(asked).toEqual([JSON.stringify({ token: 't2', record: other })])
  })

  test('wins also as a sign-out', async () => {
    const { promise, resolve } = deferred<string>()
    const store = new AsyncAuthStore({ ...noStorage, initial: promise })
    store.clear()
    resolve(stored)
    await store.ready
    expect(store.token).toBe('')
  })

  test('wins over one that cannot be read', async () => {
    const { promise, reject } = deferred<string>()
    const onError = vi.fn<(error: unknown) => void>()
    const store = new AsyncAuthStore({ ...noStorage, initial: promise, onError })
    store.save('t2', other)
    reject(new Error('keychain is locked'))
    await store.ready
    expect(store.token).toBe('t2')
    expect(onError).toHaveBeenCalledTimes(1)
  })
})

describe('writes', () => {
  test('happen in their order, one at a time', async () => {
    const { options, asked, finish } = storage()
    const store = new AsyncAuthStore(options)
    store.save('t1', user)
    store.clear()
    store.save('t2')
    expect(store.token).toBe('t2')
    await settle()
    expect(asked).toEqual([stored])
    finish()
    await settle()
    expect(asked).toEqual([stored, 'cleared'])
    finish()
    await settle()
    expect(asked).toEqual([stored, 'cleared', '{"token":"t2","record":null}'])
    finish()
    await store.flush()
  })

  test('of a sign-out save an empty text where there is no clear', async () => {
    const { options, asked, finish } = storage()
    const store = new AsyncAuthStore({ save: options.save })
    store.clear()
    await settle()
    expect(asked).toEqual([''])
    finish()
    await store.flush()
  })

  test('hold the state of their moment', async () => {
    const { options, asked, finish } = storage()
    const store = new AsyncAuthStore(options)
    const record = { ...user }
    store.save('t0', other)
    store.save('t1', record)
    record.name = 'changed afterwards'
    await settle()
    finish()
    await settle()
    expect(asked[1]).toBe(stored)
  })

  test('are read by the next store', async () => {
    const items = new Map<string, string>()
    const options = {
      save: async (text: string) => void items.set('auth', text),
      clear: async () => void items.delete('auth'),
    }
    const open = (): AsyncAuthStore =>
      new AsyncAuthStore({ ...options, initial: items.get('auth') })
    const store = open()
    const token = authToken()
    store.save(token, user)
    await store.flush()
    const next = open()
    await next.ready
    expect(next.isValid).toBe(true)
    expect(next.record).toEqual(user)
    next.clear()
    await next.flush()
    expect(items.size).toBe(0)
  })

  test('that fail are reported, later ones happen, and memory keeps the sign-in', async () => {
    const onError = vi.fn<(error: unknown) => void>()
    const { options, asked, finish } = storage()
    const store = new AsyncAuthStore({ ...options, onError })
    store.save('t1', user)
    store.save('t2', other)
    await settle()
    const reason = new Error('no room')
    finish(reason)
    await settle()
    expect(onError.mock.calls).toEqual([[reason]])
    expect(asked).toHaveLength(2)
    expect(store.token).toBe('t2')
    finish()
    await store.flush()
    expect(onError).toHaveBeenCalledTimes(1)
  })

  test('that throw at once are reported too', async () => {
    const onError = vi.fn<(error: unknown) => void>()
    const reason = new Error('no storage')
    const fail = (): never => {
      throw reason
    }
    const store = new AsyncAuthStore({ save: fail, clear: fail, onError })
    expect(() => store.save('t1', user)).not.toThrow()
    expect(() => store.clear()).not.toThrow()
    await store.flush()
    expect(onError.mock.calls).toEqual([[reason], [reason]])
  })

  test('that fail are reported on the console where nobody else listens, without the state', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const { options, finish } = storage()
    const store = new AsyncAuthStore(options)
    store.save('secret-token', user)
    await settle()
    const reason = new Error('no room')
    finish(reason)
    await store.flush()
    expect(warn).toHaveBeenCalledTimes(1)
    expect(warn.mock.calls[0]).toContain(reason)
    expect(String(warn.mock.calls[0])).toMatch('AsyncAuthStore')
    expect(String(warn.mock.calls[0])).not.toMatch('secret-token')
  })
})

describe('flush', () => {
  test('waits for what is being written, and for the initial state', async () => {
    const { promise, resolve } = deferred<string>()
    const { options, finish } = storage()
    const store = new AsyncAuthStore({ ...options, initial: promise })
    store.save('t1', user)
    let isFlushed = false
    const flushed = store.flush().then(() => {
      isFlushed = true
    })
    await settle()
    finish()
    await settle()
    expect(isFlushed).toBe(false)
    resolve('')
    await flushed
  })

  test('waits for the last of several writes', async () => {
    const { options, finish } = storage()
    const store = new AsyncAuthStore(options)
    store.save('t1', user)
    store.clear()
    let isFlushed = false
    const flushed = store.flush().then(() => {
      isFlushed = true
    })
    await settle()
    finish()
    await settle()
    expect(isFlushed).toBe(false)
    finish()
    await flushed
  })

  test('resolves when nothing has been written', async () => {
    await expect(new AsyncAuthStore(noStorage).flush()).resolves.toBeUndefined()
  })
})
