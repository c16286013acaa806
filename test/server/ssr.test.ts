import { beforeAll, describe, expect, test } from 'vitest'

import { MemoryAuthStore, NetworkError, PocketBase } from '../../src/index.ts'
import type { RecordModel } from '../../src/index.ts'
import { CookieAuthStore, serverClient, verifyAuth } from '../../src/ssr/index.ts'
import type { ServerClient, ServerClientOptions } from '../../src/ssr/index.ts'
import { refusingUrl } from '../support/faulty.ts'
import { describeServers } from '../support/server.ts'
import { anotherSecond } from '../support/token.ts'

describeServers('the clients of a server', (pb) => {
  const password = '1234567890'

  beforeAll(async () => {
    const short = { authToken: { duration: 600 } }
    await pb.admin.collections.create({ name: 'members', type: 'auth', listRule: '', ...short })
    const users = await pb.admin.collections.getOne('users')
    const fields = [...users.fields, { name: 'bio', type: 'text', max: 20_000 }]
    await pb.admin.collections.update('users', { fields })
  })

  let count = 0
  /** The `Cookie` header of a browser that somebody has signed in with. */
  async function signedIn(
    collection = 'users',
    values: object = {},
  ): Promise<{ cookie: string; record: RecordModel; token: string }> {
    const email = `reader${++count}@example.com`
    const body = { email, password, passwordConfirm: password, ...values }
    await pb.admin.collection(collection).create(body)
    const client = serverClient(pb.url, '')
    const { record, token } = await client.collection(collection).authWithPassword(email, password)
    const cookies = client.authStore.setCookieHeaders()
    return { cookie: cookies.map((each) => each.split(';')[0]).join('; '), record, token }
  }

  /** A client as the next request makes it, and what went over the wire. */
  function next(
    cookie: string,
    options?: ServerClientOptions,
  ): { client: ServerClient; sent: string[] } {
    const client = serverClient(pb.url, cookie, options)
    const sent: string[] = []
    client.use((request, send) => {
      sent.push(`${request.init.method} ${new URL(request.url).pathname}`)
      return send(request)
    })
    return { client, sent }
  }

  /** Ends all tokens of a record. */
  async function revoke({ collectionName, id }: RecordModel): Promise<void> {
    const other = `${password}0`
    const body = { password: other, passwordConfirm: other }
    await pb.admin.collection(collectionName).update(id, body)
  }

  test('know by its cookies whom a request is from, a record of 9 kB included', async () => {
    const { cookie, record } = await signedIn('users', { bio: 'x'.repeat(9_000) })
    const { client, sent } = next(cookie)
    expect(client.authStore.record).toEqual(record)
    expect(client.authStore.record?.['bio']).toHaveLength(9_000)
    const own = await client.collection('users').getOne(record.id)
    expect(own['bio']).toHaveLength(9_000)
    expect(sent).toEqual([`GET /api/collections/users/records/${record.id}`])
    expect(client.authStore.setCookieHeaders()).toEqual([])
  })

  test('refresh a token that ends soon with the first call, and set its cookie', async () => {
    const { cookie, record, token } = await signedIn('members')
    await anotherSecond()
    const { client, sent } = next(cookie)
    await client.collection('members').getFullList()
    expect(sent[0]).toBe(`POST /api/collections/${record.collectionId}/auth-refresh`)
    expect(client.authStore.token).not.toBe(token)
    const [header] = client.authStore.setCookieHeaders()
    const after = new CookieAuthStore(header!.split(';')[0])
    expect(after.record?.id).toBe(record.id)
    expect(after.token).toBe(client.authStore.token)
  })

  test('refresh no token that lasts longer than they are told', async () => {
    const { cookie } = await signedIn('members')
    const { client, sent } = next(cookie, { autoRefreshThreshold: 60 })
    await client.collection('members').getFullList()
    expect(sent).toHaveLength(1)
    expect(client.authStore.setCookieHeaders()).toEqual([])
  })

  describe('verifyAuth', () => {
    test('answers the record as it is now and keeps the token', async () => {
      const { cookie, record, token } = await signedIn()
      const { client, sent } = next(cookie)
      expect(await verifyAuth(client)).toEqual(record)
      expect(client.authStore.setCookieHeaders()).toEqual([])
      expect(client.authStore.token).toBe(token)
      expect(sent).toHaveLength(1)

      await pb.admin.collection('users').update(record.id, { name: 'Ada' })
      const later = next(cookie).client
      expect(await verifyAuth(later)).toMatchObject({ id: record.id, name: 'Ada' })
      expect(later.authStore.record?.['name']).toBe('Ada')
      expect(later.authStore.setCookieHeaders()).toHaveLength(1)
    })

    test('takes a new token where the present one ends soon, by one request', async () => {
      const { cookie, record, token } = await signedIn('members')
      await anotherSecond()
      const { client, sent } = next(cookie)
      expect((await verifyAuth(client))?.id).toBe(record.id)
      expect(sent).toHaveLength(1)
      expect(client.authStore.token).not.toBe(token)
      expect(client.authStore.setCookieHeaders()).toHaveLength(1)
    })

    test('replaces what a browser says about its record', async () => {
      const { record, token } = await signedIn()
      const lie = { token, record: { ...record, verified: true, name: 'root' } }
      const cookie = `pb_auth=${encodeURIComponent(JSON.stringify(lie))}`
      const { client } = next(cookie)
      expect(client.authStore.record?.['name']).toBe('root')
      expect(await verifyAuth(client)).toEqual(record)
      expect(client.authStore.record).toEqual(record)
    })

    test('answers null for a token that has been revoked, and removes its cookie', async () => {
      const { cookie, record } = await signedIn()
      await revoke(record)
      const { client } = next(cookie)
      expect(client.authStore.isValid).toBe(true)
      expect(await verifyAuth(client)).toBeNull()
      expect(client.authStore.token).toBe('')
      expect(client.authStore.setCookieHeaders()).toEqual([
        expect.stringMatching(/^pb_auth=; Max-Age=0; /),
      ])
    })

    test('answers null for a token that somebody has changed, whatever of it', async () => {
      const { record, token } = await signedIn()
      const other = await signedIn()
      const [head, claims, signature] = token.split('.') as [string, string, string]
      const forged = Buffer.from(JSON.stringify({ ...claimsOf(claims), id: other.record.id }))
      const [id, collectionId] = [other.record.id, 'nosuchcollection']
      const lost = Buffer.from(JSON.stringify({ ...claimsOf(claims), collectionId }))
      for (const [text, owner] of [
        [`${head}.${claims}.${signature.split('').toReversed().join('')}`, record],
        [`${head}.${claims}.`, record],
        [`${head}.${forged.toString('base64url')}.${signature}`, { ...record, id }],
        [`${head}.${lost.toString('base64url')}.${signature}`, { ...record, collectionId }],
      ] as const) {
        const state = { token: text, record: owner }
        const { client, sent } = next(`pb_auth=${encodeURIComponent(JSON.stringify(state))}`)
        expect(client.authStore.token).toBe(text)
        expect(await verifyAuth(client)).toBeNull()
        expect(sent).toHaveLength(1)
        expect(client.authStore.setCookieHeaders()).toHaveLength(1)
      }
    })

    test('asks nobody about nobody', async () => {
      const { client, sent } = next('pb_auth=%7Bbroken')
      expect(await verifyAuth(client)).toBeNull()
      expect(sent).toEqual([])
    })

    test('works for clients with any store, and superusers', async () => {
      const authStore = new MemoryAuthStore()
      const client = new PocketBase(pb.url, authStore)
      authStore.save(pb.admin.authStore.token, pb.admin.authStore.record)
      expect(await verifyAuth(client)).toMatchObject({ collectionName: '_superusers' })
    })

    // Older servers refuse it.
    const isTaken = Number(pb.version.split('.')[1]) >= 29
    test(`${isTaken ? 'takes' : 'refuses'} a token that cannot be refreshed`, async () => {
      const { record } = await signedIn()
      const authStore = new MemoryAuthStore()
      const client = new PocketBase(pb.url, authStore)
      const path = `/api/collections/users/impersonate/${record.id}`
      const given = await pb.admin.send(path, { method: 'POST', body: { duration: 600 } })
      authStore.save(given.token, given.record)
      expect((await verifyAuth(client))?.id).toBe(isTaken ? record.id : undefined)
      expect(authStore.token).toBe(isTaken ? given.token : '')
    })

    test('rejects when nobody answers, and signs nobody out', async () => {
      const { cookie, token } = await signedIn()
      const client = serverClient(await refusingUrl(), cookie)
      await expect(verifyAuth(client)).rejects.toBeInstanceOf(NetworkError)
      expect(client.authStore.token).toBe(token)
    })
  })
})

function claimsOf(text: string): object {
  return JSON.parse(Buffer.from(text, 'base64url').toString()) as object
}
