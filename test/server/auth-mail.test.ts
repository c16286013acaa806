import { setTimeout as sleep } from 'node:timers/promises'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { ApiError, isTokenExpired, RateLimitError, ValidationError } from '../../src/index.ts'
import type { PocketBase } from '../../src/index.ts'
import { createAuthCollection, createMember, password } from '../support/auth.ts'
import { codeOf, sendMailsTo, startMailbox, tokenOf } from '../support/mail.ts'
import type { Mailbox } from '../support/mail.ts'
import { describeServers } from '../support/server.ts'
import { eventually } from '../support/wait.ts'

const newPassword = 'battery staple'

describeServers('auth by mail', (pb) => {
  let mailbox: Mailbox

  beforeAll(async () => {
    mailbox = await startMailbox()
    await sendMailsTo(pb.admin, mailbox)
    await createAuthCollection(pb.admin, 'members', { otp: { enabled: true } })
    await createAuthCollection(pb.admin, 'hurried', { otp: { enabled: true, duration: 10 } })
    await createAuthCollection(pb.admin, 'others')
  })

  afterAll(async () => mailbox?.[Symbol.asyncDispose]())

  async function signedIn(values?: {
    verified: boolean
  }): Promise<{ client: PocketBase; email: string }> {
    const { email } = await createMember(pb.admin, 'members', values)
    const client = pb.guest()
    await client.collection('members').authWithPassword(email, password)
    return { client, email }
  }

  /** Whether the server knows who a client is signed in as. */
  async function isKnown(client: PocketBase): Promise<boolean> {
    return client
      .collection('members')
      .authRefresh()
      .then(
        () => true,
        () => false,
      )
  }

  describe('one-time passwords', () => {
    test('sign in with the code of the mail, once, and verify the address', async () => {
      const { id, email } = await createMember(pb.admin, 'members')
      const client = pb.guest()
      const { otpId } = await client.collection('members').requestOTP(email)
      const code = codeOf(await mailbox.next(email))
      // Servers note whom the mail went to once it is out; who is faster than that is signed in, and not verified.
      await eventually(async () => {
        const { sentTo } = await pb.admin.collection('_otps').getOne(otpId)
        expect(sentTo).toBe(email)
      })
      const { record, token } = await client.collection('members').authWithOTP(otpId, code)
      expect(record).toMatchObject({ id, email, verified: true })
      expect(client.authStore).toMatchObject({ token, record })
      expect(await isKnown(client)).toBe(true)

      const again = pb.guest().collection('members').authWithOTP(otpId, code)
      await expect(again).rejects.toMatchObject({ status: 400, kind: 'api' })
    })

    test('look the same for an address that nobody has', async () => {
      const { otpId } = await pb.guest().collection('members').requestOTP('nobody@pb.test')
      expect(otpId).toMatch(/^\w{15}$/)
      const signIn = pb.guest().collection('members').authWithOTP(otpId, '12345678')
      await expect(signIn).rejects.toBeInstanceOf(ApiError)
      expect(mailbox.mails.filter(({ to }) => to === 'nobody@pb.test')).toEqual([])
    })

    test('refuse a wrong code, and after five attempts any, and leave who is signed in', async () => {
      const { client, email } = await signedIn()
      const { token } = client.authStore
      const { otpId } = await client.collection('members').requestOTP(email)
      const code = codeOf(await mailbox.next(email))
      for (let attempt = 0; attempt < 5; attempt++) {
        const wrong = client.collection('members').authWithOTP(otpId, 'wrong')
        await expect(wrong).rejects.toMatchObject({ status: 400, fieldErrors: {} })
      }
      const late = client.collection('members').authWithOTP(otpId, code)
      await expect(late).rejects.toBeInstanceOf(RateLimitError)
      expect(client.authStore.token).toBe(token)
    })

    test('refuse a code after the time that the collection gives it', async () => {
      const { email } = await createMember(pb.admin, 'hurried')
      const service = pb.guest().collection('hurried')
      const { otpId } = await service.requestOTP(email)
      const code = codeOf(await mailbox.next(email))
      // The shortest that servers allow, and a second.
      await sleep(11_000)
      await expect(service.authWithOTP(otpId, code)).rejects.toMatchObject({ status: 400 })
    })

    test('are a 403 where the collection has them switched off', async () => {
      const request = pb.guest().collection('others').requestOTP('a@pb.test')
      await expect(request).rejects.toHaveProperty('status', 403)
    })
  })

  describe('verification', () => {
    test('verifies by the token of the mail, and tells the store of who is signed in', async () => {
      const { client, email } = await signedIn()
      const { token, record: before } = client.authStore
      expect(before!['verified']).toBe(false)
      const changes: unknown[] = []
      client.authStore.onChange((_, record) => changes.push(record?.['verified']))

      expect(await client.collection('members').requestVerification(email)).toBe(true)
      const mailed = tokenOf(await mailbox.next(email))
      expect(await client.collection('members').confirmVerification(mailed)).toBe(true)
      expect(client.authStore.record).toEqual({ ...before, verified: true })
      expect(client.authStore.token).toBe(token)
      // Again is no failure, and no change.
      await client.collection('members').confirmVerification(mailed)
      expect(changes).toEqual([true])
      expect(await isKnown(client)).toBe(true)
    })

    test('of somebody else leaves who is signed in alone', async () => {
      const { client } = await signedIn()
      const { email } = await createMember(pb.admin, 'members')
      await client.collection('members').requestVerification(email)
      await client.collection('members').confirmVerification(tokenOf(await mailbox.next(email)))
      expect(client.authStore.record!['verified']).toBe(false)
      const member = await pb.admin.collection('members').getFirstListItem(`email = '${email}'`)
      expect(member['verified']).toBe(true)
    })

    test('refuses a token of another collection, and any other text', async () => {
      const { client, email } = await signedIn()
      await client.collection('members').requestVerification(email)
      const mailed = tokenOf(await mailbox.next(email))
      for (const [collection, token] of [
        ['others', mailed],
        ['members', 'no token'],
      ] as const) {
        const confirm = client.collection(collection).confirmVerification(token)
        const error: unknown = await confirm.catch((reason: unknown) => reason)
        expect(error).toBeInstanceOf(ValidationError)
        expect((error as ValidationError).fieldErrors).toHaveProperty('token')
      }
      expect(client.authStore.record!['verified']).toBe(false)
    })
  })

  describe('a password reset', () => {
    test('sets the password and signs out whose tokens it ended', async () => {
      const { client, email } = await signedIn()
      const other = await signedIn()
      const { token } = client.authStore
      const members = client.collection('members')
      expect(await members.requestPasswordReset(email)).toBe(true)
      const mailed = tokenOf(await mailbox.next(email))
      // Whoever else is signed in stays so.
      const elsewhere = other.client.collection('members')
      expect(await elsewhere.confirmPasswordReset(mailed, newPassword, newPassword)).toBe(true)
      expect(await isKnown(other.client)).toBe(true)
      expect(client.authStore.token).toBe(token)
      expect(await isKnown(client)).toBe(false)

      await members.authWithPassword(email, newPassword)
      await expect(members.authWithPassword(email, password)).rejects.toHaveProperty('status', 400)
    })

    test('signs out here when it is about who is signed in here', async () => {
      const { client, email } = await signedIn()
      await client.collection('members').requestPasswordReset(email)
      const mailed = tokenOf(await mailbox.next(email))
      expect(isTokenExpired(client.authStore.token)).toBe(false)
      await client.collection('members').confirmPasswordReset(mailed, newPassword, newPassword)
      expect(client.authStore).toMatchObject({ token: '', record: null })
    })

    test('refuses what does not match, by field, and leaves who is signed in', async () => {
      const { client, email } = await signedIn()
      await client.collection('members').requestPasswordReset(email)
      const mailed = tokenOf(await mailbox.next(email))
      const unequal = client.collection('members').confirmPasswordReset(mailed, newPassword, 'x')
      await expect(unequal).rejects.toHaveProperty('fieldErrors.passwordConfirm')
      const wrong = client.collection('members').confirmPasswordReset('x', newPassword, newPassword)
      await expect(wrong).rejects.toHaveProperty('fieldErrors.token')
      expect(await isKnown(client)).toBe(true)
    })
  })

  describe('a change of the email address', () => {
    test('is confirmed by the mail to the new one, and signs out', async () => {
      const { client, email } = await signedIn()
      const members = client.collection('members')
      const newEmail = `new-${email}`
      expect(await members.requestEmailChange(newEmail)).toBe(true)
      const mailed = tokenOf(await mailbox.next(newEmail))
      await expect(members.confirmEmailChange(mailed, 'wrong')).rejects.toHaveProperty(
        'fieldErrors.password',
      )
      expect(await isKnown(client)).toBe(true)

      expect(await members.confirmEmailChange(mailed, password)).toBe(true)
      expect(client.authStore).toMatchObject({ token: '', record: null })
      const { record } = await members.authWithPassword(newEmail, password)
      expect(record).toMatchObject({ email: newEmail, verified: true })
    })

    test('is refused to guests, and to an address that somebody has', async () => {
      const { client, email } = await signedIn()
      const asGuest = pb.guest().collection('members').requestEmailChange('x@pb.test')
      await expect(asGuest).rejects.toHaveProperty('status', 401)
      const taken = client.collection('members').requestEmailChange(email)
      await expect(taken).rejects.toHaveProperty('fieldErrors.newEmail')
    })
  })
})
