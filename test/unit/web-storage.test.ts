import * as official from 'pocketbase'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { LocalAuthStore } from '../../src/index.ts'
import type { AuthRecord } from '../../src/index.ts'
import { json, observed } from '../support/observed.ts'
import { authToken } from '../support/token.ts'

const user = { id: 'u1', collectionId: 'c1', collectionName: 'users', name: 'Zoë' }
const other = { id: 'u2', collectionId: 'c1', collectionName: 'users', name: 'Max' }

type Listener = (event: { key: string | null }) => void

/**
 * The `localStorage` of some tabs. Browsers tell every tab but the one that made a change, and that one may be reading at that very
 * moment: listeners are called at once, the worst order there is.
 */
class Storage {
  readonly items = new Map<string, string>()
  /** Listeners, and the tabs they belong to. */
  readonly listeners = new Map<Listener, object | undefined>()
  /** The tab whose code is running. */
  tab: object | undefined
  quota = Infinity

  readonly getItem = (key: string): string | null => this.items.get(key) ?? null

  readonly setItem = (key: string, text: string): void => {
    if (text.length > this.quota) {
      throw new DOMException('The quota has been exceeded.', 'QuotaExceededError')
    }
    this.items.set(key, text)
    this.tell(key)
  }

  readonly removeItem = (key: string): void => {
    this.items.delete(key)
    this.tell(key)
  }

  clear(): void {
    this.items.clear()
    this.tell(null)
  }

  tell(key: string | null): void {
    for (const [listener, tab] of this.listeners) {
      if (!tab || tab !== this.tab) listener({ key })
    }
  }

  in<T>(tab: object, work: () => T): T {
    this.tab = tab
    try {
      return work()
    } finally {
      this.tab = undefined
    }
  }
}

let storage: Storage

beforeEach(() => {
  storage = new Storage()
  vi.stubGlobal('localStorage', storage)
  const listen = (type: string, listener: Listener): void => {
    if (type === 'storage') storage.listeners.set(listener, storage.tab)
  }
  vi.stubGlobal('addEventListener', listen)
  // Where the official client looks for both.
  vi.stubGlobal('window', { localStorage: storage, addEventListener: listen })
})

afterEach(() => {
  vi.unstubAllGlobals()
})

/** A store in a tab of its own. */
class TabStore extends LocalAuthStore {
  readonly tab: object

  constructor(tab: object, key?: string) {
    super(key)
    this.tab = tab
  }

  override save(token: string, record?: AuthRecord): void {
    storage.in(this.tab, () => super.save(token, record))
  }

  override clear(): void {
    storage.in(this.tab, () => super.clear())
  }
}

/** Opens a tab: a store, and what its listener was told. */
function openTab(key?: string): { store: LocalAuthStore; told: [string, AuthRecord][] } {
  const tab = {}
  const store = storage.in(tab, () => new TabStore(tab, key))
  const told: [string, AuthRecord][] = []
  store.onChange((...state) => told.push(state))
  return { store, told }
}

describe('a sign-in', () => {
  test('is there when the page is opened again', () => {
    const { store } = openTab()
    expect(store.token).toBe('')
    expect(store.record).toBeNull()
    const token = authToken()
    store.save(token, user)
    const next = openTab()
    expect(next.store.token).toBe(token)
    expect(next.store.record).toEqual(user)
    expect(next.store.isValid).toBe(true)
    next.store.clear()
    expect(storage.items.size).toBe(0)
    expect(openTab().store.token).toBe('')
  })

  test('is kept under the key that is given, beside other identities', () => {
    const [first, second] = [openTab('one'), openTab('two')]
    first.store.save('t1', user)
    second.store.save('t2', other)
    expect([...storage.items.keys()]).toEqual(['one', 'two'])
    expect(openTab('one').store.token).toBe('t1')
    expect(openTab('two').store.record).toEqual(other)
    expect(openTab().store.token).toBe('')
    expect(first.told).toEqual([['t1', user]])
  })

  test('is the same object until it changes', () => {
    const { store } = openTab()
    store.save('t1', user)
    expect(store.record).toBe(user)

    const next = openTab().store
    const { record } = next
    expect(next.record).toBe(record)
    expect(next.model).toBe(record)
    next.onChange(() => {})
    expect(next.record).toBe(record)
    store.save('t2', other)
    expect(next.record).not.toBe(record)
    expect(next.record).toBe(next.record)
  })
})

describe('another tab', () => {
  test('is followed: its sign-in, its refresh and its sign-out, each told once', () => {
    const [one, two] = [openTab(), openTab()]
    one.store.save('t1', user)
    one.store.save('t2', other)
    one.store.clear()
    const changes = [
      ['t1', user],
      ['t2', other],
      ['', null],
    ]
    expect(one.told).toEqual(changes)
    expect(two.told).toEqual(changes)
  })

  test('never shows the one before a refresh as signed out', () => {
    const [one, two] = [openTab(), openTab()]
    one.store.save('t1', user)
    two.told.length = 0
    one.store.save('t2', user)
    expect(two.told).toEqual([['t2', user]])
  })

  test('is followed by reading, before its event has come', () => {
    const [one, two] = [openTab(), openTab()]
    storage.listeners.clear()
    one.store.save('t1', user)
    expect(two.store.token).toBe('t1')
    expect(two.store.record).toEqual(user)
    one.store.clear()
    expect(two.store.record).toBeNull()
    expect(two.store.isValid).toBe(false)
  })

  test('is told once where it was read before its event came', () => {
    const [one, two] = [openTab(), openTab()]
    const listeners = [...storage.listeners.keys()]
    storage.listeners.clear()
    one.store.save('t1', user)
    for (const listener of listeners) listener({ key: 'pocketbase_auth' })
    expect(two.told).toEqual([['t1', user]])
  })

  test('gives its token to the next request of this one', async () => {
    const { client, requests } = observed(() => json({}), { authStore: new LocalAuthStore() })
    await client.send('/api/x', {})
    openTab().store.save('t1', user)
    await client.send('/api/x', {})
    openTab().store.clear()
    await client.send('/api/x', {})
    expect(requests.map(({ init }) => init.headers['Authorization'])).toEqual([
      undefined,
      't1',
      undefined,
    ])
  })

  test('may clear the whole storage', () => {
    const [one, two] = [openTab(), openTab()]
    one.store.save('t1', user)
    storage.clear()
    expect(two.store.token).toBe('')
    expect(two.told.at(-1)).toEqual(['', null])
    expect(one.store.token).toBe('')
  })

  test('that changes something else is not told', () => {
    const { store, told } = openTab()
    store.save('t1', user)
    told.length = 0
    const { record } = store
    storage.setItem('other', 'x')
    storage.tell(null)
    expect(told).toEqual([])
    expect(store.record).toBe(record)
  })

  test.each([
    '',
    '{',
    'null',
    '5',
    '"x"',
    '[]',
    '{"token":5,"record":6}',
    '{"token":{},"record":[]}',
  ])('that stores %j signs out and throws nothing', (text) => {
    const { store } = openTab()
    store.save('t1', user)
    storage.setItem('pocketbase_auth', text)
    expect(store.token).toBe('')
    expect(store.record).toBeNull()
    expect(store.isValid).toBe(false)
  })
})

describe('the official client', () => {
  test('finds what was stored here under the same key', () => {
    openTab().store.save('t1', user)
    const theirs = new official.LocalAuthStore()
    expect(theirs.token).toBe('t1')
    expect(theirs.record).toEqual(user)
  })

  test('leaves what is found here, and both follow each other', () => {
    const theirs = new official.LocalAuthStore()
    theirs.save('t1', user)
    const { store, told } = openTab()
    expect(store.token).toBe('t1')
    expect(store.record).toEqual(user)

    theirs.save('t2', other)
    expect(told).toEqual([['t2', other]])
    store.save('t3', user)
    expect(theirs.token).toBe('t3')
    theirs.clear()
    expect(store.token).toBe('')
    expect(told.at(-1)).toEqual(['', null])
  })

  test('left the record under its older name', () => {
    storage.setItem('pocketbase_auth', JSON.stringify({ token: 't1', model: user }))
    expect(openTab().store.record).toEqual(user)
  })
})

describe('blocked storage', () => {
  /** Both ways that browsers know, and both that others do. */
  const blocks: [how: string, block: () => void][] = [
    ['is not there', () => vi.stubGlobal('localStorage', undefined)],
    ['is null', () => vi.stubGlobal('localStorage', null)],
    [
      'throws when it is touched',
      () =>
        Object.defineProperty(globalThis, 'localStorage', {
          configurable: true,
          get() {
            throw new DOMException('Access is denied for this document.', 'SecurityError')
          },
        }),
    ],
    [
      'throws when it is used',
      () => {
        const refuse = (): never => {
          throw new DOMException('The operation is insecure.', 'SecurityError')
        }
        vi.stubGlobal('localStorage', { getItem: refuse, setItem: refuse, removeItem: refuse })
      },
    ],
  ]

  test.each(blocks)('that %s keeps the sign-in in memory and throws nothing', async (_, block) => {
    block()
    const { store, told } = openTab()
    expect(store.token).toBe('')
    store.save('t1', user)
    expect(store.token).toBe('t1')
    expect(store.record).toBe(user)
    expect(openTab().store.token).toBe('')

    const { client, requests } = observed(() => json({}), { authStore: store })
    await client.send('/api/x', {})
    expect(requests[0]?.init.headers['Authorization']).toBe('t1')
    for (const listener of storage.listeners.keys()) listener({ key: null })
    expect(store.token).toBe('t1')
    store.clear()
    expect(store.token).toBe('')
    expect(told).toEqual([
      ['t1', user],
      ['', null],
    ])
  })

  test('from some moment on keeps what was there', () => {
    const { store, told } = openTab()
    store.save('t1', user)
    vi.stubGlobal('localStorage', undefined)
    expect(store.token).toBe('t1')
    store.save('t2', other)
    expect(store.token).toBe('t2')
    expect(told).toHaveLength(2)
  })

  test('that is full keeps a sign-in in memory, and no older one anywhere', () => {
    const [one, two] = [openTab(), openTab()]
    one.store.save('t1', user)
    storage.quota = 10
    one.store.save('t2', other)
    expect(one.store.token).toBe('t2')
    expect(one.store.record).toBe(other)
    expect(one.told.at(-1)).toEqual(['t2', other])
    expect(openTab().store.token).toBe('')
    expect(two.store.token).toBe('')
  })

  test('that has room again is used again', () => {
    const { store } = openTab()
    storage.quota = 10
    store.save('t1', user)
    storage.quota = Infinity
    store.save('t2', user)
    expect(openTab().store.token).toBe('t2')
    store.clear()
    expect(storage.items.size).toBe(0)
  })

  test('that has no room even to sign out is signed out here', () => {
    const { store } = openTab()
    store.save('t1', user)
    vi.stubGlobal('localStorage', {
      getItem: storage.getItem,
      setItem: storage.setItem,
      removeItem() {
        throw new DOMException('The operation is insecure.', 'SecurityError')
      },
    })
    store.clear()
    expect(store.token).toBe('')
    expect(store.record).toBeNull()
  })

  test('is no matter where there are no events either', () => {
    vi.stubGlobal('addEventListener', undefined)
    const { store } = openTab()
    store.save('t1', user)
    expect(store.token).toBe('t1')
  })
})
