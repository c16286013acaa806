import { expectTypeOf, test } from 'vitest'

import PocketBase from '../../src/index.ts'
import type { RecordModel } from '../../src/index.ts'

declare module '../../src/index.ts' {
  interface BaseAuthStore {
    user: RecordModel | null
  }
  interface SendOptions {
    tenant?: string
  }
  interface RecordService<M> {
    hello(): Promise<M>
  }
  interface PocketBase<S> {
    extra: { schema: S }
  }
}

test('programs can add members to the public types', () => {
  const pb = new PocketBase('http://pb.test')
  expectTypeOf(pb.authStore.user).toEqualTypeOf<RecordModel | null>()
  expectTypeOf(async () => pb.collection('x').hello()).returns.resolves.toEqualTypeOf<RecordModel>()
  expectTypeOf(pb.extra).toHaveProperty('schema')
})
