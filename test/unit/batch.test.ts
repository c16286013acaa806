import { describe, expect, test } from 'vitest'

import { DecodeError } from '../../src/index.ts'
import { json, observed } from '../support/observed.ts'

const result = { status: 200, body: { id: 'a' } }

describe('an answer to a batch', () => {
  test.each([
    ['fewer', []],
    ['more', [result, result]],
  ])(
    'with %s results than it has operations is garbage, and nothing is sent again',
    async (_, answer) => {
      const { client, requests } = observed((__, index) => json(index < 3 ? answer : [result]))
      const batch = client.createBatch()
      batch.collection('posts').create({ title: 'a' })
      await expect(batch.send()).rejects.toThrow(DecodeError)
      expect(requests).toHaveLength(1)
    },
  )
})

test('bodies are those of single calls: what an object says of itself, and JSON as text', async () => {
  const { client, requests } = observed(() => json([result, result]))
  const body = { toJSON: () => ({ title: 'a' }) }
  await client.batch((b) => [
    b.collection('posts').create(body),
    b.collection('posts').create('{"title":"b"}' as never),
  ])
  const sent = JSON.parse(requests[0]!.init.body as string)
  expect(sent.requests.map((request: any) => request.body)).toEqual([
    { title: 'a' },
    { title: 'b' },
  ])
})
