import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import {
  createFile,
  ForbiddenError,
  MemoryAuthStore,
  NetworkError,
  NotFoundError,
  PocketBase,
  RateLimitError,
  ValidationError,
} from '../../src/index.ts'
import type { ClientResponseError, PocketBaseOptions, RecordModel } from '../../src/index.ts'
import { proxyTo } from '../support/proxy.ts'
import type { Disruption, Proxy } from '../support/proxy.ts'
import { open } from '../support/rules.ts'
import { randomNumbers, seed } from '../support/seed.ts'
import { describeServers } from '../support/server.ts'

const retry = { times: 3, delayMs: 1 }

/** The server has done it, and its answer is lost in one of these ways. */
const lost: [how: string, disruption: Disruption][] = [
  ['was cut before its first byte', { answer: 'cut' }],
  ['was reset before its first byte', { answer: 'reset' }],
  ['was cut within the headers', { answer: 'cut', after: 30 }],
  ['was reset within the body', { answer: 'reset', after: 'headers' }],
]

describeServers('a network that fails', (pb) => {
  let proxy: Proxy

  const title = { name: 'title', type: 'text' }

  beforeAll(async () => {
    proxy = await proxyTo(pb.url)
    const { collections } = pb.admin
    const number = { name: 'n', type: 'number' }
    const doc = { name: 'doc', type: 'file' }
    await collections.create({ name: 'posts', type: 'base', ...open, fields: [title, number, doc] })
    await collections.create({
      name: 'slugs',
      type: 'base',
      ...open,
      fields: [title],
      indexes: ['CREATE UNIQUE INDEX `idx_slugs` ON `slugs` (`title`)'],
    })
    const ofLetters = { min: 4, max: 4, pattern: '^[A-Z]+$', autogeneratePattern: '[A-Z]{4}' }
    const id = { name: 'id', type: 'text', primaryKey: true, system: true, required: true }
    const fields = [{ ...id, ...ofLetters }, title]
    await collections.create({ name: 'codes', type: 'base', ...open, fields })
    await collections.create({
      name: 'inbox',
      type: 'base',
      ...open,
      viewRule: null,
      fields: [title],
    })
    const viewRule = 'title = "visible"'
    await collections.create({ name: 'drafts', type: 'base', ...open, viewRule, fields: [title] })
  })

  afterAll(async () => proxy?.[Symbol.asyncDispose]())

  beforeEach(() => {
    proxy.plan()
    proxy.choose(undefined)
  })

  /** A client whose requests take the disrupted way. */
  function client(options: PocketBaseOptions = {}): PocketBase {
    const authStore = new MemoryAuthStore()
    return new PocketBase(proxy.url, { authStore, autoCancellation: false, retry, ...options })
  }

  /** What a collection holds with this title, asked for on the undisrupted way. */
  async function stored(collection: string, of: string): Promise<RecordModel[]> {
    return pb.admin.collection(collection).getFullList({ filter: pb.admin.filter`title = ${of}` })
  }

  async function failure(call: Promise<unknown>): Promise<ClientResponseError> {
    const error: unknown = await call.catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(Error)
    return error as ClientResponseError
  }

  describe('a create whose answer', () => {
    test.each(lost)('%s is stored once', async (how, disruption) => {
      proxy.plan(disruption)
      const record = await client().collection('posts').create({ title: how, n: 1 })
      expect(record).toMatchObject({ title: how, n: 1, collectionName: 'posts' })
      expect(await stored('posts', how)).toEqual([record])
    })

    test('was lost again and again is stored once', async () => {
      proxy.plan({ answer: 'reset' }, { answer: 'cut' }, { answer: 'reset' })
      const record = await client().collection('posts').create({ title: 'thrice' })
      expect(await stored('posts', 'thrice')).toEqual([record])
    })

    test('was lost is stored once with its file', async () => {
      proxy.plan({ answer: 'reset' })
      const doc = createFile('doc.txt', 'content', 'text/plain')
      const record = await client().collection('posts').create({ title: 'file', n: 2, doc })
      expect(record).toMatchObject({ title: 'file', n: 2, doc: expect.stringMatching(/^doc_/) })
      expect(await stored('posts', 'file')).toEqual([record])
      const url = pb.admin.files.getURL(record, record['doc'] as string)
      expect(await (await fetch(url)).text()).toBe('content')
    })

    test('was lost is answered with the fields that the caller picked', async () => {
      proxy.plan({ answer: 'reset' })
      const options = { fields: 'title' }
      expect(await client().collection('posts').create({ title: 'picked' }, options)).toEqual({
        title: 'picked',
      })
      expect(await stored('posts', 'picked')).toHaveLength(1)
    })

    test('was lost is stored once where another field is unique', async () => {
      proxy.plan({ answer: 'reset' })
      const record = await client().collection('slugs').create({ title: 'unique' })
      expect(await stored('slugs', 'unique')).toEqual([record])
    })

    test('was lost is stored once in an auth collection', async () => {
      proxy.plan({ answer: 'reset' })
      const email = 'lost@example.com'
      const body = {
        email,
        emailVisibility: true,
        password: '12345678',
        passwordConfirm: '12345678',
      }
      const superuser = client()
      superuser.authStore.save(pb.admin.authStore.token)
      const record = await superuser.collection('users').create(body)
      expect(record).toMatchObject({ email })
      const all = await pb.admin.collection('users').getFullList({ filter: `email = "${email}"` })
      expect(all).toHaveLength(1)
    })

    test('was lost leaves one record and an error that says so, where nobody may view it', async () => {
      for (const [collection, Class] of [
        ['inbox', ForbiddenError],
        ['drafts', NotFoundError],
      ] as const) {
        proxy.plan({ answer: 'reset' })
        const error = await failure(client().collection(collection).create({ title: 'hidden' }))
        expect(error).toBeInstanceOf(Class)
        expect(error.describe()).toMatch(/stored/)
        expect(await stored(collection, 'hidden')).toHaveLength(1)
      }
    })

    test('was lost is an error where nothing is sent again, and is stored once', async () => {
      proxy.plan({ answer: 'reset' })
      const error = await failure(
        client({ retry: 0 }).collection('posts').create({ title: 'once' }),
      )
      expect(error).toBeInstanceOf(NetworkError)
      expect(await stored('posts', 'once')).toHaveLength(1)
    })
  })

  describe('a create in a collection with ids of another kind', () => {
    test('gets an id of the server’s, and is stored once', async () => {
      const record = await client().collection('codes').create({ title: 'code' })
      expect(record.id).toMatch(/^[A-Z]{4}$/)
      expect(await stored('codes', 'code')).toEqual([record])
    })

    test('is stored once where the refusal of our id was lost', async () => {
      proxy.plan({ answer: 'reset' })
      const record = await client().collection('codes').create({ title: 'refused' })
      expect(await stored('codes', 'refused')).toEqual([record])
    })

    test('is an error, and stored once, where its answer was lost', async () => {
      proxy.plan(undefined, { answer: 'reset' })
      const error = await failure(client().collection('codes').create({ title: 'answer' }))
      expect(error).toBeInstanceOf(NetworkError)
      expect(await stored('codes', 'answer')).toHaveLength(1)
    })

    test('keeps the caller’s id', async () => {
      const record = await client().collection('codes').create({ id: 'ABCD', title: 'mine' })
      expect(record.id).toBe('ABCD')
    })
  })

  test('a create that never arrived is stored by the next attempt', async () => {
    proxy.plan({ arrives: false }, { arrives: false })
    const record = await client().collection('posts').create({ title: 'arrived' })
    expect(await stored('posts', 'arrived')).toEqual([record])
  })

  test('a create that the server refuses is refused once, with its reasons', async () => {
    await client().collection('slugs').create({ title: 'taken' })
    const before = proxy.requests.length
    const error = await failure(client().collection('slugs').create({ title: 'taken' }))
    expect(error).toBeInstanceOf(ValidationError)
    expect(Object.keys(error.fieldErrors)).toEqual(['title'])
    const creates = proxy.requests.slice(before).filter((line) => line.startsWith('POST'))
    expect(creates).toHaveLength(1)
  })

  describe('a read', () => {
    test.each(lost)('whose answer %s is sent again', async (how, disruption) => {
      const { id } = await pb.admin.collection('posts').create({ title: `read: ${how}` })
      proxy.plan(disruption, undefined, disruption)
      expect(await client().collection('posts').getOne(id)).toMatchObject({ id })
      const filter = pb.admin.filter`id = ${id}`
      expect(await client().collection('posts').getFullList({ filter })).toHaveLength(1)
    })

    test('that stalls is sent again', async () => {
      proxy.plan({ answer: 'stall', after: 50 }, { answer: 'stall' })
      expect(await client({ timeout: 300 }).health.check()).toMatchObject({ code: 200 })
    })

    test('that is slow is waited for', async () => {
      proxy.plan({ answer: 'slow' })
      const before = proxy.requests.length
      expect(await client({ timeout: 5000 }).health.check()).toMatchObject({ code: 200 })
      expect(proxy.requests.length - before).toBe(1)
    })
  })

  describe('a write that must not be done twice', () => {
    test.each(lost)('is done once and is an error, when its answer %s', async (how, disruption) => {
      const { id } = await pb.admin.collection('posts').create({ title: `write: ${how}`, n: 1 })
      const posts = client().collection('posts')
      proxy.plan(disruption)
      expect(await failure(posts.update(id, { 'n+': 1 }))).toBeInstanceOf(NetworkError)
      expect(await pb.admin.collection('posts').getOne(id)).toMatchObject({ n: 2 })
      // An answer to this one has no body that could be cut.
      proxy.plan({ ...disruption, after: 0 })
      expect(await failure(posts.delete(id))).toBeInstanceOf(NetworkError)
      expect(await stored('posts', `write: ${how}`)).toEqual([])
    })

    test('is done once with an id of the caller’s', async () => {
      proxy.plan({ answer: 'reset' })
      const body = { id: 'abcdefghijklmno', title: 'own id' }
      expect(await failure(client().collection('posts').create(body))).toBeInstanceOf(NetworkError)
      expect(await stored('posts', 'own id')).toHaveLength(1)
    })
  })

  test('whatever the network does, no create is stored twice and every one that succeeds is stored', async () => {
    const random = randomNumbers(seed)
    const fates: (Disruption | undefined)[] = [
      undefined,
      undefined,
      { arrives: false },
      { answer: 'reset' },
      { answer: 'cut', after: 200 },
      { answer: 'reset', after: 'headers' },
      { answer: 'slow' },
    ]
    proxy.choose(() => fates[random(fates.length)])
    const posts = client({ retry: { times: 6, delayMs: 1 } }).collection('posts')
    for (let index = 0; index < 40; index++) {
      const of = `chaos ${seed} ${index}`
      const body = index % 4 === 0 ? { title: of, doc: new Blob(['x']) } : { title: of }
      const outcome: unknown = await posts.create(body).catch((error: unknown) => error)
      const found = await stored('posts', of)
      if (outcome instanceof Error) expect(outcome).toBeInstanceOf(NetworkError)
      else expect(found, `seed ${seed}`).toEqual([outcome])
      expect(found.length, `seed ${seed}`).toBeLessThanOrEqual(1)
    }
  })

  describe('the rate limiter', () => {
    beforeAll(async () => {
      const rules = [{ label: 'GET /api/health', audience: '', duration: 2, maxRequests: 2 }]
      await pb.admin.settings.update({ rateLimits: { enabled: true, rules } })
    })

    afterAll(async () => {
      await pb.admin.settings.update({ rateLimits: { enabled: false } })
    })

    test('is an error with no hint of how long to wait, and a retry outlasts its window', async () => {
      const guest = pb.guest()
      const results = await Promise.allSettled([1, 2, 3, 4].map(() => guest.health.check()))
      const refused = results.filter(({ status }) => status === 'rejected')
      expect(refused.length).toBeGreaterThan(0)
      for (const { reason } of refused as PromiseRejectedResult[]) {
        expect(reason).toBeInstanceOf(RateLimitError)
        expect((reason as RateLimitError).retryAfterMs).toBeUndefined()
      }
      const patient = { retry: { times: 30, delayMs: 500, maxDelayMs: 500 } }
      expect(await guest.health.check(patient)).toMatchObject({ code: 200 })
    })
  })
})
