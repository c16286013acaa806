import { expectTypeOf, test } from 'vitest'

import { startAnalytics } from '../../src/analytics/index.ts'
import PocketBase from '../../src/index.ts'
import { instrument } from '../../src/opentelemetry/index.ts'
import type { Schema } from '../support/blog.ts'

const typed = new PocketBase<Schema>('/')

test('clients with a schema are collected and traced as any other', () => {
  expectTypeOf(startAnalytics).toBeCallableWith(typed)
  expectTypeOf(instrument).toBeCallableWith(typed)
})

test('a range and an order are of a few', () => {
  type Range = NonNullable<Parameters<typeof typed.analytics.getStats>[0]>
  expectTypeOf<Range>().toEqualTypeOf<'today' | '7d' | '30d' | '90d'>()
  // @ts-expect-error -- spans have no such column
  void typed.traces.listSpans(0, { orderBy: 'start' })
})
