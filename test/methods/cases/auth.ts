import assert from 'node:assert/strict'

import {
  ApiError,
  ForbiddenError,
  isClientResponseError,
  NotFoundError,
  OAuth2Error as OAuth2Failure,
  ValidationError,
} from '../../../src/index.ts'
import * as pocketbase from '../../../src/index.ts'
import { failure } from '../case.ts'
import type { Cases } from '../case.ts'
import type { Context } from '../context.ts'
import { halfSignedIn } from '../mfa.ts'

const redirectURL = 'https://app.test/callback'

/** A collection whose provider nobody is ever sent to. */
async function withProvider({ admin, unique }: Context): Promise<string> {
  const name = unique('members')
  const urls = { authURL: 'https://a.test/a', tokenURL: 'https://a.test/t', userInfoURL: '' }
  const provider = { name: 'oidc', clientId: 'id', clientSecret: 'secret', ...urls }
  provider.userInfoURL = 'https://a.test/u'
  const oauth2 = { enabled: true, providers: [provider] }
  await admin.collections.create({ name, type: 'auth', oauth2 })
  return name
}

/** A record with an account at a provider. */
async function withAccount({ admin, user }: Context): Promise<pocketbase.PocketBase> {
  const client = await user()
  const { id: recordRef, collectionId: collectionRef } = client.authStore.record!
  const account = { recordRef, collectionRef, provider: 'oidc', providerId: recordRef }
  await admin.collection('_externalAuths').create(account)
  return client
}

export const RecordService: Cases = {
  requestOTP: {
    async ok({ admin, guest, unique }) {
      const name = unique('members')
      await admin.collections.create({ name, type: 'auth', otp: { enabled: true } })
      const { otpId } = await guest().collection(name).requestOTP('nobody@example.com')
      assert.match(otpId, /^\w{15}$/)
    },
    fails: async ({ guest }) =>
      failure(ForbiddenError, async () => guest().collection('users').requestOTP('a@b.test')),
  },
  startOAuth2: {
    async ok(context) {
      const service = context.guest().collection(await withProvider(context))
      const items = new Map<string, string>()
      const storage = {
        getItem: (key: string) => items.get(key),
        setItem: (key: string, text: string) => items.set(key, text),
        removeItem: (key: string) => items.delete(key),
      }
      let visited = ''
      const url = await service.startOAuth2({
        provider: 'oidc',
        redirectURL,
        storage,
        scopes: ['openid'],
        urlCallback: (address) => void (visited = address),
      })
      assert.equal(visited, url)
      const { searchParams } = new URL(url)
      assert.equal(searchParams.get('redirect_uri'), redirectURL)
      assert.equal(searchParams.get('scope'), 'openid')
      assert.match([...items.keys()].join(), new RegExp(`_${searchParams.get('state')}$`))
    },
    async fails(context) {
      const service = context.guest().collection(await withProvider(context))
      const storage = { getItem: () => null, setItem: () => {}, removeItem: () => {} }
      return failure(OAuth2Failure, async () =>
        service.startOAuth2({ provider: 'other', redirectURL, storage }),
      )
    },
  },
  requestVerification: {
    async ok({ user }) {
      const client = await user()
      const { email } = client.authStore.record!
      assert.equal(await client.collection('users').requestVerification(email), true)
    },
    fails: async ({ guest }) =>
      failure(ValidationError, async () => guest().collection('users').requestVerification('x')),
  },
  requestPasswordReset: {
    async ok({ user }) {
      const client = await user()
      const { email } = client.authStore.record!
      assert.equal(await client.collection('users').requestPasswordReset(email), true)
    },
    fails: async ({ guest }) =>
      failure(ValidationError, async () => guest().collection('users').requestPasswordReset('x')),
  },
  impersonate: {
    async ok({ admin, user }) {
      const { id } = (await user()).authStore.record!
      const { token } = admin.authStore
      const client = await admin.collection('users').impersonate(id, 60)
      assert.equal(client.authStore.record!.id, id)
      assert.equal((await client.collection('users').getOne(id)).id, id)
      assert.equal(admin.authStore.token, token)
      await client.close()
    },
    async fails({ user }) {
      const client = await user()
      const { id } = client.authStore.record!
      return failure(ForbiddenError, async () => client.collection('users').impersonate(id, 60))
    },
  },
  listExternalAuths: {
    async ok(context) {
      const client = await withAccount(context)
      const { id } = client.authStore.record!
      const [account] = await client.collection('users').listExternalAuths(id)
      assert.equal(account?.['provider'], 'oidc')
    },
    fails: async ({ guest }) =>
      failure(TypeError, async () => guest().collection('users').listExternalAuths('\0')),
  },
  unlinkExternalAuth: {
    async ok(context) {
      const client = await withAccount(context)
      const { id } = client.authStore.record!
      assert.equal(await client.collection('users').unlinkExternalAuth(id, 'oidc'), true)
      assert.deepEqual(await client.collection('users').listExternalAuths(id), [])
    },
    async fails({ user }) {
      const client = await user()
      const { id } = client.authStore.record!
      return failure(NotFoundError, async () =>
        client.collection('users').unlinkExternalAuth(id, 'oidc'),
      )
    },
  },
}

export const OAuth2Error: Cases = {
  code: {
    async ok(context) {
      const service = context.guest().collection(await withProvider(context))
      const urlCallback = (): void => {}
      const { code } = await failure(OAuth2Failure, async () =>
        service.authWithOAuth2({ provider: 'other', urlCallback }),
      )
      assert.equal(code, 'unknown_provider')
    },
    fails: 'cannot fail: it reads what went wrong',
  },
}

export const functions: Cases = {
  isMfaRequiredError: {
    async ok(context) {
      const { members, email, error } = await halfSignedIn(context)
      assert(pocketbase.isMfaRequiredError(error))
      const other = await failure(ApiError, async () => members.authWithPassword(email, 'wrong'))
      assert(isClientResponseError(other))
      assert(!pocketbase.isMfaRequiredError(other))
    },
    fails: 'cannot fail: it takes any value',
  },
}
