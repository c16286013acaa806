import { afterAll, beforeAll, expect, test } from 'vitest'

import { isMfaRequiredError, MfaRequiredError } from '../../src/index.ts'
import { createAuthCollection, createMember, password } from '../support/auth.ts'
import { codeOf, sendMailsTo, startMailbox } from '../support/mail.ts'
import type { Mailbox } from '../support/mail.ts'
import { acceptProvider, startOidcProvider, visit } from '../support/oidc.ts'
import type { OidcProvider } from '../support/oidc.ts'
import { describeServers } from '../support/server.ts'

describeServers('two factors', (pb) => {
  let mailbox: Mailbox
  let oidc: OidcProvider

  beforeAll(async () => {
    mailbox = await startMailbox()
    oidc = await startOidcProvider([`${pb.url}/api/oauth2-redirect`])
    await sendMailsTo(pb.admin, mailbox)
    await createAuthCollection(pb.admin, 'careful', {
      otp: { enabled: true },
      mfa: { enabled: true, duration: 600 },
    })
    await acceptProvider(pb.admin, 'careful', oidc)
  })

  afterAll(async () => {
    await mailbox?.[Symbol.asyncDispose]()
    await oidc?.[Symbol.asyncDispose]()
  })

  /** What a sign-in with the first factor ends with. */
  async function firstFactor(signIn: Promise<unknown>): Promise<MfaRequiredError> {
    const error: unknown = await signIn.catch((reason: unknown) => reason)
    if (!(error instanceof MfaRequiredError)) throw error
    return error
  }

  test('a password first, then a one-time password', async () => {
    const { email, id } = await createMember(pb.admin, 'careful')
    const client = pb.guest()
    const users = client.collection('careful')
    const error = await firstFactor(users.authWithPassword(email, password))
    expect(isMfaRequiredError(error)).toBe(true)
    expect(error.mfaId).toMatch(/^\w{15}$/)
    expect(client.authStore.token).toBe('')

    const { otpId } = await users.requestOTP(email)
    const code = codeOf(await mailbox.next(email))
    const { record, token } = await users.authWithOTP(otpId, code, { mfaId: error.mfaId })
    expect(record.id).toBe(id)
    expect(client.authStore.token).toBe(token)
  })

  test('a one-time password first, then a password', async () => {
    const { email, id } = await createMember(pb.admin, 'careful')
    const client = pb.guest()
    const users = client.collection('careful')
    const { otpId } = await users.requestOTP(email)
    const code = codeOf(await mailbox.next(email))
    const { mfaId } = await firstFactor(users.authWithOTP(otpId, code))
    expect(client.authStore.token).toBe('')
    await users.authWithPassword(email, password, { mfaId })
    expect(client.authStore.record!.id).toBe(id)
  })

  test('OAuth2 as the second factor, and as the first', async () => {
    const { id } = await createMember(pb.admin, 'careful', {
      email: 'grace@oidc.test',
      verified: true,
    })
    const config = {
      provider: 'oidc',
      urlCallback: async (url: string) => {
        await fetch(await visit(url, 'grace'), { redirect: 'manual' })
      },
    }
    const client = pb.guest()
    const users = client.collection('careful')
    const first = await firstFactor(users.authWithPassword('grace@oidc.test', password))
    const { record, meta } = await users.authWithOAuth2({ ...config, mfaId: first.mfaId })
    expect(record.id).toBe(id)
    expect(meta!['email']).toBe('grace@oidc.test')

    client.authStore.clear()
    const { mfaId } = await firstFactor(users.authWithOAuth2(config))
    await users.authWithPassword('grace@oidc.test', password, { mfaId })
    expect(client.authStore.record!.id).toBe(id)
  })

  test('the same factor twice, an unknown id and a used one are refused', async () => {
    const { email } = await createMember(pb.admin, 'careful')
    const users = pb.guest().collection('careful')
    const { mfaId } = await firstFactor(users.authWithPassword(email, password))
    const twice = users.authWithPassword(email, password, { mfaId })
    await expect(twice).rejects.toMatchObject({ status: 400 })

    const { otpId } = await users.requestOTP(email)
    const code = codeOf(await mailbox.next(email))
    await users.authWithOTP(otpId, code, { mfaId })
    for (const id of [mfaId, 'unknown12345678']) {
      const next = await users.requestOTP(email)
      const used = users.authWithOTP(next.otpId, codeOf(await mailbox.next(email)), { mfaId: id })
      await expect(used).rejects.toMatchObject({ status: 400 })
    }
  })

  test('the id goes into the body, and stays out of the URL', async () => {
    const sent: [url: unknown, body: unknown][] = []
    const client = pb.guest()
    const spy = client.use(async (request, next) => {
      sent.push([request.url, request.init.body])
      return next(request)
    })
    const signIn = client.collection('careful').authWithPassword('a', 'b', { mfaId: 'm1' })
    await expect(signIn).rejects.toHaveProperty('status', 400)
    spy()
    expect(sent).toEqual([
      [
        `${pb.url}/api/collections/careful/auth-with-password`,
        '{"identity":"a","password":"b","mfaId":"m1"}',
      ],
    ])
  })
})
