import assert from 'node:assert/strict'

import { RateLimitError as RateLimited, ValidationError } from '../../../src/index.ts'
import { failure } from '../case.ts'
import type { Case, Cases } from '../case.ts'
import type { Context } from '../context.ts'
import { halfSignedIn } from '../mfa.ts'

const onlyReads = 'cannot fail: it reads what the answer held'

/** What a server says of a post without a title, asked for with a secret in the query. */
async function refusal({ admin }: Context): Promise<ValidationError> {
  const query = { secret: 'hush' }
  return failure(ValidationError, async () => admin.collection('posts').create({}, { query }))
}

// By itself: in a record of cases the compiler takes `toString` for every object's.
const asText: Case = {
  async ok(context) {
    const error = await refusal(context)
    assert.equal(String(error), `ClientResponseError 400: ${error.describe()}`)
  },
  fails: onlyReads,
}

export const ClientResponseError: Cases = {
  data: {
    async ok(context) {
      const { data, response } = await refusal(context)
      assert.equal(data, response)
    },
    fails: onlyReads,
  },
  fieldErrors: {
    async ok(context) {
      const { fieldErrors, response } = await refusal(context)
      assert.equal(fieldErrors['title']?.code, 'validation_required')
      assert.deepEqual(fieldErrors, response['data'])
    },
    fails: onlyReads,
  },
  describe: {
    async ok(context) {
      const text = (await refusal(context)).describe()
      const call = 'POST /api/collections/posts/records'
      const reason = 'Failed to create record. title: Cannot be blank.'
      assert.equal(text, `${call} failed with 400: ${reason}`)
    },
    fails: onlyReads,
  },
  toJSON: {
    async ok(context) {
      const error = await refusal(context)
      const text = JSON.stringify(error)
      const { status, message } = JSON.parse(text)
      assert.deepEqual([status, message], [400, 'Failed to create record.'])
      assert.match(error.url, /secret=hush/)
      assert.doesNotMatch(text, /hush|Authorization/)
    },
    fails: onlyReads,
  },
  toString: asText,
}

export const MfaRequiredError: Cases = {
  mfaId: {
    async ok(context) {
      const { error } = await halfSignedIn(context)
      assert.match(error.mfaId, /^\w{15}$/)
    },
    fails: onlyReads,
  },
}

export const RateLimitError: Cases = {
  retryAfterMs: {
    async ok({ admin, guest }) {
      const rule = { label: 'GET /api/health', audience: '', duration: 60, maxRequests: 1 }
      await admin.settings.update({ rateLimits: { enabled: true, rules: [rule] } })
      try {
        const client = guest()
        await client.health.check()
        const error = await failure(RateLimited, async () => client.health.check())
        // The server does not say; a proxy in front of it may.
        assert.equal(error.retryAfterMs, undefined)
      } finally {
        await admin.settings.update({ rateLimits: { enabled: false } })
      }
    },
    fails: onlyReads,
  },
}
