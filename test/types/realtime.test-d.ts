import { expectTypeOf, test } from 'vitest'

import { PocketBase } from '../../src/index.ts'
import type { Answer, RecordModel, RecordSubscription } from '../../src/index.ts'
import { liveList, liveOne } from '../../src/live/index.ts'
import type { PostsRecord, Schema } from '../support/blog.ts'

const pb = new PocketBase<Schema>()
const plain = new PocketBase()

test('events are told apart by action, and follow expand and fields', () => {
  void pb.collection('posts').subscribe('*', (event) => {
    expectTypeOf(event.action).toEqualTypeOf<'create' | 'update' | 'delete'>()
    expectTypeOf(event.record).toEqualTypeOf<PostsRecord>()
  })
  void pb
    .collection('posts')
    .subscribe(
      '*',
      ({ record }) =>
        expectTypeOf(record).toEqualTypeOf<
          Answer<Schema, 'posts', 'author', 'id' | 'expand.author.name'>
        >(),
      { expand: 'author', fields: ['id', 'expand.author.name'] },
    )
  void pb.collection('posts').subscribe<{ mine: 1 }>('*', ({ record }) => {
    expectTypeOf(record.mine).toEqualTypeOf<1>()
  })
  // @ts-expect-error -- not a relation
  void pb.collection('posts').subscribe('*', () => {}, { expand: 'autor' })
  // @ts-expect-error -- not an option
  void pb.collection('posts').subscribe('*', () => {}, { exapnd: 'author' })
})

test('without a schema they are as in the official client', () => {
  void plain.collection('posts').subscribe('*', (event) => {
    expectTypeOf(event).toEqualTypeOf<RecordSubscription>()
  })
  void plain.collection('posts').subscribe<PostsRecord>('*', ({ record }) => {
    expectTypeOf(record).toEqualTypeOf<PostsRecord>()
  })
})

test('iterations give the same events', async () => {
  for await (const event of pb.collection('posts').events({ expand: 'author' })) {
    expectTypeOf(event.record).toEqualTypeOf<Answer<Schema, 'posts', 'author', never>>()
  }
})

test('live lists and records follow expand and fields', () => {
  const list = liveList(pb.collection('posts'), { expand: 'author', sort: '-title' })
  expectTypeOf(list.getSnapshot()[0]!).toEqualTypeOf<Answer<Schema, 'posts', 'author', never>>()
  const one = liveOne(pb.collection('posts'), '1')
  expectTypeOf(one.getSnapshot()).toEqualTypeOf<PostsRecord | null | undefined>()
  expectTypeOf(liveList(plain.collection('posts')).getSnapshot()).toEqualTypeOf<
    readonly RecordModel[]
  >()
  expectTypeOf(
    liveList(plain.collection<PostsRecord>('posts'), { filter: 'a = 1' }).getSnapshot(),
  ).toEqualTypeOf<readonly PostsRecord[]>()
  // @ts-expect-error -- not a relation
  liveList(pb.collection('posts'), { expand: 'autor' })
})
