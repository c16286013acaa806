import assert from 'node:assert/strict'

import { ApiError, OAuth2Error, ValidationError } from '../../../src/index.ts'
import type { OAuth2Storage, RecordService as Service } from '../../../src/index.ts'
import { failure } from '../case.ts'
import type { Cases } from '../case.ts'
import { password } from '../context.ts'
import type { Context } from '../context.ts'
import { answerOf, withMail, withProvider } from '../peers.ts'

const redirectURL = 'https://app.test/callback'

/** The token of the next mail that a user asks for. */
async function mailedToken(
  context: Context,
  ask: (users: Service, email: string) => Promise<boolean>,
): Promise<{ users: Service; token: string }> {
  const client = await context.user()
  const users = client.collection('users')
  return withMail(context, async (next) => {
    const { email } = client.authStore.record!
    assert.equal(await ask(users, email), true)
    const [token] = /eyJ[\w-]+\.[\w-]+\.[\w-]+/.exec(await next()) ?? []
    return { users, token: token! }
  })
}

/** Follows the provider's redirect to the server, as a browser would. */
function as(name: string): (url: string) => Promise<void> {
  return async (url) => void (await fetch(answerOf(url, name), { redirect: 'manual' }))
}

function storage(): OAuth2Storage {
  const items = new Map<string, string>()
  return {
    getItem: (key) => items.get(key),
    setItem: (key, text) => items.set(key, text),
    removeItem: (key) => items.delete(key),
  }
}

export const RecordService: Cases = {
  authWithOTP: {
    async ok(context) {
      const { admin, guest, unique } = context
      const name = unique('members')
      await admin.collections.create({ name, type: 'auth', otp: { enabled: true } })
      const email = 'otp@example.com'
      const created = { email, password, passwordConfirm: password }
      const { id } = await admin.collection(name).create(created)
      const client = guest()
      await withMail(context, async (next) => {
        const { otpId } = await client.collection(name).requestOTP(email)
        const [code] = /(?<=<strong>)\d+/.exec(await next()) ?? []
        await client.collection(name).authWithOTP(otpId, code!)
      })
      assert.equal(client.authStore.record!.id, id)
    },
    async fails({ admin, guest, unique }) {
      const name = unique('members')
      await admin.collections.create({ name, type: 'auth', otp: { enabled: true } })
      return failure(ApiError, async () =>
        guest().collection(name).authWithOTP('unknown12345678', '12345678'),
      )
    },
  },
  authWithOAuth2: {
    ok: async (context) =>
      withProvider(context, async (name) => {
        const client = context.guest()
        const urlCallback = as('ada')
        const config = { provider: 'oidc', urlCallback }
        const { record, meta } = await client.collection(name).authWithOAuth2(config)
        assert.equal(meta!['id'], 'ada')
        assert.deepEqual(client.authStore.record, record)
      }),
    fails: async (context) =>
      withProvider(context, async (name) =>
        failure(OAuth2Error, async () =>
          context
            .guest()
            .collection(name)
            .authWithOAuth2({ provider: 'oidc', urlCallback: as('') }),
        ),
      ),
  },
  authWithOAuth2Code: {
    ok: async (context) =>
      withProvider(context, async (name) => {
        const service = context.guest().collection(name)
        const { meta } = await service.authWithOAuth2Code('oidc', 'grace', 'v', redirectURL)
        assert.equal(meta!['id'], 'grace')
      }),
    fails: async (context) =>
      withProvider(context, async (name) =>
        failure(ValidationError, async () =>
          context.guest().collection(name).authWithOAuth2Code('other', 'x', 'v', redirectURL),
        ),
      ),
  },
  completeOAuth2: {
    ok: async (context) =>
      withProvider(context, async (name) => {
        const kept = { storage: storage() }
        const client = context.guest()
        const members = client.collection(name)
        const url = await members.startOAuth2({
          provider: 'oidc',
          redirectURL,
          urlCallback: () => {},
          ...kept,
        })
        const { meta } = await members.completeOAuth2(answerOf(url, 'edsger'), kept)
        assert.equal(meta!['id'], 'edsger')
        assert.equal(client.authStore.isValid, true)
      }),
    fails: async ({ guest }) =>
      failure(OAuth2Error, async () =>
        guest()
          .collection('users')
          .completeOAuth2(`${redirectURL}?code=x&state=y`, { storage: storage() }),
      ),
  },
  confirmVerification: {
    async ok(context) {
      const { users, token } = await mailedToken(context, async (service, email) =>
        service.requestVerification(email),
      )
      assert.equal(await users.confirmVerification(token), true)
      assert.equal(users.client.authStore.record!['verified'], true)
    },
    fails: async ({ guest }) =>
      failure(ValidationError, async () => guest().collection('users').confirmVerification('x')),
  },
  confirmPasswordReset: {
    async ok(context) {
      const { users, token } = await mailedToken(context, async (service, email) =>
        service.requestPasswordReset(email),
      )
      const { email } = users.client.authStore.record!
      assert.equal(await users.confirmPasswordReset(token, 'new password', 'new password'), true)
      assert.equal(users.client.authStore.token, '')
      await users.authWithPassword(email, 'new password')
    },
    fails: async ({ guest }) =>
      failure(ValidationError, async () =>
        guest().collection('users').confirmPasswordReset('x', password, password),
      ),
  },
  requestEmailChange: {
    async ok(context) {
      const { token } = await mailedToken(context, async (service, email) =>
        service.requestEmailChange(`new-${email}`),
      )
      assert.match(token, /^eyJ/)
    },
    async fails({ user }) {
      const client = await user()
      const { email } = client.authStore.record!
      return failure(ValidationError, async () =>
        client.collection('users').requestEmailChange(email),
      )
    },
  },
  confirmEmailChange: {
    async ok(context) {
      const { users, token } = await mailedToken(context, async (service, email) =>
        service.requestEmailChange(`changed-${email}`),
      )
      const { email } = users.client.authStore.record!
      assert.equal(await users.confirmEmailChange(token, password), true)
      assert.equal(users.client.authStore.token, '')
      await users.authWithPassword(`changed-${email}`, password)
    },
    fails: async ({ guest }) =>
      failure(ValidationError, async () =>
        guest().collection('users').confirmEmailChange('x', password),
      ),
  },
}
