/* oxlint-disable vitest/expect-expect -- a line that must compile, or must not, is an assertion of its own */
import { describe, expectTypeOf, test } from 'vitest'

import PocketBase, { expanded } from '../../src/index.ts'
import type {
  Answer,
  CollectionName,
  Expanded,
  ListResult,
  RecordAuthResponse,
  RecordModel,
  RecordOf,
  RecordService,
  TypedRecordService,
} from '../../src/index.ts'
import type {
  CommentsRecord,
  PostsCollection,
  PostsRecord,
  ProfilesRecord,
  Schema,
  TagsRecord,
  UsersRecord,
} from '../support/blog.ts'

const pb = new PocketBase<Schema>('/')
const posts = pb.collection('posts')

declare const text: string

describe('expand', () => {
  test('types the relations that are asked for, each of them as one that can be missing', async () => {
    const post = await posts.getOne('1', { expand: 'author, comments_via_post.user' })
    expectTypeOf(post).toEqualTypeOf<
      Expanded<Schema, 'posts', 'author' | 'comments_via_post.user'>
    >()
    expectTypeOf(post.title).toEqualTypeOf<string>()
    expectTypeOf(post.expand?.author).toEqualTypeOf<UsersRecord | undefined>()
    const comment = post.expand?.comments_via_post?.[0]
    expectTypeOf(comment?.message).toEqualTypeOf<string | undefined>()
    expectTypeOf(comment?.expand?.user).toEqualTypeOf<UsersRecord | undefined>()
  })

  test('types a back-relation with a unique index as one record', async () => {
    const { expand } = await pb.collection('users').getOne('1', { expand: 'profiles_via_user' })
    expectTypeOf(expand?.profiles_via_user).toEqualTypeOf<ProfilesRecord | undefined>()
  })

  test('takes a list, and a choice', async () => {
    const listed = await posts.getOne('1', { expand: ['author', 'tags'] })
    expectTypeOf(listed.expand?.tags).toEqualTypeOf<TagsRecord[] | undefined>()
    const chosen = await posts.getOne('1', { expand: Math.random() > 0.5 ? 'author' : 'tags' })
    expectTypeOf(chosen.expand?.author?.name).toEqualTypeOf<string | undefined>()
    const perhaps = await posts.getOne('1', { expand: text ? 'author' : undefined })
    expectTypeOf(perhaps.expand?.author?.name).toEqualTypeOf<string | undefined>()
  })

  test('goes six levels deep', async () => {
    const path = 'parent.parent.parent.parent.parent.parent'
    const { expand } = await posts.getOne('1', { expand: path })
    const last = expand?.parent?.expand?.parent?.expand?.parent?.expand?.parent?.expand?.parent
    expectTypeOf(last?.expand?.parent?.title).toEqualTypeOf<string | undefined>()
  })

  test('leaves what is not known at compile time open', async () => {
    const { expand } = await posts.getOne('1', { expand: text })
    expectTypeOf(expand).toEqualTypeOf<{ [relation: string]: any } | undefined>()
    const partly = await posts.getOne('1', { expand: `author,${text}` })
    expectTypeOf(partly.expand).toEqualTypeOf<{ [relation: string]: any } | undefined>()
    const wide = { expand: 'author' }
    expectTypeOf((await posts.getOne('1', wide)).expand?.['author']).toBeAny()
    const kept = { expand: 'author' } as const
    expectTypeOf((await posts.getOne('1', kept)).expand?.author?.name).toEqualTypeOf<
      string | undefined
    >()
  })

  test('is there for every call that answers records', async () => {
    const options = { expand: 'author' } as const
    type WithAuthor = Expanded<Schema, 'posts', 'author'>
    expectTypeOf(await posts.getList(1, 20, options)).toEqualTypeOf<ListResult<WithAuthor>>()
    expectTypeOf(await posts.getFullList(options)).toEqualTypeOf<WithAuthor[]>()
    expectTypeOf(await posts.getFullList(500, options)).toEqualTypeOf<WithAuthor[]>()
    expectTypeOf(await posts.getFirstListItem('', options)).toEqualTypeOf<WithAuthor>()
    expectTypeOf(
      await posts.create({ title: 'x', author: 'y' }, options),
    ).toEqualTypeOf<WithAuthor>()
    expectTypeOf(await posts.update('1', {}, options)).toEqualTypeOf<WithAuthor>()
    expectTypeOf(await posts.getFirstOrNull('', options)).toEqualTypeOf<WithAuthor | null>()
    expectTypeOf(await posts.getOneOrNull('1', options)).toEqualTypeOf<WithAuthor | null>()
    for await (const post of posts.iterate(options)) expectTypeOf(post).toEqualTypeOf<WithAuthor>()
    for await (const page of posts.pages({ ...options, walk: 'pages' })) {
      expectTypeOf(page).toEqualTypeOf<WithAuthor[]>()
    }
    const { record } = await pb
      .collection('users')
      .authWithPassword('a', 'b', { expand: 'posts_via_author' })
    expectTypeOf(record.expand?.posts_via_author?.[0]?.title).toEqualTypeOf<string | undefined>()
    const fresh = await pb.collection('users').authRefresh({ expand: 'profiles_via_user' })
    expectTypeOf(fresh.record.expand?.profiles_via_user?.bio).toEqualTypeOf<string | undefined>()
  })
})

describe('fields', () => {
  test('picks keys', async () => {
    const post = await posts.getOne('1', { fields: 'id, title:excerpt(200,true), views' })
    expectTypeOf(post).toEqualTypeOf<Pick<PostsRecord, 'id' | 'title' | 'views'>>()
    const list = await posts.getList(1, 20, { fields: ['id', 'title'] })
    expectTypeOf(list.items).toEqualTypeOf<Pick<PostsRecord, 'id' | 'title'>[]>()
  })

  test('drops what is expanded where it does not name it', async () => {
    const post = await posts.getOne('1', { expand: 'author', fields: 'id' })
    expectTypeOf(post).toEqualTypeOf<Pick<PostsRecord, 'id'>>()
  })

  test('picks from what is expanded', async () => {
    const post = await posts.getOne('1', {
      expand: 'author,comments_via_post.user',
      fields: '*,expand.author.name,expand.comments_via_post.expand.user.id',
    })
    expectTypeOf(post.title).toEqualTypeOf<string>()
    expectTypeOf(post.expand?.author).toEqualTypeOf<Pick<UsersRecord, 'name'> | undefined>()
    const comment = post.expand?.comments_via_post?.[0]
    expectTypeOf(comment?.expand?.user).toEqualTypeOf<Pick<UsersRecord, 'id'> | undefined>()
    expectTypeOf<'message'>().not.toExtend<keyof NonNullable<typeof comment>>()
  })

  test('keeps the rest of a level for *, and the whole beside its parts', async () => {
    const all = await posts.getOne('1', { expand: 'author', fields: '*' })
    expectTypeOf(all.expand?.author).toEqualTypeOf<UsersRecord | undefined>()
    const rest = await posts.getOne('1', {
      expand: 'author,tags',
      fields: 'expand.*,expand.tags.id',
    })
    expectTypeOf(rest.expand?.author).toEqualTypeOf<UsersRecord | undefined>()
    expectTypeOf(rest.expand?.tags).toEqualTypeOf<Pick<TagsRecord, 'id'>[] | undefined>()
    const whole = await posts.getOne('1', { fields: 'place,place.lon' })
    expectTypeOf(whole.place.lat).toEqualTypeOf<number>()
  })

  test('picks from places and typed JSON, and keeps JSON of no known type unknown', async () => {
    const post = await posts.getOne('1', { fields: 'place.lon,meta.links.url' })
    expectTypeOf(post).toEqualTypeOf<{
      place: Pick<PostsRecord['place'], 'lon'>
      meta: { links: { url: string }[] } | null
    }>()
    const stats = await pb.collection('post_stats').getOne('1', { fields: 'last.at' })
    expectTypeOf(stats).toEqualTypeOf<{ last: unknown }>()
  })

  test('makes every key optional where it is not known at compile time', async () => {
    const post = await posts.getOne('1', { fields: text })
    expectTypeOf(post).toEqualTypeOf<Partial<PostsRecord>>()
  })

  test('keeps optional keys optional', async () => {
    const user = await pb.collection('users').getOne('1', { fields: 'email,name' })
    expectTypeOf(user).toEqualTypeOf<{ email?: string; name: string }>()
  })
})

test('the empty text asks for nothing', async () => {
  const none = await posts.getOne('1', { expand: '', fields: '' })
  expectTypeOf(none).toEqualTypeOf<PostsRecord>()
  const sorted = await posts.getFullList({ expand: '', fields: '', sort: text ? '-created' : '' })
  expectTypeOf(sorted).toEqualTypeOf<PostsRecord[]>()
  const perhaps = await posts.getOne('1', { expand: text ? 'author' : '' })
  expectTypeOf(perhaps).toEqualTypeOf<Expanded<Schema, 'posts', 'author'>>()
  const some = await posts.getOne('1', { fields: text ? 'id' : '' })
  expectTypeOf(some).toEqualTypeOf<Pick<PostsRecord, 'id'>>()
  // @ts-expect-error -- there is nothing behind the comma
  await posts.getOne('1', { expand: 'author,' })
})

test('sort takes fields, relations, parts of places, modifiers and any text', () => {
  const sorts = posts.getList(1, 1, { sort: ['-created', '+place.lon', 'title:lower', '@random'] })
  expectTypeOf(sorts).resolves.toEqualTypeOf<ListResult<PostsRecord>>()
  const far = posts.getList(1, 1, { sort: 'author.name, -comments_via_post.user.created' })
  expectTypeOf(far).resolves.toEqualTypeOf<ListResult<PostsRecord>>()
  expectTypeOf(posts.getList(1, 1, { sort: text })).resolves.toEqualTypeOf<
    ListResult<PostsRecord>
  >()
})

test('bodies take files, dates, modifiers and form data', async () => {
  const file = new Blob(['x'])
  const at = new Date()
  expectTypeOf(
    await posts.create({ title: 'x', author: 'y', cover: file, publishedAt: at }),
  ).toEqualTypeOf<PostsRecord>()
  expectTypeOf(await posts.create(new FormData())).toEqualTypeOf<PostsRecord>()
  await posts.update('1', { 'tags+': 'a', 'views-': 1, 'attachments-': ['x.png'], cover: '' })
  await posts.update('1', { '+attachments': [file], status: null })
})

test('what changes many records is checked, and gets what it asked for', async () => {
  await posts.updateWhere('views = 0', { 'views+': 1 }, { concurrency: 8, onProgress: () => {} })
  await posts.updateWhere(
    pb.filter`views < ${1}`,
    async (post) => {
      expectTypeOf(post.expand?.author).toEqualTypeOf<Pick<UsersRecord, 'name'> | undefined>()
      return post.title ? { title: post.title.trim() } : null
    },
    { expand: 'author', fields: 'title,expand.author.name' },
  )
  expectTypeOf(await posts.deleteWhere('views = 0', { dryRun: true })).toHaveProperty('done')
  expectTypeOf(await posts.count('views = 0', { timeout: 5 })).toEqualTypeOf<number>()
  // @ts-expect-error there is no such field
  await posts.updateWhere('views = 0', { vews: 1 })
  // @ts-expect-error there is no such field
  await posts.updateWhere('views = 0', (post) => ({ title: post.titel }))
  // @ts-expect-error a view cannot be written
  await pb.collection('post_stats').updateWhere('comments = 0', { comments: 1 })
  // @ts-expect-error there is no such option
  await posts.deleteWhere('views = 0', { parallel: 3 })
})

test('options take what is known, and anything in query', async () => {
  await posts.getOne('1', { query: { custom: 1 }, headers: { a: 'b' }, cache: 'no-store' })
  await posts.getOne('1', {
    requestKey: null,
    timeout: 5,
    retry: 1,
    signal: new AbortController().signal,
  })
  // @ts-expect-error fields would name what is around the record
  await pb.collection('users').authWithPassword('a', 'b', { fields: 'id' })
})

test('a call with a type of its own is not checked', async () => {
  interface Mine {
    foo: string
  }
  expectTypeOf(await posts.getOne<Mine>('1', { expand: 'any', custom: 1 })).toEqualTypeOf<Mine>()
  expectTypeOf(await posts.getFullList<Mine>({ batch: 3 })).toEqualTypeOf<Mine[]>()
  expectTypeOf(await posts.getFullList<Mine>(3)).toEqualTypeOf<Mine[]>()
  expectTypeOf(await posts.getList<Mine>()).toEqualTypeOf<ListResult<Mine>>()
  expectTypeOf(await posts.getOneOrNull<Mine>('1')).toEqualTypeOf<Mine | null>()
  expectTypeOf(await posts.getFirstOrNull<Mine>('')).toEqualTypeOf<Mine | null>()
  for await (const mine of posts.iterate<Mine>()) expectTypeOf(mine).toEqualTypeOf<Mine>()
  for await (const page of posts.pages<Mine>()) expectTypeOf(page).toEqualTypeOf<Mine[]>()
  await posts.updateWhere<Mine>('', ({ foo }) => ({ any: foo }), { custom: 1 })
  expectTypeOf(await posts.create<Mine>({ foo: 1 })).toEqualTypeOf<Mine>()
  const { record } = await pb.collection('users').authRefresh<Mine>()
  expectTypeOf(record).toEqualTypeOf<Mine>()
})

test('expanded() is what was asked for, without undefined', async () => {
  const post = await posts.getOne('1', {
    expand: 'author.profiles_via_user,comments_via_post.user',
  })
  expectTypeOf(expanded(post, 'author').name).toEqualTypeOf<string>()
  expectTypeOf(expanded(post, 'author.profiles_via_user')).toEqualTypeOf<ProfilesRecord>()
  expectTypeOf(expanded(post, 'comments_via_post.user')).toEqualTypeOf<UsersRecord[]>()
  const [first] = expanded(post, 'comments_via_post')
  expectTypeOf(first?.message).toEqualTypeOf<string | undefined>()
  const back = await pb
    .collection('tags')
    .getOne('1', { expand: 'posts_via_tags.comments_via_post' })
  expectTypeOf(expanded(back, 'posts_via_tags.comments_via_post')).toEqualTypeOf<CommentsRecord[]>()
  // @ts-expect-error it was not asked for
  expectTypeOf(() => expanded(post, 'tags'))
  const open = await new PocketBase('/').collection('posts').getOne('1')
  expectTypeOf(expanded(open, 'author.team')).toBeAny()
})

describe('who is signed in', () => {
  test('is one of the auth records', () => {
    expectTypeOf(pb.authStore.record).toEqualTypeOf<UsersRecord | null>()
  })

  test('is told by the collection where there are more', () => {
    interface Two extends Schema {
      staff: { type: 'auth'; record: { id: string; collectionName: 'staff'; rank: number } }
    }
    const { record } = new PocketBase<Two>('/').authStore
    if (record?.collectionName === 'staff') expectTypeOf(record.rank).toEqualTypeOf<number>()
    if (record?.collectionName === 'users') expectTypeOf(record).toEqualTypeOf<UsersRecord>()
  })

  test('is any record where the schema has no auth collection', () => {
    const { authStore } = new PocketBase<Pick<Schema, 'posts'>>('/')
    expectTypeOf(authStore.record).toEqualTypeOf<RecordModel | null>()
  })
})

describe('a schema by hand', () => {
  type Hand = {
    notes: { type: 'base'; record: { id: string; text: string }; relations: { owner: 'people' } }
    people: { type: 'auth'; record: { id: string; name: string } }
    sums: { type: 'view'; record: { id: string; sum: number } }
    loose: { type: 'base'; relations: { gone: 'elsewhere' } }
  }
  const hand = new PocketBase<Hand>('/')

  test('can be a type alias', async () => {
    const note = await hand.collection('notes').getOne('1', { expand: 'owner', fields: '*' })
    expectTypeOf(note.expand?.owner?.name).toEqualTypeOf<string | undefined>()
  })

  test('without create and update has the names in bodies checked, and values not', async () => {
    await hand.collection('notes').create({ text: new Blob(['x']) })
    await hand.collection('notes').update('1', { 'text:autogenerate': 'a', '+text': 1 })
    await hand.collection('people').create({ name: 'x', password: 'y', passwordConfirm: 'y' })
    // @ts-expect-error there is no such field
    await hand.collection('notes').create({ txt: 'x' })
    // @ts-expect-error a note has no password
    await hand.collection('notes').update('1', { password: 'x' })
    // @ts-expect-error a view cannot be written
    await hand.collection('sums').create({ sum: 1 })
  })

  test('is one of a client, too, where its records leave out what all have', () => {
    const plain: PocketBase = hand
    expectTypeOf(plain.authStore.record).toEqualTypeOf<RecordModel | null>()
    expectTypeOf(hand.authStore.record?.collectionName).toEqualTypeOf<string | undefined>()
    expectTypeOf(hand.authStore.record?.name).toEqualTypeOf<string | undefined>()
  })

  test('without relations expands nothing', async () => {
    // @ts-expect-error there are none
    await hand.collection('people').getOne('1', { expand: 'notes_via_owner' })
  })

  test('without a record, or with a relation to a collection that is not in it, has any record', async () => {
    const loose = await hand.collection('loose').getOne('1', { expand: 'gone' })
    expectTypeOf(loose.collectionId).toEqualTypeOf<string>()
    expectTypeOf(loose['anything']).toBeAny()
    expectTypeOf(loose.expand?.['gone']).toEqualTypeOf<RecordModel | undefined>()
    await hand.collection('loose').create({ anything: 1 })
  })

  test('can have a record of its own, which is what is expanded elsewhere, too', async () => {
    interface MyPost extends Omit<PostsRecord, 'publishedAt'> {
      publishedAt: Date
    }
    interface Mine extends Omit<Schema, 'posts'> {
      posts: Omit<PostsCollection, 'record'> & { record: MyPost }
    }
    const mine = new PocketBase<Mine>('/')
    const user = await mine.collection('users').getOne('1', { expand: 'posts_via_author' })
    expectTypeOf(user.expand?.posts_via_author).toEqualTypeOf<MyPost[] | undefined>()
  })
})

describe('signing in', () => {
  const users = pb.collection('users')
  type WithPosts = Expanded<Schema, 'users', 'posts_via_author'>

  test('answers what expand asks for, in every way there is', async () => {
    const options = { expand: 'posts_via_author', mfaId: 'x' } as const
    const storage = sessionStorage
    const answers = [
      await users.authWithPassword('a', 'b', options),
      await users.authWithOTP('a', 'b', options),
      await users.authWithOAuth2({ provider: 'x', createData: { name: 'Ada' }, ...options }),
      await users.authWithOAuth2Code('x', 'c', 'v', '/', { name: 'Ada' }, options),
      await users.completeOAuth2('/', { ...options, storage }),
    ]
    expectTypeOf(answers).toEqualTypeOf<RecordAuthResponse<WithPosts>[]>()
    await users.startOAuth2({ provider: 'x', redirectURL: '/', createData: { name: 'A' }, storage })
    // @ts-expect-error no field of users
    await users.authWithOAuth2Code('x', 'c', 'v', '/', { nmae: 'Ada' })
  })

  test('answers a type of your own', async () => {
    interface Mine {
      foo: string
    }
    const answers = [
      await users.authWithOTP<Mine>('a', 'b', { any: 1 }),
      await users.authWithOAuth2<Mine>({ provider: 'x', any: 1 }),
      await users.authWithOAuth2Code<Mine>('x', 'c', 'v', '/'),
      await users.completeOAuth2<Mine>(),
    ]
    expectTypeOf(answers).toEqualTypeOf<RecordAuthResponse<Mine>[]>()
  })

  test('as somebody else gives a client of the same schema, or of the class that is named', async () => {
    class App extends PocketBase<Schema> {}
    expectTypeOf(await users.impersonate('1', 60)).toEqualTypeOf<PocketBase<Schema>>()
    expectTypeOf(await users.impersonate<App>('1', 60)).toEqualTypeOf<App>()
    const untyped = new PocketBase('/').collection('users')
    expectTypeOf(await untyped.impersonate('1', 60)).toEqualTypeOf<PocketBase>()
  })

  test('is for auth collections alone', async () => {
    // @ts-expect-error not an auth collection
    await posts.listAuthMethods()
    // @ts-expect-error not an auth collection
    await posts.requestOTP('a')
    // @ts-expect-error not an auth collection
    await posts.authWithOTP('a', 'b')
    // @ts-expect-error not an auth collection
    await posts.authWithOAuth2({ provider: 'x' })
    // @ts-expect-error not an auth collection
    await posts.authWithOAuth2Code('x', 'c', 'v', '/')
    // @ts-expect-error not an auth collection
    await posts.startOAuth2({ provider: 'x', redirectURL: '/' })
    // @ts-expect-error not an auth collection
    await posts.completeOAuth2()
    // @ts-expect-error not an auth collection
    await posts.requestVerification('a')
    // @ts-expect-error not an auth collection
    await posts.confirmVerification('a')
    // @ts-expect-error not an auth collection
    await posts.requestPasswordReset('a')
    // @ts-expect-error not an auth collection
    await posts.confirmPasswordReset('a', 'b', 'b')
    // @ts-expect-error not an auth collection
    await posts.requestEmailChange('a')
    // @ts-expect-error not an auth collection
    await posts.confirmEmailChange('a', 'b')
    // @ts-expect-error not an auth collection
    await posts.impersonate('1', 60)
    // @ts-expect-error not an auth collection
    await posts.listExternalAuths('1')
    // @ts-expect-error not an auth collection
    await posts.unlinkExternalAuth('1', 'x')
  })
})

describe('superusers', () => {
  test('sign in, are listed and written without being in the schema', async () => {
    const superusers = pb.collection('_superusers')
    const { record } = await superusers.authWithPassword('a', 'b')
    expectTypeOf(record).toEqualTypeOf<RecordModel>()
    expectTypeOf(await superusers.authRefresh()).toHaveProperty('token')
    expectTypeOf(await superusers.getFullList()).toEqualTypeOf<RecordModel[]>()
    await superusers.create({ email: 'a@test.example', password: 'x', passwordConfirm: 'x' })
    await superusers.update('1', new FormData())
    // @ts-expect-error not a body
    await superusers.create(5)
    // @ts-expect-error they have no relations
    await superusers.getOne('1', { expand: 'author' })
    // @ts-expect-error not a collection of the schema, as before
    pb.collection('_externalAuths')
  })

  test('are of the type that the schema gives them', async () => {
    interface Mine extends Schema {
      _superusers: { type: 'auth'; record: { id: string; collectionName: '_superusers' } }
    }
    const mine = new PocketBase<Mine>('/')
    const { record } = await mine.collection('_superusers').authWithPassword('a', 'b')
    expectTypeOf(record).toEqualTypeOf<Mine['_superusers']['record']>()
    // @ts-expect-error there is no such field
    await mine.collection('_superusers').create({ nope: 1 })
  })

  test('are no name of the schema', () => {
    expectTypeOf<'_superusers'>().not.toExtend<CollectionName<Schema>>()
  })
})

describe('generic code', () => {
  test('takes a client with a schema, and keeps what it knows', async () => {
    const first = async <N extends CollectionName<Schema>>(
      client: PocketBase<Schema>,
      name: N,
    ): Promise<RecordOf<Schema, N> | undefined> => (await client.collection(name).getFullList())[0]
    expectTypeOf(first(pb, 'posts')).resolves.toEqualTypeOf<PostsRecord | undefined>()

    const load = <E extends 'author' | 'tags'>(
      expand: E,
    ): Promise<Answer<Schema, 'posts', E, never>> =>
      posts.getOne<Answer<Schema, 'posts', E, never>>('1', { expand })
    expectTypeOf((await load('tags')).expand?.tags).toEqualTypeOf<TagsRecord[] | undefined>()
  })

  test('takes a client with a schema where it asks for one without', () => {
    const plain = (client: PocketBase): RecordService => client.collection('anything')
    expectTypeOf(plain(pb)).toEqualTypeOf<RecordService>()
    const records: RecordService = posts
    const own: RecordService<PostsRecord> = posts
    expectTypeOf([records, own]).toBeArray()
    const url = (post: PostsRecord): string => pb.files.getURL(post, post.cover)
    expectTypeOf(url).parameter(0).toExtend<RecordModel>()
  })

  test('takes one of several names', async () => {
    const which = 'posts' as 'posts' | 'users'
    const record = await pb.collection(which).getOne('1')
    expectTypeOf(record.id).toEqualTypeOf<string>()
    if (record.collectionName === 'users') expectTypeOf(record).toEqualTypeOf<UsersRecord>()
  })
})

test('the service of a collection has a name', () => {
  expectTypeOf(posts).toEqualTypeOf<TypedRecordService<Schema, 'posts'>>()
})
