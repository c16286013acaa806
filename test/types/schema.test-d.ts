import { expectTypeOf, test } from 'vitest'

import PocketBase, { LocalAuthStore } from '../../src/index.ts'
import type { CollectionName, ListResult, RecordService } from '../../src/index.ts'

interface PostsRecord {
  collectionId: string
  collectionName: 'posts'
  id: string
  title: string
}
interface UsersRecord {
  collectionId: string
  collectionName: 'users'
  id: string
  email?: string
  name: string
}
interface Schema {
  posts: { type: 'base'; record: PostsRecord; relations: { author: 'users' } }
  users: { type: 'auth'; record: UsersRecord; relations: { posts_via_author: 'posts'[] } }
}

const pb = new PocketBase<Schema>('http://pb.test')

test('the name of a collection decides the type of its records', async () => {
  expectTypeOf(await pb.collection('posts').getOne('1')).toEqualTypeOf<PostsRecord>()
  expectTypeOf(await pb.collection('users').getList()).toEqualTypeOf<ListResult<UsersRecord>>()
})

test('a collection that the schema does not have is refused', () => {
  // @ts-expect-error 'nope' is no collection
  pb.collection('nope')
  expectTypeOf<'nope'>().not.toExtend<CollectionName<Schema>>()
})

test('who is signed in is one of the auth records', () => {
  expectTypeOf(pb.authStore.record).toEqualTypeOf<UsersRecord | null>()
  pb.authStore = new LocalAuthStore()
})

test('placeholders are checked by name', () => {
  pb.filter('a = {:a} && b = {:b}', { a: 1, b: 'x' })
  // @ts-expect-error b is missing
  pb.filter('a = {:a} && b = {:b}', { a: 1 })
  // @ts-expect-error there is no {:c}
  pb.filter('a = {:a}', { a: 1, c: 2 })
  const params: Record<string, any> = {}
  pb.filter('a = {:a}', params)
  const dynamic = pb.collection('posts').collectionIdOrName
  expectTypeOf(pb.filter(dynamic, { a: 1 })).toBeString()
})

test('a client with a schema is a client', () => {
  const plain: PocketBase = pb
  expectTypeOf(plain.collection('x')).toEqualTypeOf<RecordService>()
  const records: RecordService = pb.collection('posts')
  expectTypeOf(records.collectionIdOrName).toEqualTypeOf<string>()
})

test('a subclass keeps the schema', async () => {
  class App extends PocketBase<Schema> {
    async first(): Promise<PostsRecord> {
      return this.collection('posts').getFirstListItem('')
    }
  }
  expectTypeOf(await new App('x').first()).toEqualTypeOf<PostsRecord>()
})

test('any schema will do in generic code, and any is untyped', async () => {
  const off = <S extends object>(client: PocketBase<S>): PocketBase<S> =>
    client.autoCancellation(false)
  expectTypeOf(off(pb)).toEqualTypeOf<PocketBase<Schema>>()
  await new PocketBase<any>('x').collection('whatever').getOne('1')
})
