/* oxlint-disable vitest/expect-expect -- a line that must compile, or must not, is an assertion of its own */
import { expectTypeOf, test } from 'vitest'

import PocketBase from '../../src/index.ts'
import type { BatchItem, BatchRequestResult, Expanded, RecordModel } from '../../src/index.ts'
import type { PostsRecord, Schema, TagsRecord } from '../support/blog.ts'

const pb = new PocketBase<Schema>('/')
const untyped = new PocketBase('/')

test('a batch answers each operation with a type of its own', async () => {
  const [post, tag, gone, changed] = await pb.batch((b) => [
    b.collection('posts').create({ title: 'a', author: '1' }, { expand: 'author' }),
    b.collection('tags').upsert({ name: 'a' }),
    b.collection('posts').delete('1'),
    b.collection('posts').update('1', { 'views+': 1 }, { fields: 'id,views' }),
  ])
  expectTypeOf(post).toEqualTypeOf<Expanded<Schema, 'posts', 'author'>>()
  expectTypeOf(tag).toEqualTypeOf<TagsRecord>()
  expectTypeOf(gone).toEqualTypeOf<true>()
  expectTypeOf(changed).toEqualTypeOf<Pick<PostsRecord, 'id' | 'views'>>()
})

test('a list of operations answers a list', async () => {
  const tags = await pb.batch((b) =>
    ['a', 'b'].map((name) => b.collection('tags').create({ name })),
  )
  expectTypeOf(tags).toEqualTypeOf<TagsRecord[]>()
  expectTypeOf(await pb.batch(() => [])).toEqualTypeOf<[]>()
})

test('handles read the results of a batch that was made step by step', async () => {
  const batch = pb.createBatch()
  const post = batch.collection('posts').create({ title: 'a', author: '1' })
  const mine = batch.collection('posts').update<{ mine: 1 }>('1', { any: 'thing' })
  const results = await batch.send({ split: 50 })
  expectTypeOf(results.of(post)).toEqualTypeOf<PostsRecord>()
  expectTypeOf(results.of(mine)).toEqualTypeOf<{ mine: 1 }>()
  expectTypeOf(results[0]!).toEqualTypeOf<BatchRequestResult>()
})

test('mistakes do not compile', async () => {
  const batch = pb.createBatch()
  // @ts-expect-error -- no collection of the schema
  batch.collection('nothing')
  const posts = batch.collection('posts')
  // @ts-expect-error -- the title is missing
  posts.create({ author: '1' })
  // @ts-expect-error -- no field of posts
  posts.update('1', { titel: 'a' })
  // @ts-expect-error -- no relation of posts
  posts.create({ title: 'a', author: '1' }, { expand: 'nobody' })
  // @ts-expect-error -- a batch is cancelled as a whole
  posts.delete('1', { signal: AbortSignal.timeout(1) })
  // @ts-expect-error -- a view cannot be written
  batch.collection('post_stats').create({ comments: 1 })
  // @ts-expect-error -- a number is no operation
  await pb.batch(() => [1])
  // @ts-expect-error -- no option of a batch
  await batch.send({ splt: 50 })
})

test('a client without a schema takes any name, and a type for each call', async () => {
  const [post, mine, gone] = await untyped.batch((b) => [
    b.collection('anything').create({ a: 1 }, { expand: 'x', custom: 1 }),
    b.collection('anything').upsert<{ mine: 1 }>({ a: 1 }),
    b.collection('anything').delete('1'),
  ])
  expectTypeOf(post).toEqualTypeOf<RecordModel>()
  expectTypeOf(mine).toEqualTypeOf<{ mine: 1 }>()
  expectTypeOf(gone).toEqualTypeOf<true>()
  const item: BatchItem = untyped.createBatch().collection('anything').create()
  expectTypeOf((await untyped.createBatch().send()).of(item)).toBeAny()
})

test('settings are typed, as far as servers agree, and open for more', async () => {
  const settings = await untyped.settings.getAll()
  expectTypeOf(settings.meta.appName).toEqualTypeOf<string>()
  expectTypeOf(settings.superuserIPs).toEqualTypeOf<string[] | undefined>()
  await untyped.settings.update({ batch: { enabled: true }, backups: { s3: { enabled: false } } })
  const any: { [key: string]: any } = {}
  await untyped.settings.update(any)
  // @ts-expect-error -- a boolean, no text
  await untyped.settings.update({ batch: { enabled: 'yes' } })
})
