import { beforeAll, beforeEach, describe, expect, test } from 'vitest'

import {
  BatchError,
  createFile,
  ForbiddenError,
  NotFoundError,
  PocketBase,
  ValidationError,
} from '../../src/index.ts'
import type { BatchItem, FileInput } from '../../src/index.ts'
import { createBlog } from '../support/blog-server.ts'
import type { Schema } from '../support/blog.ts'
import { describeServers } from '../support/server.ts'

describeServers('batch', (pb) => {
  let client: PocketBase<Schema>
  let author: string

  beforeAll(async () => {
    await createBlog(pb.admin, pb.version)
    await pb.admin.settings.update({ batch: { enabled: true, maxRequests: 10, timeout: 30 } })
    client = new PocketBase<Schema>(pb.url, { authStore: pb.admin.authStore })
    const password = 'correct horse'
    const body = { email: 'ada@example.com', password, passwordConfirm: password, name: 'Ada' }
    author = (await client.collection('users').create(body)).id
  })

  beforeEach(async () => {
    for (const name of ['comments', 'posts', 'tags']) await pb.admin.collections.truncate(name)
  })

  async function failure<E extends Error>(
    Class: new (...args: any[]) => E,
    call: Promise<unknown>,
  ): Promise<E> {
    const error: unknown = await call.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(Class)
    return error as E
  }

  test('creates, changes, upserts and deletes in one request, and answers in their order', async () => {
    const posts = client.collection('posts')
    const old = await posts.create({ title: 'Old', author })
    const gone = await posts.create({ title: 'Gone', author })
    const [created, updated, upserted, inserted, deleted] = await client.batch((b) => [
      b.collection('posts').create({ title: 'New', author }, { expand: 'author' }),
      b.collection('posts').update(old.id, { 'views+': 2 }, { fields: 'id,views' }),
      b.collection('posts').upsert({ id: old.id, title: 'Newer', author }),
      b.collection('tags').upsert({ id: 'a'.repeat(15), name: 'first' }),
      b.collection('posts').delete(gone.id),
    ])
    expect(created).toMatchObject({ title: 'New', expand: { author: { id: author, name: 'Ada' } } })
    expect(updated).toEqual({ id: old.id, views: 2 })
    expect(upserted).toMatchObject({ id: old.id, title: 'Newer', views: 2 })
    expect(inserted).toMatchObject({ id: 'a'.repeat(15), name: 'first' })
    expect(deleted).toBe(true)
    expect(await posts.getOneOrNull(gone.id)).toBeNull()
    expect(await posts.getOne(created.id)).toMatchObject({ title: 'New' })
  })

  test('is all or nothing, and its error names the operation', async () => {
    const call = client.batch((b) => [
      b.collection('tags').create({ name: 'kept?' }),
      b.collection('posts').create({ title: '', author }, { expand: 'author' }),
      b.collection('tags').create({ name: 'never tried' }),
    ])
    const error = await failure(BatchError, call)
    expect(error).toMatchObject({ index: 1, collection: 'posts', status: 400 })
    const { failure: own } = error
    expect(own).toBeInstanceOf(ValidationError)
    const path = '/api/collections/posts/records'
    expect(own).toMatchObject({ status: 400, method: 'POST', path })
    expect(own.fieldErrors['title']?.code).toBe('validation_required')
    expect(error.describe()).toMatch(
      /^POST \/api\/batch failed with 400: .* Operation 1: POST \/api\/collections\/posts\/records failed with 400: .*title: Cannot be blank\.$/,
    )
    expect(await client.collection('tags').count()).toBe(0)
  })

  test('that fails at its first operation, or by a record that is missing, says so', async () => {
    const first = await failure(
      BatchError,
      client.batch((b) => [b.collection('tags').create({ name: '' })]),
    )
    expect(first.index).toBe(0)
    const missing = await failure(
      BatchError,
      client.batch((b) => [
        b.collection('tags').create({ name: 'a' }),
        b.collection('tags').update('missing', { name: 'b' }),
        b.collection('tags').delete('missing'),
      ]),
    )
    expect(missing).toMatchObject({ index: 1, collection: 'tags', status: 400 })
    expect(missing.failure).toBeInstanceOf(NotFoundError)
    expect(missing.failure).toMatchObject({
      method: 'PATCH',
      path: '/api/collections/tags/records/missing',
    })
    expect(missing.toJSON()['failure'].status).toBe(404)
  })

  test('stores files, beside every other type of value', async () => {
    const file = (name: string, text: string): FileInput => createFile(name, text, 'text/plain')
    const values = {
      title: 'false',
      author,
      views: 3,
      featured: true,
      meta: { seo: '1', links: [] },
      publishedAt: new Date(0),
    }
    const [post, plain] = await client.batch((b) => [
      b.collection('posts').create({
        ...values,
        cover: file('cover.txt', 'one'),
        attachments: [file('a.txt', 'two'), file('b.txt', 'three')],
      }),
      b.collection('posts').create(values),
    ])
    expect(post).toMatchObject({ ...values, publishedAt: '1970-01-01 00:00:00.000Z' })
    expect(plain).toMatchObject({ ...values, publishedAt: '1970-01-01 00:00:00.000Z', cover: '' })
    expect(post.cover).toMatch(/^cover_\w+\.txt$/)
    expect(post.attachments).toHaveLength(2)
    const [first, second] = post.attachments
    const [changed] = await client.batch((b) => [
      b
        .collection('posts')
        .update(post.id, { attachments: [second!, file('c.txt', 'four')], cover: null }),
    ])
    expect(changed.cover).toBe('')
    expect(changed.attachments).toHaveLength(2)
    expect(changed.attachments).not.toContain(first)
    expect(changed.attachments[0]).toBe(second)
    const url = client.files.getURL(changed, changed.attachments[1]!)
    expect(await (await fetch(url)).text()).toBe('four')
  })

  test('sends streams, and files that are read while they are sent, by the names of their fields', async () => {
    async function* pieces(): AsyncGenerator<Uint8Array> {
      yield new TextEncoder().encode('in ')
      yield new TextEncoder().encode('pieces')
    }
    const source = { name: 'source.txt', stream: () => new Blob(['again']).stream() }
    const batch = client.createBatch()
    const items = [pieces(), source, new TextEncoder().encode('bytes')].map((cover) =>
      batch.collection('posts').create({ title: 'a', author, cover }),
    )
    const results = await batch.send()
    const stored = await Promise.all(
      items.map(async (item) => {
        const post = results.of(item)
        const answer = await fetch(client.files.getURL(post, post.cover))
        return `${post.cover.replace(/_\w+/, '')} ${await answer.text()}`
      }),
    )
    expect(stored).toEqual(['cover.txt in pieces', 'source.txt again', 'cover.txt bytes'])
  })

  test('takes form data as a call of its own takes it', async () => {
    const make = (): FormData => {
      const form = new FormData()
      form.append('title', '007')
      form.append('author', author)
      form.append('views', '12')
      form.append('featured', 'true')
      form.append('labels', 'news')
      form.append('labels', `it's "big"`)
      form.append('@jsonPayload', JSON.stringify({ meta: { seo: 'x', links: [] } }))
      form.append('cover', new Blob(['cover']), 'from form.txt')
      return form
    }
    const fields = 'title,views,featured,labels,meta'
    const alone = await client.collection('posts').create(make(), { fields })
    const [batched] = await client.batch((b) => [b.collection('posts').create(make(), { fields })])
    expect(batched).toEqual(alone)
    expect(batched.views).toBe(12)
    const [{ cover }] = await client.batch((b) => [b.collection('posts').create(make())])
    expect(cover).toMatch(/^from_form_\w+\.txt$/)
  })

  test('takes names that a path would encode as they are', async () => {
    const any = pb.admin
    await any.collections.create({
      name: 'free',
      type: 'base',
      fields: [
        {
          name: 'id',
          type: 'text',
          system: true,
          primaryKey: true,
          required: true,
          min: 1,
          pattern: '^.+$',
        },
        { name: 'n', type: 'number' },
      ],
    })
    const id = 'ä&b=c+(d)'
    const [made, changed] = await any.batch((b) => [
      b.collection('free').create({ id, n: 1 }),
      b.collection('free').update(id, { n: 2 }),
    ])
    expect([made.id, changed['n']]).toEqual([id, 2])
    expect(await any.collection('free').getOne(id)).toMatchObject({ n: 2 })
  })

  test('is made and sent in the official client’s way, and read by handles besides', async () => {
    const batch = client.createBatch()
    const tag = batch.collection('tags').create({ name: 'a' })
    const post = batch.collection('posts').create({ title: 'b', author })
    const results = await batch.send()
    expect(results).toEqual([
      { status: 200, body: expect.objectContaining({ name: 'a' }) },
      { status: 200, body: expect.objectContaining({ title: 'b' }) },
    ])
    expect(results.of(post).title).toBe('b')
    expect(results.of(tag)).toBe(results[0]!.body)
    const other = client.createBatch().collection('tags').delete('x')
    expect(() => results.of(other)).toThrow(TypeError)
  })

  test('is sent once', async () => {
    const batch = client.createBatch()
    batch.collection('tags').create({ name: 'once' })
    await batch.send()
    await expect(batch.send()).rejects.toThrow('sent before')
    expect(await client.collection('tags').count()).toBe(1)
  })

  test('without any operation answers an empty list', async () => {
    expect(await client.batch(() => [])).toEqual([])
    expect(await client.createBatch().send()).toEqual([])
  })

  describe('of more operations than the server allows', () => {
    const names = Array.from({ length: 23 }, (_, index) => `tag ${index}`)

    test('is refused whole, with the way out', async () => {
      const call = client.batch((b) => names.map((name) => b.collection('tags').create({ name })))
      const error = await failure(ValidationError, call)
      expect(error.fieldErrors['requests']?.code).toBe('validation_length_too_long')
      expect(error.describe()).toContain('{ split: 10 } sends them in parts.')
      expect(await client.collection('tags').count()).toBe(0)
    })

    test('is sent in parts where that was asked for', async () => {
      const tags = await client.batch(
        (b) => names.map((name) => b.collection('tags').create({ name })),
        { split: 10 },
      )
      expect(tags.map(({ name }) => name)).toEqual(names)
      expect(await client.collection('tags').count()).toBe(23)
    })

    test('and in parts keeps the parts before the one that fails', async () => {
      const call = client.batch(
        (b) =>
          names.map((name, index) =>
            b.collection('tags').create({ name: index === 12 ? '' : name }),
          ),
        { split: 10 },
      )
      const error = await failure(BatchError, call)
      expect(error.index).toBe(12)
      expect(error.hint).toMatch(/^Operation 12: .* 10 operations before it are stored\.$/)
      expect(await client.collection('tags').count()).toBe(10)
    })

    test.each([0, -1, Number.NaN])('is not cut into parts of %d', async (split) => {
      const call = client.batch((b) => [b.collection('tags').create({ name: 'a' })], { split })
      await expect(call).rejects.toBeInstanceOf(TypeError)
    })
  })

  test('that the server does not allow says how to allow it', async () => {
    await pb.admin.settings.update({ batch: { enabled: false } })
    try {
      const call = client.batch((b) => [b.collection('tags').create({ name: 'a' })])
      const error = await failure(ForbiddenError, call)
      expect(error.describe()).toContain('pb.settings.update({ batch: { enabled: true } })')
    } finally {
      await pb.admin.settings.update({ batch: { enabled: true } })
    }
  })

  test('asks the rules of every operation, as for a call of its own', async () => {
    const guest = pb.guest()
    const call = guest.batch((b) => [
      b.collection('tags').create({ name: 'a' }),
      b.collection('_superusers').create({ email: 'a@example.com' }),
    ])
    const error = await failure(BatchError, call)
    expect(error).toMatchObject({ index: 1, collection: '_superusers' })
    expect(error.failure).toBeInstanceOf(ForbiddenError)
  })

  test('creates for guests, with and without ids of their own', async () => {
    const [first, second] = await pb
      .guest()
      .batch((b) => [
        b.collection('tags').create({ name: 'a' }),
        b.collection('tags').upsert({ id: 'b'.repeat(15), name: 'b' }),
      ])
    expect(first).toMatchObject({ name: 'a' })
    expect(second).toMatchObject({ id: 'b'.repeat(15), name: 'b' })
  })

  test.each(['users', '_pb_users_auth_'])(
    'changes who is signed in, and signs out who is deleted, by %s',
    async (name) => {
      const user = pb.guest()
      const password = 'correct horse'
      const email = `${name}@example.com`
      const body = { email, password, passwordConfirm: password, name: 'Grace' }
      const { id } = await pb.admin.collection('users').create(body)
      await user.collection('users').authWithPassword(email, password)
      const { token } = user.authStore
      await user.batch((b) => [b.collection(name).update(id, { name: 'Grace H.' })])
      expect(user.authStore.record).toMatchObject({ id, email, name: 'Grace H.' })
      await user.batch((b) => [
        b.collection(name).upsert({ id, name: 'G. H.' }, { fields: 'name' }),
      ])
      expect(user.authStore.record).toMatchObject({ id, email, name: 'G. H.' })
      expect(user.authStore.token).toBe(token)
      await user.batch((b) => [b.collection('tags').create({ name: 'a' })])
      expect(user.authStore.isValid).toBe(true)
      await user.batch((b) => [b.collection(name).delete(id)])
      expect(user.authStore.record).toBeNull()
      expect(user.authStore.token).toBe('')
    },
  )

  test('brings headers and queries of an operation to it', async () => {
    const requests: unknown[] = []
    const own = new PocketBase(pb.url, { authStore: pb.admin.authStore })
    own.use((request, next) => {
      requests.push(JSON.parse(request.init.body as string))
      return next(request)
    })
    await own.batch((b) => [
      b.collection('tags').create({ name: 'a' }, { headers: { 'X-Own': '1' }, custom: 'c d' }),
      b.collection('posts').create({ title: 'a', author }, { expand: ['author', 'tags'] as any }),
    ])
    expect(requests).toEqual([
      {
        requests: [
          {
            method: 'POST',
            url: '/api/collections/tags/records?custom=c%20d',
            body: { name: 'a' },
            headers: { 'X-Own': '1' },
          },
          {
            method: 'POST',
            url: '/api/collections/posts/records?expand=author%2Ctags',
            body: { title: 'a', author },
            headers: {},
          },
        ],
      },
    ])
  })

  test.each(['', 'a/b', 'a?b', '../users', 'a#b', 'a%2Fb', undefined as unknown as string])(
    'refuses %j as an id, which would make it another operation',
    async (id) => {
      await expect(client.batch((b) => [b.collection('tags').delete(id)])).rejects.toThrow(
        TypeError,
      )
      await expect(
        pb.admin.batch((b) => [b.collection(id).create({})] as BatchItem[]),
      ).rejects.toThrow(TypeError)
    },
  )
})
