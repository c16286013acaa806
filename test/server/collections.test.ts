import { beforeEach, describe, expect, test } from 'vitest'

import { AuthError, ForbiddenError, NotFoundError, ValidationError } from '../../src/index.ts'
import type { CollectionModel } from '../../src/index.ts'
import { describeServers } from '../support/server.ts'

describeServers('collections', (pb) => {
  const title = { name: 'title', type: 'text' }
  const hasMeta = Number(pb.version.split('.')[1]) >= 37

  /** What is left of a test before. */
  beforeEach(async () => {
    const own = await pb.admin.collections.getFullList({ filter: 'name ~ "test_%"' })
    for (const { name } of own.reverse()) await pb.admin.collections.delete(name)
  })

  async function create(name: string, more: object = {}): Promise<CollectionModel> {
    return pb.admin.collections.create({ name, type: 'base', fields: [title], ...more })
  }

  function names({ fields }: CollectionModel): string[] {
    return fields.map(({ name }) => name)
  }

  test('are created with the fields that the system adds', async () => {
    const collection = await create('test_a', {
      listRule: '',
      indexes: ['CREATE INDEX `idx_a` ON `test_a` (`title`)'],
    })
    expect(collection).toMatchObject({ name: 'test_a', type: 'base', system: false, listRule: '' })
    expect(names(collection)).toEqual(['id', 'title'])
    expect(collection.indexes).toHaveLength(1)
    const auth = await create('test_auth', { type: 'auth' })
    expect(names(auth)).toEqual(expect.arrayContaining(['email', 'password', 'title']))
    expect(auth).toHaveProperty('authToken.duration')
  })

  test('are found by name and by id', async () => {
    const { id } = await create('test_a')
    expect(await pb.admin.collections.getOne('test_a')).toMatchObject({ id, name: 'test_a' })
    expect(await pb.admin.collections.getOne(id)).toMatchObject({ id, name: 'test_a' })
    expect(await pb.admin.collections.getFirstListItem('name = "test_a"')).toMatchObject({ id })
    expect(await pb.admin.collections.getOne(id, { fields: 'name' })).toEqual({ name: 'test_a' })
  })

  test('are listed, filtered and paged', async () => {
    for (const name of ['test_a', 'test_b', 'test_c']) await create(name)
    const options = { filter: 'name ~ "test_"', sort: '-name' }
    const list = await pb.admin.collections.getList(1, 2, options)
    expect(list).toMatchObject({ page: 1, perPage: 2, totalItems: 3, totalPages: 2 })
    expect(list.items.map(({ name }) => name)).toEqual(['test_c', 'test_b'])
    const all = await pb.admin.collections.getFullList({ batch: 2, ...options })
    expect(all.map(({ name }) => name)).toEqual(['test_c', 'test_b', 'test_a'])
    const system = await pb.admin.collections.getFullList({ filter: 'system = true' })
    expect(system.map(({ name }) => name)).toContain('_superusers')
  })

  test('are changed: fields that come and go, and rules', async () => {
    const { fields } = await create('test_a', { viewRule: '' })
    const more = [...fields, { name: 'n', type: 'number' }]
    const changed = await pb.admin.collections.update('test_a', { fields: more, viewRule: null })
    expect(names(changed)).toEqual(['id', 'title', 'n'])
    expect(changed.viewRule).toBeNull()
    const less = await pb.admin.collections.update('test_a', { fields: [] })
    expect(names(less)).toEqual(['id'])
  })

  test('can be views', async () => {
    await create('test_a', { listRule: '', createRule: '' })
    const viewQuery = 'SELECT id, title AS heading FROM test_a'
    const view = await pb.admin.collections.create({
      name: 'test_view',
      type: 'view',
      viewQuery,
      listRule: '',
    })
    expect(view).toMatchObject({ type: 'view', viewQuery })
    await pb.guest().collection('test_a').create({ title: 'seen' }, { fields: '' })
    const rows = await pb.guest().collection('test_view').getFullList()
    expect(rows).toMatchObject([{ heading: 'seen', collectionName: 'test_view' }])
    await expect(pb.admin.collection('test_view').create({ heading: 'no' })).rejects.toMatchObject({
      status: 400,
    })
  })

  test('are deleted, once', async () => {
    await create('test_a')
    expect(await pb.admin.collections.delete('test_a')).toBe(true)
    await expect(pb.admin.collections.delete('test_a')).rejects.toBeInstanceOf(NotFoundError)
  })

  test('of the system, and ones that others refer to, are not', async () => {
    const { id } = await create('test_a')
    const reference = { name: 'a', type: 'relation', collectionId: id, maxSelect: 1 }
    await create('test_b', { fields: [reference] })
    for (const name of ['_superusers', 'test_a']) {
      await expect(pb.admin.collections.delete(name)).rejects.toMatchObject({ status: 400 })
    }
  })

  describe('are imported', () => {
    test('in one go: new ones and changed ones', async () => {
      const first = await create('test_a')
      const changed = { ...first, fields: [...first.fields, { name: 'n', type: 'number' }] }
      const added = { name: 'test_b', type: 'base', fields: [title] }
      expect(await pb.admin.collections.import([changed, added])).toBe(true)
      expect(names(await pb.admin.collections.getOne('test_a'))).toEqual(['id', 'title', 'n'])
      expect(names(await pb.admin.collections.getOne('test_b'))).toEqual(['id', 'title'])
    })

    test('as they were exported, and nothing changes', async () => {
      await create('test_a')
      const before = await pb.admin.collections.getFullList({ sort: 'name' })
      expect(await pb.admin.collections.importCollections(before)).toBe(true)
      const after = await pb.admin.collections.getFullList({ sort: 'name' })
      const stable = (all: CollectionModel[]): object[] =>
        all.map((collection) => ({ ...collection, updated: '' }))
      expect(stable(after)).toEqual(stable(before))
    })

    test('and what is missing goes, where that was asked for', async () => {
      await create('test_a')
      await create('test_b')
      const kept = await pb.admin.collections.getFullList({ filter: 'name != "test_b"' })
      await pb.admin.collections.import(kept)
      expect(await pb.admin.collections.getOne('test_b')).toMatchObject({ name: 'test_b' })
      await pb.admin.collections.import(kept, true)
      const gone = pb.admin.collections.getOne('test_b')
      await expect(gone).rejects.toBeInstanceOf(NotFoundError)
      expect(await pb.admin.collections.getOne('test_a')).toMatchObject({ name: 'test_a' })
    })

    test('or not at all: one mistake leaves everything as it was', async () => {
      const call = pb.admin.collections.import([
        { name: 'test_good', type: 'base', fields: [title] },
        { name: 'test bad!', type: 'base', fields: [title] },
      ])
      await expect(call).rejects.toMatchObject({ status: 400 })
      await expect(pb.admin.collections.getOne('test_good')).rejects.toBeInstanceOf(NotFoundError)
    })
  })

  test('lose all their records, and those that cascade, at once', async () => {
    const { id } = await create('test_a')
    const reference = { name: 'a', type: 'relation', collectionId: id, cascadeDelete: true }
    await create('test_b', { fields: [reference] })
    const record = await pb.admin.collection('test_a').create({ title: 'a' })
    await pb.admin.collection('test_b').create({ a: record.id })
    expect(await pb.admin.collections.truncate('test_a')).toBe(true)
    expect(await pb.admin.collection('test_a').count()).toBe(0)
    expect(await pb.admin.collection('test_b').count()).toBe(0)
    await expect(pb.admin.collections.truncate('test_c')).rejects.toBeInstanceOf(NotFoundError)
  })

  test('of each type begin with what the server says', async () => {
    const { base, auth, view, ...others } = await pb.admin.collections.getScaffolds()
    expect(others).toEqual({})
    expect(base).toMatchObject({ type: 'base', id: '', name: '', listRule: null })
    expect(names(auth)).toContain('email')
    expect(auth.passwordAuth.identityFields).toEqual(['email'])
    expect(view).toMatchObject({ type: 'view', viewQuery: '', fields: [] })
  })

  test.runIf(hasMeta)('can be given the providers that the server knows', async () => {
    const providers = await pb.admin.collections.getAllOAuth2Providers()
    expect(providers.find(({ name }) => name === 'github')).toEqual({
      name: 'github',
      displayName: 'GitHub',
      logo: expect.stringContaining('<svg'),
    })
  })

  test.runIf(hasMeta)('that are views are tried without making them', async () => {
    await create('test_a')
    await pb.admin.collection('test_a').create({ title: 'seen' })
    const dryRun = await pb.admin.collections.dryRunViewQuery('SELECT id, title FROM test_a')
    expect(dryRun.fields.map(({ name }) => name)).toEqual(['id', 'title'])
    expect(dryRun.sample).toMatchObject([{ title: 'seen' }])
    const wrong = pb.admin.collections.dryRunViewQuery('SELECT nothing')
    await expect(wrong).rejects.toMatchObject({ status: 400, hint: '' })
  })

  test.skipIf(hasMeta)('have neither before 0.37, which the errors say', async () => {
    for (const call of [
      async () => pb.admin.collections.getAllOAuth2Providers(),
      async () => pb.admin.collections.dryRunViewQuery('SELECT id FROM users'),
    ]) {
      const error: unknown = await call().catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(NotFoundError)
      expect(String(error)).toContain('Servers before 0.37 do not have this endpoint.')
    }
  })

  test('with mistakes are refused with the path of each', async () => {
    const fields = [title, { name: '', type: 'text' }]
    const call = create('test_a', { fields, listRule: 'nope = 1' })
    await expect(call).rejects.toBeInstanceOf(ValidationError)
    const error = (await call.catch((reason: unknown) => reason)) as ValidationError
    const paths = Object.keys(error.fieldErrors)
    expect(paths.length).toBeGreaterThan(0)
    for (const path of paths) expect(path).toMatch(/^(fields\.\d+\.name|listRule)$/)
    expect(error.describe()).toContain(paths[0])
  })

  test('are for superusers alone', async () => {
    await expect(pb.guest().collections.getList()).rejects.toBeInstanceOf(AuthError)
    const password = 'correct horse'
    const email = 'user@example.com'
    const body = { email, password, passwordConfirm: password }
    await pb.admin.collection('users').create(body)
    const user = pb.guest()
    await user.collection('users').authWithPassword(email, password)
    await expect(user.collections.getList()).rejects.toBeInstanceOf(ForbiddenError)
    await expect(user.collections.create({ name: 'test_a' })).rejects.toBeInstanceOf(ForbiddenError)
  })
})
