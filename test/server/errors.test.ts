import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import {
  ApiError,
  AuthError,
  BatchError,
  DecodeError,
  ForbiddenError,
  isClientResponseError,
  MfaRequiredError,
  NetworkError,
  NotFoundError,
  RateLimitError,
  ServerError,
  ValidationError,
} from '../../src/index.ts'
import type { ClientResponseError, PocketBase } from '../../src/index.ts'
import { open } from '../support/rules.ts'
import { describeServers } from '../support/server.ts'

const hooksDir = mkdtempSync(join(tmpdir(), 'pocketbase-hooks-'))
writeFileSync(
  join(hooksDir, 'own.pb.js'),
  `routerAdd('POST', '/api/own/small', (e) => e.json(200, e.requestInfo().body), $apis.bodyLimit(100))
  routerAdd('GET', '/api/own/fails', (e) => { throw new InternalServerError('It broke.') })`,
)
afterAll(() => rmSync(hooksDir, { recursive: true }))

describeServers(
  'errors',
  (pb) => {
    const password = 'correct horse'
    let guest: PocketBase
    let user: PocketBase

    beforeAll(async () => {
      guest = pb.guest()
      const { collections } = pb.admin
      const fields = [
        { name: 'title', type: 'text', required: true, max: 5 },
        { name: 'code', type: 'text' },
      ]
      const indexes = ['CREATE UNIQUE INDEX `idx_code` ON `posts` (`code`) WHERE `code` != ""']
      await collections.create({ name: 'posts', type: 'base', ...open, fields, indexes })
      await collections.create({ name: 'closed', type: 'base', fields })
      const never = 'title = "never"'
      await collections.create({
        name: 'ruled',
        type: 'base',
        fields,
        listRule: never,
        viewRule: never,
        createRule: never,
        updateRule: never,
        deleteRule: never,
      })
      const email = 'user@example.com'
      const body = { email, password, passwordConfirm: password }
      await pb.admin.collection('users').create(body)
      user = pb.guest()
      await user.collection('users').authWithPassword(email, password)
    })

    async function failure(call: Promise<unknown>): Promise<ClientResponseError> {
      const error: unknown = await call.then(
        (value) => value,
        (reason: unknown) => reason,
      )
      expect(isClientResponseError(error), inspect(error)).toBe(true)
      return error as ClientResponseError
    }

    test('400 with fields: a ValidationError that names them', async () => {
      await guest.collection('posts').create({ title: 'a', code: 'taken' })
      const error = await failure(guest.collection('posts').create({ title: 'too long' }))
      expect(error.constructor).toBe(ValidationError)
      expect(error).toMatchObject({
        status: 400,
        method: 'POST',
        message: 'Failed to create record.',
      })
      expect(error.fieldErrors['title']).toMatchObject({
        code: 'validation_max_text_constraint',
        params: { max: 5 },
      })
      expect(error.describe()).toMatch(
        /^POST \S+ failed with 400: Failed to create record\. .*title: /,
      )
      const unique = await failure(guest.collection('posts').create({ title: 'b', code: 'taken' }))
      expect(unique.fieldErrors['code']?.code).toBe('validation_not_unique')
    })

    test('400 without fields: an ApiError', async () => {
      const calls = [
        () => guest.collection('posts').getList(1, 1, { filter: 'nope = 1' }),
        () => guest.collection('ruled').create({ title: 'a' }),
        () => guest.collection('users').authWithPassword('user@example.com', 'wrong'),
      ]
      for (const call of calls) {
        const error = await failure(call())
        expect(error.constructor).toBe(ApiError)
        expect(error).toMatchObject({ status: 400, kind: 'api', fieldErrors: {} })
        expect(error.message).toMatch(/^[A-Z].*\.$/)
      }
    })

    test('401: an AuthError', async () => {
      for (const call of [() => guest.settings.getAll(), () => guest.files.getToken()]) {
        const error = await failure(call())
        expect(error.constructor).toBe(AuthError)
        expect(error.status).toBe(401)
      }
    })

    test('401 with an mfaId: an MfaRequiredError', async () => {
      const { id } = await pb.admin.collections.create({
        name: 'members',
        type: 'auth',
        mfa: { enabled: true },
        otp: { enabled: true },
        passwordAuth: { enabled: true, identityFields: ['email'] },
      })
      const email = 'member@example.com'
      await pb.admin.collection(id).create({ email, password, passwordConfirm: password })
      const error = await failure(guest.collection('members').authWithPassword(email, password))
      expect(error.constructor).toBe(MfaRequiredError)
      expect((error as MfaRequiredError).mfaId).toMatch(/^\w{15}$/)
      expect(guest.authStore.token).toBe('')
    })

    test('403: a ForbiddenError', async () => {
      const calls = [
        () => guest.collection('closed').getList(),
        () => guest.collection('closed').create({ title: 'a' }),
        () => user.settings.getAll(),
        () => user.collection('posts').getList(1, 1, { filter: '@request.auth.id != ""' }),
      ]
      for (const call of calls) {
        const error = await failure(call())
        expect(error.constructor).toBe(ForbiddenError)
        expect(error.status).toBe(403)
      }
    })

    test('404: a NotFoundError', async () => {
      const hidden = await pb.admin.collection('ruled').create({ title: 'a' })
      const calls = [
        () => guest.collection('posts').getOne('missing'),
        () => guest.collection('posts').update('missing', {}),
        () => guest.collection('posts').delete('missing'),
        () => guest.collection('ruled').getOne(hidden.id),
        () => guest.collection('ruled').update(hidden.id, {}),
        () => guest.collection('ruled').delete(hidden.id),
        () => guest.collection('nope').getList(),
        () => guest.send('/api/nope', {}),
      ]
      for (const call of calls) {
        const error = await failure(call())
        expect(error.constructor).toBe(NotFoundError)
        expect(error.status).toBe(404)
      }
    })

    describe('413', () => {
      test('of a route’s own limit: an ApiError with the status', async () => {
        const body = { text: 'x'.repeat(200) }
        const error = await failure(guest.send('/api/own/small', { method: 'POST', body }))
        expect(error.constructor).toBe(ApiError)
        expect(error).toMatchObject({ status: 413, path: '/api/own/small' })
        expect(error.describe()).toMatch(/^POST \/api\/own\/small failed with 413: \S/)
      })

      test('while the client still sends: the status, or the reset that the system made of it', async () => {
        const body = { title: 'x'.repeat(40 * 2 ** 20) }
        const error = await failure(guest.collection('posts').create(body))
        expect([ApiError, NetworkError]).toContain(error.constructor)
        expect([413, 0]).toContain(error.status)
      })
    })

    test('429: a RateLimitError', async () => {
      const rules = [{ label: 'GET /api/health', audience: '', duration: 60, maxRequests: 1 }]
      await pb.admin.settings.update({ rateLimits: { enabled: true, rules } })
      const results = await Promise.allSettled([1, 2, 3].map(() => guest.health.check()))
      await pb.admin.settings.update({ rateLimits: { enabled: false } })
      const refused = results.filter((result) => result.status === 'rejected')
      expect(refused.length).toBeGreaterThan(0)
      for (const { reason } of refused) {
        const error = await failure(Promise.reject(reason as Error))
        expect(error.constructor).toBe(RateLimitError)
        expect(error).toMatchObject({ status: 429, message: 'Too Many Requests.' })
      }
    })

    test('500: a ServerError', async () => {
      const error = await failure(guest.send('/api/own/fails', {}))
      expect(error.constructor).toBe(ServerError)
      expect(error.status).toBe(500)
    })

    test('a batch that fails: a BatchError with the position and the reasons', async () => {
      await pb.admin.settings.update({ batch: { enabled: true } })
      const request = (title: string): object => ({
        method: 'POST',
        url: '/api/collections/posts/records',
        body: { title },
      })
      const body = { requests: [request('a'), request('too long'), request('b')] }
      const error = await failure(guest.send('/api/batch', { method: 'POST', body }))
      expect(error.constructor).toBe(BatchError)
      expect((error as BatchError).index).toBe(1)
      expect(error.status).toBe(400)
    })

    test('no server: a NetworkError that names the address', async () => {
      const client = pb.guest()
      client.baseURL = 'http://127.0.0.1:1'
      const error = await failure(client.health.check())
      expect(error.constructor).toBe(NetworkError)
      expect(error).toMatchObject({ status: 0, isAbort: false, path: '/api/health' })
    })

    test('a modifier of fields that the server does not know: an error with a hint, never an empty success', async () => {
      // An empty 200 before 0.40.3, a 400 since.
      const isOld = pb.version !== '0.40.4'
      const fields = 'title:nope(1)'
      const { id } = await pb.admin.collection('posts').create({ title: 'a' })
      const calls = [
        () => guest.collection('posts').getOne(id, { fields }),
        () => guest.collection('posts').getList(1, 1, { fields }),
        () => guest.collection('posts').getFullList({ fields }),
        () => guest.collection('posts').getFirstListItem('title != ""', { fields }),
        () => guest.collection('posts').update(id, { title: 'b' }, { fields }),
        () => guest.collection('posts').create({ title: 'kept' }, { fields }),
        () => pb.admin.settings.getAll({ fields: 'meta.appName:nope(1)' }),
        () => guest.health.check({ fields: 'message:nope(1)' }),
      ]
      for (const call of calls) {
        const error = await failure(call())
        expect(error.constructor).toBe(isOld ? DecodeError : ApiError)
        expect(error.status).toBe(isOld ? 200 : 400)
        if (isOld) expect(error.hint).toMatch(/fields/)
      }
      // The write itself was done, whatever its answer.
      const stored = await pb.admin.collection('posts').getFirstListItem('title = "kept"')
      expect(stored['title']).toBe('kept')
    })

    test('an expired or foreign token is no error by itself: the server answers as to a guest', async () => {
      const stale = pb.guest()
      stale.authStore.save('eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.x')
      expect((await stale.collection('posts').getList()).page).toBe(1)
      expect((await failure(stale.settings.getAll())).constructor).toBe(AuthError)
    })

    test('what is printed of any of them holds no query, no body and no token', async () => {
      const secret = 'hunter2'
      const options = { filter: `nope = "${secret}"`, headers: { 'X-Secret': secret } }
      const calls = [
        () => user.collection('posts').getList(1, 1, options),
        () => user.collection('posts').create({ title: `${secret} is too long`, own: secret }),
        () => guest.collection('users').authWithPassword('user@example.com', secret),
        () => user.settings.getAll({ query: { secret } }),
        () => user.send(`/api/nope?secret=${secret}`, {}),
      ]
      for (const call of calls) {
        const error = await failure(call())
        const printed = [inspect(error), String(error), JSON.stringify(error), error.stack].join(
          '\n',
        )
        expect(printed).not.toContain(secret)
        expect(printed).not.toContain(user.authStore.token)
      }
    })
  },
  { hooksDir },
)
