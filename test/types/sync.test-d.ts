import { expectTypeOf, test } from 'vitest'

import { PocketBase, RecordService } from 'pocketbase-typescript/sync'
import type {
  BlockingResponse,
  EventIterator,
  ListResult,
  RecordModel,
} from 'pocketbase-typescript/sync'

import type { Schema } from '../support/blog.ts'

const untyped = new PocketBase('/')
const typed = new PocketBase<Schema>('/')

test('calls return what the others promise', () => {
  expectTypeOf(untyped.collection('posts').getOne('1')).toEqualTypeOf<RecordModel>()
  expectTypeOf(untyped.collection('posts').getList()).toEqualTypeOf<ListResult<RecordModel>>()
  expectTypeOf(untyped.collection('posts').getOneOrNull<{ id: string }>('1')).toEqualTypeOf<{
    id: string
  } | null>()
  expectTypeOf(untyped.collection('posts').subscribe('*', () => {})).toEqualTypeOf<() => void>()
  expectTypeOf(untyped.health.check().code).toBeNumber()
  expectTypeOf(untyped.close()).toBeVoid()
})

test('a download is read without promises, as a whole or by pieces', () => {
  const response = untyped.files.download('/')
  expectTypeOf(response).toEqualTypeOf<BlockingResponse>()
  expectTypeOf(response.text()).toBeString()
  for (const piece of response.body ?? []) expectTypeOf(piece).toEqualTypeOf<Uint8Array>()
})

test('iterators are those of for … of', () => {
  for (const row of untyped.collection('posts').iterate<{ views: number }>())
    expectTypeOf(row).toEqualTypeOf<{ views: number }>()
  expectTypeOf(untyped.realtime.events<number>('x', { timeout: 1 })).toEqualTypeOf<
    EventIterator<number>
  >()
  for (const { action, record } of typed.collection('posts').events({ timeout: 1 })) {
    expectTypeOf(action).toEqualTypeOf<'create' | 'update' | 'delete'>()
    expectTypeOf(record.title).toBeString()
  }
})

test('a schema types results by expand and fields, and refuses what it does not have', () => {
  const post = typed.collection('posts').getOne('1', { expand: 'author', fields: 'id,expand' })
  expectTypeOf(post.id).toBeString()
  // @ts-expect-error -- fields leaves it out
  void post.title
  // @ts-expect-error -- there is no such collection
  typed.collection('post')
  // @ts-expect-error -- there is no such relation
  typed.collection('posts').getOne('1', { expand: 'autor' })
})

test('hooks return values, and there is no fetch function', () => {
  untyped.use((request, next) => {
    const response = next(request)
    expectTypeOf(response.status).toBeNumber()
    return response
  })
  // @ts-expect-error -- a middleware that promises an answer
  untyped.use(async (request, next) => next(request))
  // @ts-expect-error -- the client sends by itself
  void new PocketBase('/', { fetch })
})

test('classes extend it', () => {
  class Posts extends RecordService<{ id: string; title: string }> {
    titles(): string[] {
      return this.getFullList().map(({ title }) => title)
    }
  }
  expectTypeOf(new Posts(untyped, 'posts').titles()).toEqualTypeOf<string[]>()
})
