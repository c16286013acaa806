import { beforeAll, expect, test } from 'vitest'

import { getTokenPayload, MemoryAuthStore, PocketBase } from '../../src/index.ts'
import { createAuthCollection, createMember } from '../support/auth.ts'
import { describeServers } from '../support/server.ts'

describeServers('impersonation', (pb) => {
  beforeAll(async () => {
    await createAuthCollection(pb.admin, 'members')
  })

  test('gives a client that is signed in as the record, and leaves its own alone', async () => {
    const { id, email } = await createMember(pb.admin, 'members')
    const { token } = pb.admin.authStore
    const nowSeconds = Date.now() / 1000
    const client = await pb.admin.collection('members').impersonate(id, 600)
    expect(client.authStore.record).toMatchObject({ id, email })
    expect(getTokenPayload(client.authStore.token)).toMatchObject({ id, refreshable: false })
    // Two clocks, in whole seconds.
    const seconds = getTokenPayload(client.authStore.token)['exp'] - nowSeconds
    expect(seconds).toBeGreaterThan(590)
    expect(seconds).toBeLessThan(630)
    expect((await client.collection('members').getOne(id)).id).toBe(id)
    await expect(client.collections.getFullList()).rejects.toHaveProperty('status', 403)

    expect(pb.admin.authStore.token).toBe(token)
    expect((await pb.admin.collections.getList(1, 1)).items).toHaveLength(1)
  })

  test('with the duration 0 takes that of the collection', async () => {
    const { id } = await createMember(pb.admin, 'members')
    const { authToken } = await pb.admin.collections.getOne('members')
    const client = await pb.admin.collection('members').impersonate(id, 0)
    const seconds = getTokenPayload(client.authStore.token)['exp'] - Date.now() / 1000
    expect(Math.abs(seconds - (authToken as { duration: number }).duration)).toBeLessThan(30)
  })

  test('keeps class, options, hooks and middleware, whatever the constructor takes', async () => {
    const sent: string[] = []
    class Shop extends PocketBase {
      override authStore = new MemoryAuthStore()
      constructor() {
        super('/', { headers: { 'X-Shop': '1' }, autoCancellation: false })
      }
    }
    const shop = new Shop()
    shop.baseURL = pb.url
    shop.lang = 'de'
    shop.authStore.save(pb.admin.authStore.token, pb.admin.authStore.record)
    shop.beforeSend = (_, options) => void sent.push(options.headers!['Accept-Language']!)
    shop.use(async (request, next) => {
      sent.push(request.init.headers['X-Shop']!)
      return next(request)
    })
    const { id } = await createMember(pb.admin, 'members')
    const client = await shop.collection('members').impersonate<Shop>(id, 60)
    expect(client).toBeInstanceOf(Shop)
    expect(client.authStore).not.toBe(shop.authStore)
    sent.length = 0
    const service = client.collection('members')
    // Two of the same are not cancelled.
    const [one, two] = await Promise.all([service.getOne(id), service.getOne(id)])
    expect([one.id, two.id]).toEqual([id, id])
    expect(sent.sort()).toEqual(['1', '1', 'de', 'de'])
    expect(shop.authStore.token).toBe(pb.admin.authStore.token)
  })

  test('has realtime of its own', async () => {
    const { id } = await createMember(pb.admin, 'members')
    const client = await pb.admin.collection('members').impersonate(id, 60)
    await client.collection('members').subscribe(id, () => {})
    expect(client.realtime.isConnected).toBe(true)
    expect(pb.admin.realtime.isConnected).toBe(false)
    await client.close()
    expect((await pb.admin.collection('members').getOne(id)).id).toBe(id)
  })

  test('a refresh of its token gives the same token', async () => {
    const { id } = await createMember(pb.admin, 'members')
    const client = await pb.admin.collection('members').impersonate(id, 60)
    const { token } = client.authStore
    const refresh = client.collection('members').authRefresh()
    // Older servers refuse.
    if (pb.version.startsWith('0.2')) await expect(refresh).rejects.toHaveProperty('status', 403)
    else expect((await refresh).token).toBe(token)
    expect(client.authStore.token).toBe(token)
  })

  test('is for superusers, and for records that are there', async () => {
    const { id } = await createMember(pb.admin, 'members')
    const asGuest = pb.guest().collection('members').impersonate(id, 60)
    await expect(asGuest).rejects.toHaveProperty('status', 401)
    const client = await pb.admin.collection('members').impersonate(id, 60)
    const asMember = client.collection('members').impersonate(id, 60)
    await expect(asMember).rejects.toHaveProperty('status', 403)
    const missing = pb.admin.collection('members').impersonate('missing12345678', 60)
    await expect(missing).rejects.toHaveProperty('status', 404)
  })
})
