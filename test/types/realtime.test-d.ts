import { expectTypeOf, test } from 'vitest'

import { PocketBase } from '../../src/index.ts'
import type {
  Answer,
  EventIterator,
  RecordEvent,
  RecordModel,
  RecordSubscription,
} from '../../src/index.ts'
import { liveList, liveOne } from '../../src/live/index.ts'
import type { LiveList, LiveOne } from '../../src/live/index.ts'
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
  // @ts-expect-error -- not a relation, also where a type for the callback's parameter could be had from the one before
  void pb.collection('posts').subscribe('*', ({ record }) => record, { expand: 'autor' })
  // @ts-expect-error -- a callback for other records
  void pb.collection('posts').subscribe('*', (event: RecordEvent<{ mine: 1 }>) => event)
  void pb.collection('posts').subscribe('*', (event: RecordEvent<PostsRecord>) => event)
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
  const wanted: EventIterator<RecordEvent<PostsRecord>> = pb.collection('posts').events()
  expectTypeOf(wanted).toEqualTypeOf<EventIterator<RecordEvent<PostsRecord>>>()
  const posts = pb.collection('posts')
  // @ts-expect-error -- not a relation, whatever is expected of it
  const wrong: EventIterator<RecordEvent<PostsRecord>> = posts.events({ expand: 'autor' })
  void wrong
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
  // @ts-expect-error -- not a relation, whatever is expected of it
  const wrongList: LiveList<PostsRecord> = liveList(pb.collection('posts'), { expand: 'autor' })
  // @ts-expect-error -- not a relation, whatever is expected of it
  const wrongOne: LiveOne<PostsRecord> = liveOne(pb.collection('posts'), '1', { expand: 'autor' })
  // @ts-expect-error -- not a row of it
  const mine: LiveList<{ mine: 1 }> = liveList(pb.collection('posts'))
  void [wrongList, wrongOne, mine]
})
