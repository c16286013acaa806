import assert from 'node:assert/strict'

import { ApiError } from '../../../src/index.ts'
import { liveList as list, liveOne as one } from '../../../src/live/index.ts'
import { failure } from '../case.ts'
import type { Cases } from '../case.ts'

export const functions: Cases = {
  liveList: {
    async ok({ guest, post, unique }) {
      const title = unique('live ')
      const { id } = await post({ title })
      const client = guest()
      using live = list(client.collection('posts'), { filter: client.filter`title = ${title}` })
      await live.ready
      assert.deepEqual(
        live.getSnapshot().map((row) => row.id),
        [id],
      )
      await client.close()
    },
    fails: async ({ guest }) =>
      failure(
        ApiError,
        async () => list(guest().collection('posts'), { filter: 'nope = 1' }).ready,
      ),
  },
  liveOne: {
    async ok({ user, post }) {
      const { id } = await post()
      const client = await user()
      using live = one(client.collection('posts'), id)
      await live.ready
      assert.equal(live.getSnapshot()?.id, id)
      await client.close()
    },
    fails: async ({ guest }) => failure(TypeError, () => one(guest().collection('posts'), '')),
  },
}

export const Live: Cases = {
  close: {
    async ok({ guest }) {
      const live = list(guest().collection('posts'))
      await live.ready
      live.close()
      assert.equal(live.state, 'closed')
    },
    fails: 'cannot fail: what is closed stays so',
  },
}
