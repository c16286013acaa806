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
