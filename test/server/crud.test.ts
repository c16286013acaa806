import { beforeAll, describe, expect, test } from 'vitest'

import { NotFoundError } from '../../src/index.ts'
import type { PocketBase, RecordModel } from '../../src/index.ts'
import { open } from '../support/rules.ts'
import { describeServers } from '../support/server.ts'

describeServers('records', (pb) => {
  let guest: PocketBase
  let author: RecordModel
  let tags: RecordModel[]
  /** In the order of their numbers, 1 to 25. */
  let posts: RecordModel[]

  beforeAll(async () => {
    guest = pb.guest()
    const { collections } = pb.admin
    const name = { name: 'name', type: 'text' }
    const fields = [name]
    const authors = await collections.create({ name: 'authors', type: 'base', ...open, fields })
    const allTags = await collections.create({ name: 'tags', type: 'base', ...open, fields })
    await collections.create({
      name: 'posts',
      type: 'base',
      ...open,
      fields: [
        { name: 'title', type: 'text', required: true },
        { name: 'body', type: 'editor' },
        { name: 'n', type: 'number' },
        { name: 'at', type: 'date' },
        { name: 'author', type: 'relation', collectionId: authors.id, maxSelect: 1 },
        { name: 'tags', type: 'relation', collectionId: allTags.id, maxSelect: 9 },
        { name: 'labels', type: 'select', values: ['a', 'b', 'c'], maxSelect: 3 },
        { name: 'created', type: 'autodate', onCreate: true },
        { name: 'updated', type: 'autodate', onCreate: true, onUpdate: true },
      ],
    })
    author = await guest.collection('authors').create({ name: 'Ann' })
    tags = await Promise.all(
      ['red', 'green'].map((tag) => guest.collection('tags').create({ name: tag })),
    )
    posts = []
    for (let n = 1; n <= 25; n++) {
      posts.push(
        await guest.collection('posts').create({
          title: `Post ${n}`,
          body: `<p>Body  of <b>${n}</b></p>`,
          n,
          author: author.id,
          tags: tags.map(({ id }) => id),
        }),
      )
    }
  })

  describe('create', () => {
    test('answers the record as it is stored', async () => {
      const record = await guest
        .collection('posts')
        .create({ title: 'New', n: 1000, labels: ['b'] })
      expect(record).toMatchObject({
        id: expect.stringMatching(/^[a-z0-9]{15}$/),
        collectionId: expect.any(String),
        collectionName: 'posts',
        title: 'New',
        n: 1000,
        labels: ['b'],
        body: '',
        at: '',
        author: '',
        tags: [],
      })
      expect(await guest.collection('posts').getOne(record.id)).toEqual(record)
      await guest.collection('posts').delete(record.id)
    })

    test('takes an id of the caller’s, expand and fields', async () => {
      const body = { id: 'abcdefghij12345', title: 'Own id', author: author.id }
      const options = { expand: 'author', fields: 'id,expand.author.name' }
      expect(await guest.collection('posts').create(body, options)).toEqual({
        id: 'abcdefghij12345',
        expand: { author: { name: 'Ann' } },
      })
      await guest.collection('posts').delete('abcdefghij12345')
    })
  })

  describe('update', () => {
    test('changes what it names, and leaves the rest', async () => {
      const [first] = posts
      const changed = await guest.collection('posts').update(first!.id, { title: 'Changed' })
      expect({ ...changed, updated: '' }).toEqual({ ...first, title: 'Changed', updated: '' })
      await guest.collection('posts').update(first!.id, { title: first!['title'] as string })
    })

    test('knows the modifiers of numbers and lists', async () => {
      const { id } = posts[1]!
      const service = guest.collection('posts')
      expect(await service.update(id, { 'n+': 5, 'labels+': ['a', 'b'] })).toMatchObject({
        n: 7,
        labels: ['a', 'b'],
      })
      expect(
        await service.update(id, {
          'n-': 5,
          '+labels': 'c',
          'labels-': ['a'],
          'tags-': tags[0]!.id,
        }),
      ).toMatchObject({ n: 2, labels: ['c', 'b'], tags: [tags[1]!.id] })
    })

    test('with nothing changes nothing but the time', async () => {
      const { id } = posts[2]!
      const changed = await guest.collection('posts').update(id)
      expect({ ...changed, updated: '' }).toEqual({ ...posts[2], updated: '' })
    })
  })

  describe('delete', () => {
    test('removes a record, once', async () => {
      const { id } = await guest.collection('tags').create({ name: 'short-lived' })
      expect(await guest.collection('tags').delete(id)).toBe(true)
      await expect(guest.collection('tags').delete(id)).rejects.toBeInstanceOf(NotFoundError)
      await expect(guest.collection('tags').getOne(id)).rejects.toBeInstanceOf(NotFoundError)
    })
  })

  describe('getOne', () => {
    test('expands, also backwards', async () => {
      const post = await guest.collection('posts').getOne(posts[0]!.id, { expand: 'author,tags' })
      expect(post.expand).toMatchObject({
        author: { id: author.id, name: 'Ann' },
        tags: tags.map(({ id, name }) => ({ id, name: name as string })),
      })
      const back = await guest
        .collection('authors')
        .getOne(author.id, { expand: 'posts_via_author', fields: 'expand.posts_via_author.n' })
      const numbers = (back.expand!['posts_via_author'] as { n: number }[]).map(({ n }) => n)
      expect(numbers).toHaveLength(25)
    })

    test('an empty expand, fields or sort is as none', async () => {
      const { id } = posts[0]!
      const collection = guest.collection('posts')
      const plain = await collection.getOne(id)
      expect(await collection.getOne(id, { expand: '', fields: '' })).toEqual(plain)
      const all = await collection.getFullList({
        filter: 'n <= 25',
        expand: '',
        fields: '',
        sort: '',
      })
      expect(all).toHaveLength(25)
      expect(all.find((post) => post.id === id)).toEqual(plain)
      const walked = []
      for await (const post of collection.iterate({ filter: 'n <= 25', sort: '' }))
        walked.push(post)
      expect(walked).toHaveLength(25)
    })

    test('takes expand and fields as lists', async () => {
      const options = {
        query: { expand: ['author', 'tags'], fields: ['id', 'expand.author.name'] },
      }
      expect(await guest.collection('posts').getOne(posts[0]!.id, options)).toEqual({
        id: posts[0]!.id,
        expand: { author: { name: 'Ann' } },
      })
    })

    test('cuts texts by a modifier of fields', async () => {
      const options = { fields: 'body:excerpt(4,true)' }
      expect(await guest.collection('posts').getOne(posts[0]!.id, options)).toEqual({
        body: 'Body...',
      })
    })
  })

  describe('getList', () => {
    const numbersOf = ({ items }: { items: RecordModel[] }): number[] =>
      items.map(({ n }) => n as number)

    test('is a page with its totals', async () => {
      const list = await guest.collection('posts').getList(2, 10, { sort: 'n' })
      expect(numbersOf(list)).toEqual([11, 12, 13, 14, 15, 16, 17, 18, 19, 20])
      expect(list).toMatchObject({ page: 2, perPage: 10, totalItems: 25, totalPages: 3 })
    })

    test('is the first page of 30 by default', async () => {
      const list = await guest.collection('posts').getList()
      expect(list).toMatchObject({ page: 1, perPage: 30, totalItems: 25, totalPages: 1 })
      expect(list.items).toHaveLength(25)
    })

    test('has no totals where nobody asks for them', async () => {
      const list = await guest.collection('posts').getList(1, 10, { skipTotal: true })
      expect(list).toMatchObject({ page: 1, perPage: 10, totalItems: -1, totalPages: -1 })
    })

    test('filters, sorts, picks and expands at once', async () => {
      const list = await guest.collection('posts').getList(1, 2, {
        filter: guest.filter('n > {:least} && title ~ {:title}', { least: 20, title: 'post' }),
        sort: '-n',
        expand: 'author',
        fields: 'n,expand.author.name',
      })
      expect(list.items).toEqual([
        { n: 25, expand: { author: { name: 'Ann' } } },
        { n: 24, expand: { author: { name: 'Ann' } } },
      ])
    })

    test('sorts by several fields, also given as a list', async () => {
      const list = await guest
        .collection('posts')
        .getList(1, 1, { query: { sort: ['author', '-n'] } })
      expect(numbersOf(list)).toEqual([25])
    })

    test('past the end is empty and keeps the page it was asked for', async () => {
      const list = await guest.collection('posts').getList(9, 10)
      expect(list).toMatchObject({ items: [], page: 9, perPage: 10, totalItems: 25 })
    })

    test('has 1000 rows at most, and says so', async () => {
      expect((await guest.collection('posts').getList(1, 5000)).perPage).toBe(1000)
    })

    test('is refused for a filter or sort that the server cannot read', async () => {
      const service = guest.collection('posts')
      for (const options of [{ filter: 'nope = ' }, { filter: 'nope = 1' }, { sort: 'nope' }]) {
        await expect(service.getList(1, 10, options)).rejects.toMatchObject({ status: 400 })
      }
    })
  })

  describe('getFullList', () => {
    test('has every row, whatever the batch', async () => {
      for (const batch of [1, 7, 25, 26, 1000, 5000]) {
        const all = await guest.collection('posts').getFullList({ batch, sort: 'n' })
        expect(all.map(({ n }) => n as number)).toEqual(posts.map((_, index) => index + 1))
      }
    })

    test('filters and picks', async () => {
      const options = { batch: 2, filter: 'n > 21', fields: 'n', sort: 'n' }
      expect(await guest.collection('posts').getFullList(options)).toEqual([
        { n: 22 },
        { n: 23 },
        { n: 24 },
        { n: 25 },
      ])
    })

    test('of nothing is empty', async () => {
      expect(await guest.collection('posts').getFullList({ filter: 'n > 99' })).toEqual([])
    })
  })

  describe('getFirstListItem', () => {
    test('is the first match in the order that was asked for', async () => {
      const options = { sort: '-n', fields: 'n' }
      expect(await guest.collection('posts').getFirstListItem('n < 10', options)).toEqual({ n: 9 })
    })

    test('is a 404 where nothing matches', async () => {
      const call = guest.collection('posts').getFirstListItem('n = 99')
      await expect(call).rejects.toBeInstanceOf(NotFoundError)
    })
  })

  test('a collection can be named by its id, and its name in any case', async () => {
    const { collectionId, id } = posts[9]!
    expect(await guest.collection(collectionId).getOne(id)).toEqual(posts[9])
    expect(await guest.collection('POSTS').getOne(id)).toEqual(posts[9])
  })

  test('ids and names that look like paths stay in their place: they are just not found', async () => {
    for (const odd of ['a/b', '../../settings', '%2e%2e', 'a?b', 'a#b']) {
      await expect(guest.collection('posts').getOne(odd)).rejects.toMatchObject({ status: 404 })
      await expect(guest.collection('posts').update(odd, {})).rejects.toMatchObject({ status: 404 })
      await expect(guest.collection(odd).getList()).rejects.toMatchObject({ status: 404 })
    }
  })

  test('signing in with a password, refreshing, changing oneself and deleting oneself', async () => {
    const users = pb.admin.collection('users')
    const password = 'correct horse'
    const email = 'someone@example.com'
    const user = await users.create({ email, password, passwordConfirm: password, verified: true })
    const client = pb.guest()
    const answer = await client.collection('users').authWithPassword(email, password)
    expect(answer.record).toMatchObject({ id: user.id, email, verified: true })
    expect(client.authStore.token).toBe(answer.token)
    expect(client.authStore.isValid).toBe(true)
    const refreshed = await client
      .collection('users')
      .authRefresh({ fields: '*,record.id,record.collectionName' })
    expect(refreshed).toEqual({
      token: client.authStore.token,
      record: { id: user.id, collectionName: 'users' },
    })
    await client.collection('users').update(user.id, { name: 'Someone' })
    expect(client.authStore.record).toMatchObject({ id: user.id, name: 'Someone' })
    expect(await client.collection('users').listAuthMethods()).toMatchObject({
      password: { enabled: true, identityFields: ['email'] },
    })
    expect(await client.collection('users').delete(user.id)).toBe(true)
    expect(client.authStore.token).toBe('')
    await expect(client.collection('users').authRefresh()).rejects.toMatchObject({ status: 401 })
  })
})
