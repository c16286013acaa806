import assert from 'node:assert/strict'

import { trace } from '@opentelemetry/api'
import type { TracerProvider } from '@opentelemetry/api'

import { NetworkError } from '../../../src/index.ts'
import { instrument as start } from '../../../src/opentelemetry/index.ts'
import { failure } from '../case.ts'
import type { Cases } from '../case.ts'

/** Whose spans have these ids. */
function providerOf(traceId: string, spanId: string): TracerProvider {
  const startSpan = () => trace.wrapSpanContext({ traceId, spanId, traceFlags: 1 })
  return { getTracer: () => ({ startSpan }) as never }
}

export const functions: Cases = {
  instrument: {
    async ok({ admin, guest }) {
      const traceId = crypto.randomUUID().replaceAll('-', '')
      const client = guest()
      const stop = start(client, { tracerProvider: providerOf(traceId, 'a'.repeat(16)) })
      await client.health.check()
      stop()
      await client.health.check()
      const spans = await admin.traces.getTrace(traceId)
      assert.deepEqual(
        spans.map(({ parentId }) => parentId),
        ['a'.repeat(16)],
      )
    },
    fails: async ({ guest }) => {
      const client = guest({
        fetch: async () => {
          throw new TypeError('no network')
        },
      })
      start(client)
      return failure(NetworkError, async () => client.health.check())
    },
  },
}
