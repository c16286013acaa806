import { setTimeout as sleep } from 'node:timers/promises'

import { beforeAll, describe, expect, test, vi } from 'vitest'

import {
  AuthError,
  getTokenPayload,
  MemoryAuthStore,
  NetworkError,
  PocketBase,
} from '../../src/index.ts'
import type { PocketBaseOptions, RecordModel } from '../../src/index.ts'
import { proxyTo } from '../support/proxy.ts'
import { describeServers } from '../support/server.ts'
import { anotherSecond } from '../support/token.ts'
import { eventually } from '../support/wait.ts'

describeServers('the session of whoever is signed in', (pb) => {
  const password = '1234567890'

  beforeAll(async () => {
    await pb.admin.collections.create({
      name: 'notes',
      type: 'base',
      // Guests are answered too: without any row.
      listRule: '@request.auth.id != ""',
      createRule: '@request.auth.id != ""',
      fields: [{ name: 'text', type: 'text' }],
    })
    await pb.admin.collection('notes').create({ text: 'private' })
    // Another auth collection than the one that every server has; its tokens last as short as servers allow.
    const short = { authToken: { duration: 10 } }
    await pb.admin.collections.create({ name: 'members', type: 'auth', ...short })
  })

  let count = 0
  /** A client that someone has signed in with, and what went over the wire since then. */
  async function signedIn(
    collection: string,
    options: PocketBaseOptions = {},
    url = pb.url,
  ): Promise<{ client: PocketBase; sent: string[]; record: RecordModel }> {
    const email = `member${++count}@example.com`
    const body = { email, password, passwordConfirm: password }
    await pb.admin.collection(collection).create(body)
    const authStore = new MemoryAuthStore()
    const client = new PocketBase(url, { authStore, autoCancellation: false, ...options })
    const sent: string[] = []
    client.use((request, next) => {
      sent.push(`${request.init.method} ${new URL(request.url).pathname}`)
      return next(request)
    })
    const { record } = await client.collection(collection).authWithPassword(email, password)
    sent.length = 0
    return { client, sent, record }
  }

  /** The same session in a client that found it in a storage: how old its token is cannot be told. */
  function stored(client: PocketBase, options: PocketBaseOptions = {}): [PocketBase, string[]] {
    const { token, record } = client.authStore
    const authStore = new MemoryAuthStore()
    authStore.save(token, record)
    const other = new PocketBase(client.baseURL, { autoCancellation: false, ...options, authStore })
    const sent: string[] = []
    other.use((request, next) => {
      sent.push(`${request.init.method} ${new URL(request.url).pathname}`)
      return next(request)
    })
    return [other, sent]
  }

  /** Waits until a token has ended: the server's clock is this machine's. */
  async function ended(token: string): Promise<void> {
    await sleep(endOf(token) - Date.now() + 100)
  }

  const refreshes = (sent: string[]): number =>
    sent.filter((request) => request.endsWith('/auth-refresh')).length

  const notes = (client: PocketBase, options?: object): Promise<unknown[]> =>
    client.collection('notes').getFullList(options)

  /** Ends all tokens of a record. */
  async function revoke({ collectionName, id }: RecordModel): Promise<void> {
    const other = `${password}0`
    const body = { password: other, passwordConfirm: other }
    await pb.admin.collection(collectionName).update(id, body)
  }

  test.for(['users', 'members'])(
    'of %s: near the end of the token 64 calls send one refresh, and all succeed with the new one',
    async (collection) => {
      const { client: first } = await signedIn(collection)
      const before = getTokenPayload(first.authStore.token)
      await anotherSecond()
      const [client, sent] = stored(first, { autoRefreshThreshold: 10_000_000 })
      const told: string[] = []
      client.authStore.onChange((token) => told.push(token))
      const sentTokens: unknown[] = []
      client.use((request, next) => {
        if (request.url.includes('/records')) sentTokens.push(request.init.headers['Authorization'])
        return next(request)
      })
      const answers = await Promise.all(Array.from({ length: 64 }, () => notes(client)))
      expect(answers.every((rows) => rows.length === 1)).toBe(true)
      expect(sent).toHaveLength(65)
      expect(refreshes(sent)).toBe(1)
      expect(told).toHaveLength(1)
      expect(sentTokens).toEqual(Array.from({ length: 64 }, () => client.authStore.token))
      const after = getTokenPayload(client.authStore.token)
      expect(after['exp']).toBeGreaterThan(before['exp'])
      expect(client.authStore.record).toMatchObject({ collectionName: collection })
    },
  )

  test('of a superuser is kept up too', async () => {
    const [young, sentByYoung] = stored(pb.admin)
    await young.settings.getAll()
    expect(refreshes(sentByYoung)).toBe(0)
    const [client, sent] = stored(pb.admin, { autoRefreshThreshold: 4 * 86_400 })
    await client.settings.getAll()
    expect(sent).toEqual([expect.stringMatching(/^POST .*\/auth-refresh$/), 'GET /api/settings'])
  })

  // They wait for tokens to end: all at once.
  describe.concurrent('whose token comes to its end', { timeout: 60_000 }, () => {
    test('lasts beyond its token while it is used, and ends with it while it is not', async () => {
      const [used, unused] = [await signedIn('members'), await signedIn('members')]
      const told: unknown[] = []
      unused.client.authStore.onExpired((record) => told.push(record?.id))
      const endsAt = endOf(unused.client.authStore.token)
      while (Date.now() < endsAt + 1000) {
        expect(await notes(used.client)).toHaveLength(1)
        await sleep(500)
      }
      // A new token is used for most of its life.
      expect([1, 2]).toContain(refreshes(used.sent))
      expect(used.client.authStore.isValid).toBe(true)

      const { client } = unused
      expect(client.authStore.isValid).toBe(false)
      const calls = [notes(client, { requireAuth: true }), notes(client), notes(client)]
      const [demanding, ...others] = await Promise.allSettled(calls)
      expect(demanding).toMatchObject({ reason: expect.any(AuthError) })
      expect(demanding).toMatchObject({ reason: { status: 401, message: 'Nobody is signed in.' } })
      expect(others).toMatchObject([{ value: [] }, { value: [] }])
      expect(refreshes(unused.sent)).toBe(1)
      expect(told).toEqual([unused.record.id])
      expect(client.authStore.record).toBeNull()
    })

    test('is begun again with the password, where that is kept', async () => {
      const { client: first, record } = await signedIn('members')
      const sent: string[] = []
      const client = new PocketBase(pb.url, { authStore: new MemoryAuthStore() })
      client.use((request, next) => {
        sent.push(new URL(request.url).pathname.replace(/.*\//, ''))
        return next(request)
      })
      await client
        .collection('members')
        .authWithPassword(record['email'], password, { autoRefreshThreshold: 60 })
      const expired: unknown[] = []
      client.authStore.onExpired((gone) => expired.push(gone))
      const { token } = client.authStore
      await ended(token)
      expect(await notes(client)).toHaveLength(1)
      expect(sent).toEqual(['auth-with-password', 'auth-refresh', 'auth-with-password', 'records'])
      expect(client.authStore.token).not.toBe(token)

      await revoke(record)
      await ended(client.authStore.token)
      expect(await notes(client)).toEqual([])
      expect(sent.slice(4)).toEqual(['auth-refresh', 'auth-with-password', 'records'])
      expect(expired).toMatchObject([{ id: record.id }])
      first.authStore.clear()
    })

    test('of an impersonated record is not refreshed: servers do not', async () => {
      const { record } = await signedIn('users')
      const { collectionId, id } = record
      const answer = await pb.admin.send(`/api/collections/${collectionId}/impersonate/${id}`, {
        method: 'POST',
        body: { duration: 5 },
      })
      const { client, sent } = await signedIn('users')
      client.authStore.save(answer.token, answer.record)
      expect(await notes(client)).toHaveLength(1)
      expect(refreshes(sent)).toBe(0)
      // Once it has ended, the server has the last word.
      await ended(answer.token)
      await expect(notes(client, { requireAuth: true })).rejects.toMatchObject({ status: 401 })
      expect(client.authStore.token).toBe('')
    })

    test('that has ended, and cannot be refreshed, makes nobody a guest', async () => {
      await using proxy = await proxyTo(pb.url)
      const { client } = await signedIn('members', {}, proxy.url)
      await ended(client.authStore.token)
      proxy.choose((request) => (request.includes('auth-refresh') ? { arrives: false } : undefined))
      for (let n = 0; n < 2; n++) {
        await expect(notes(client)).rejects.toMatchObject({ kind: 'network' })
        await expect(notes(client, { requireAuth: true })).rejects.toMatchObject({
          kind: 'network',
        })
      }
      expect(client.authStore.token).not.toBe('')
    })
  })

  test('is signed out once when the server refuses to refresh its token', async () => {
    const { client: first, record } = await signedIn('users')
    await revoke(record)
    const [client, sent] = stored(first, { autoRefreshThreshold: 10_000_000 })
    const changes: string[] = []
    const expired: unknown[] = []
    client.authStore.onChange((token) => changes.push(token))
    client.authStore.onExpired((gone) => expired.push([gone?.id, client.authStore.token]))
    const answers = await Promise.all(Array.from({ length: 64 }, () => notes(client)))
    expect(answers.flat()).toEqual([])
    expect(refreshes(sent)).toBe(1)
    expect(changes).toEqual([''])
    expect(expired).toEqual([[record.id, '']])
    await expect(notes(client, { requireAuth: true })).rejects.toThrow('Nobody is signed in')
  })

  test('survives being offline, and is refreshed when the server is back', async () => {
    await using proxy = await proxyTo(pb.url)
    const { client: first } = await signedIn('users', {}, proxy.url)
    await anotherSecond()
    proxy.choose(() => ({ arrives: false }))
    const [client, sent] = stored(first, { autoRefreshThreshold: 10_000_000 })
    const expired: unknown[] = []
    client.authStore.onExpired((record) => expired.push(record))
    const calls = Array.from({ length: 8 }, () => notes(client))
    for (const result of await Promise.allSettled(calls)) {
      expect(result).toMatchObject({ reason: { kind: 'network' } })
    }
    expect(client.authStore.token).toBe(first.authStore.token)
    expect(expired).toEqual([])
    // Not asked again by each call.
    expect(refreshes(sent)).toBe(1)
    proxy.choose(undefined)
    const isBack = async (): Promise<void> => {
      expect(await notes(client)).toHaveLength(1)
      expect(client.authStore.token).not.toBe(first.authStore.token)
    }
    await vi.waitFor(isBack, { timeout: 20_000, interval: 500 })
  })

  test('survives what a proxy answers to the refresh', async () => {
    const { client: first } = await signedIn('users')
    const [client] = stored(first, { autoRefreshThreshold: 10_000_000 })
    client.use(async (request, next) => {
      if (!request.url.endsWith('/auth-refresh')) return next(request)
      return new Response('<h1>Sign in to the hotel</h1>', { status: 401 })
    })
    expect(await notes(client)).toHaveLength(1)
    expect(client.authStore.token).toBe(first.authStore.token)
  })

  test('can be left alone', async () => {
    const { client: first } = await signedIn('users')
    const [client, sent] = stored(first, { autoRefreshThreshold: 0 })
    await notes(client)
    expect(sent).toEqual(['GET /api/collections/notes/records'])
  })

  test('of another token that a call brings along is none of its business', async () => {
    const { client: first } = await signedIn('users')
    const [client, sent] = stored(first, { autoRefreshThreshold: 10_000_000 })
    await notes(client, { headers: { Authorization: pb.admin.authStore.token } })
    client.authStore.clear()
    await expect(
      notes(client, { headers: { authorization: pb.admin.authStore.token }, requireAuth: true }),
    ).resolves.toHaveLength(1)
    expect(refreshes(sent)).toBe(0)
  })

  test('keeps what the record was expanded by', async () => {
    const users = await pb.admin.collections.getOne('users')
    const relation = { type: 'relation', collectionId: users.id, maxSelect: 1 }
    await pb.admin.collections.create({
      name: 'staff',
      type: 'auth',
      viewRule: '',
      fields: [{ name: 'user', ...relation }],
    })
    await pb.admin.collections.update('users', {
      viewRule: '',
      fields: [...users.fields, { name: 'friends', ...relation, maxSelect: 9 }],
    })
    const friend = await signedIn('users')
    const user = await signedIn('users')
    await pb.admin.collection('users').update(user.record.id, { friends: [friend.record.id] })
    const { client: first, record } = await signedIn('staff')
    await pb.admin.collection('staff').update(record.id, { user: user.record.id })
    await first.collection('staff').authRefresh({ expand: 'user.friends' })
    const [client, sent] = stored(first, { autoRefreshThreshold: 10_000_000 })
    client.authStore.save(first.authStore.token, first.authStore.record)
    await notes(client)
    expect(refreshes(sent)).toBe(1)
    expect(client.authStore.record).toMatchObject({
      expand: { user: { id: user.record.id, expand: { friends: [{ id: friend.record.id }] } } },
    })
  })

  describe('a call whose token was refused with 401', () => {
    /** Breaks the token of the next request for a new file token. */
    function breakToken(client: PocketBase, times: number, meanwhile = (): void => {}): void {
      let left = times
      client.use((request, next) => {
        const { init, url } = request
        if (!url.endsWith('/files/token') || left-- <= 0) return next(request)
        meanwhile()
        return next({
          url,
          init: { ...init, headers: { ...init.headers, Authorization: 'broken' } },
        })
      })
    }

    test('is sent again, once, when the session is good', async () => {
      const { client, sent } = await signedIn('users')
      breakToken(client, 1)
      expect(await client.files.getToken()).not.toBe('')
      expect(sent.map((line) => line.replace(/.*\//, ''))).toEqual([
        'token',
        'auth-refresh',
        'token',
      ])

      const again = await signedIn('users')
      breakToken(again.client, 2)
      await expect(again.client.files.getToken()).rejects.toThrow(AuthError)
      expect(again.sent).toHaveLength(3)
      expect(again.client.authStore.isValid).toBe(true)
    })

    test('is sent again with the token that came meanwhile', async () => {
      const { client, sent } = await signedIn('users')
      const { token, record } = client.authStore
      await anotherSecond()
      const newer = (await stored(client)[0].collection('users').authRefresh()).token
      expect(newer).not.toBe(token)
      breakToken(client, 1, () => client.authStore.save(newer, record))
      expect(await client.files.getToken()).not.toBe('')
      expect(refreshes(sent)).toBe(0)
    })

    test('fails with that, and ends the session, when the server refuses to refresh the token', async () => {
      const { client, record } = await signedIn('users')
      const expired: unknown[] = []
      client.authStore.onExpired((gone) => expired.push(gone?.id))
      await revoke(record)
      await expect(client.files.getToken()).rejects.toMatchObject({ status: 401, isAbort: false })
      expect(expired).toEqual([record.id])
      expect(client.authStore.token).toBe('')
    })

    test('fails with that for a guest', async () => {
      const client = pb.guest()
      await expect(client.files.getToken()).rejects.toThrow(AuthError)
    })
  })

  describe('while its token is being refreshed', () => {
    /** Refreshes that wait until they are let go. */
    function slowly(client: PocketBase): { isAsked: Promise<void>; letGo: () => void } {
      let letGo = (): void => {}
      let asked = (): void => {}
      const isFree = new Promise<void>((resolve) => {
        letGo = resolve
      })
      const isAsked = new Promise<void>((resolve) => {
        asked = resolve
      })
      client.use(async (request, next) => {
        if (!request.url.endsWith('/auth-refresh')) return next(request)
        asked()
        await isFree
        return next(request)
      })
      return { isAsked, letGo: () => letGo() }
    }

    const others: [string, (client: PocketBase, other: PocketBase) => void][] = [
      ['signs out', (client) => client.authStore.clear()],
      [
        'is another',
        (client, { authStore }) => client.authStore.save(authStore.token, authStore.record),
      ],
      [
        'gets another store',
        (client, other) => {
          client.authStore = other.authStore
        },
      ],
    ]
    test.each(others)(
      'and who is signed in %s, nothing is sent in the other name, and nobody is signed in again',
      async (_, change) => {
        const [{ client: first }, { client: other }] = [
          await signedIn('users'),
          await signedIn('users'),
        ]
        const [client, sent] = stored(first, { autoRefreshThreshold: 10_000_000 })
        const { isAsked, letGo } = slowly(client)
        const calls = [
          client.collection('notes').create({ text: 'stray' }),
          notes(client),
          client.collection('notes').deleteWhere('text = "private"'),
        ]
        const results = Promise.allSettled(calls)
        await isAsked
        change(client, other)
        const { token } = client.authStore
        letGo()
        for (const result of await results) {
          expect(result).toMatchObject({ reason: { isAbort: true } })
        }
        expect(sent.filter((request) => /^(POST|DELETE) .*records/.test(request))).toEqual([])
        expect(client.authStore.token).toBe(token)
        expect(await notes(pb.admin)).toHaveLength(1)
      },
    )

    test('a call waits for it no longer than its timeout', async () => {
      const { client: first } = await signedIn('users')
      const [client] = stored(first, { autoRefreshThreshold: 10_000_000 })
      const { letGo } = slowly(client)
      await expect(notes(client, { timeout: 50 })).rejects.toMatchObject({ kind: 'timeout' })
      letGo()
    })
  })

  test.each([-7200, 7200])('survives a clock that is wrong by %i seconds', async (seconds) => {
    const now = Date.now.bind(Date)
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() + seconds * 1000)
    try {
      const { client, sent } = await signedIn('members')
      const endsAt = endOf(client.authStore.token)
      while (now() < endsAt + 1000) {
        expect(await notes(client, { requireAuth: true })).toHaveLength(1)
        await sleep(500)
      }
      expect([1, 2]).toContain(refreshes(sent))
    } finally {
      clock.mockRestore()
    }
  })

  test('whose token goes by a header in lower case is the same, and sends it once', async () => {
    const { client } = await signedIn('users')
    const { token } = client.authStore
    expect(await notes(client, { headers: { authorization: token } })).toHaveLength(1)
  })

  test('is ended for all listeners, also when one of them throws', async () => {
    const { client: first, record } = await signedIn('users')
    await revoke(record)
    const [client] = stored(first, { autoRefreshThreshold: 10_000_000 })
    const told: unknown[] = []
    const warn = vi.spyOn(console, 'warn').mockReturnValue()
    try {
      client.authStore.onChange(() => {
        throw new Error('a listener of the application')
      })
      client.authStore.onChange((token) => told.push(token))
      client.authStore.onExpired((gone) => told.push(gone?.id))
      expect(await notes(client)).toEqual([])
      expect(warn).toHaveBeenCalledOnce()
    } finally {
      warn.mockRestore()
    }
    expect(told).toEqual(['', record.id])
  })

  test('is demanded of what is no sign-in, whatever its path looks like', async () => {
    const client = pb.guest()
    for (const path of ['/api/shop/confirm-order', '/api/auth-data', '/api/files/request-otp']) {
      await expect(client.send(path, { requireAuth: true })).rejects.toThrow('Nobody is signed in')
    }
    const strict = new PocketBase(pb.url, { authStore: new MemoryAuthStore(), requireAuth: true })
    await expect(strict.collection('users').listAuthMethods()).resolves.toBeDefined()
    await expect(strict.collection('notes').getList()).rejects.toThrow('Nobody is signed in')
  })

  describe('after a sign-out', () => {
    /** Holds back all answers until it is called. */
    function hold(client: PocketBase): () => void {
      let release = (): void => {}
      const released = new Promise<void>((resolve) => {
        release = resolve
      })
      client.use(async (request, next) => {
        const response = await next(request)
        await released
        return response
      })
      return () => release()
    }

    const changes: [string, (client: PocketBase, other: PocketBase) => void][] = [
      ['nobody', (client) => client.authStore.clear()],
      [
        'another',
        (client, { authStore }) => client.authStore.save(authStore.token, authStore.record),
      ],
    ]
    test.each(changes)(
      'and with %s signed in, pending reads end; writes do not',
      async (_, change) => {
        const [{ client, sent }, { client: other }] = [
          await signedIn('users'),
          await signedIn('users'),
        ]
        const release = hold(client)
        const read = notes(client)
        const refresh = client.collection('users').authRefresh()
        const write = client.collection('notes').create({ text: 'kept' })
        await eventually(() => expect(sent).toHaveLength(3))
        change(client, other)
        const { record } = client.authStore
        const error = { isAbort: true, message: 'Who is signed in has changed.' }
        await expect(read).rejects.toMatchObject(error)
        await expect(refresh).rejects.toMatchObject(error)
        release()
        expect(await write).toMatchObject({ text: 'kept' })
        await pb.admin.collection('notes').delete((await write).id)
        expect(client.authStore.record).toBe(record)
      },
    )

    test('a call is not sent again in the name of the next', async () => {
      const [{ client, sent }, { client: other }] = [
        await signedIn('users'),
        await signedIn('users'),
      ]
      client.use((request, next) => {
        if (sent.length > 1) return next(request)
        client.authStore.save(other.authStore.token, other.authStore.record)
        throw new NetworkError({ message: 'The network is down.' })
      })
      const call = client.collection('notes').create({ text: 'mine' }, { retry: 2 })
      await expect(call).rejects.toMatchObject({ isAbort: true })
      expect(sent).toHaveLength(1)
    })

    test('reads that a guest began go on', async () => {
      const client = pb.guest()
      const release = hold(client)
      const read = client.collection('notes').getFullList()
      client.authStore.save(pb.admin.authStore.token, pb.admin.authStore.record)
      release()
      expect(await read).toEqual([])
    })
  })
})

/** When a token ends, in milliseconds. */
function endOf(token: string): number {
  return getTokenPayload(token)['exp'] * 1000
}
