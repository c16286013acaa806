import fc from 'fast-check'
import * as official from 'pocketbase'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { getTokenPayload, isTokenExpired, MemoryAuthStore } from '../../src/index.ts'
import type { RecordModel } from '../../src/index.ts'
import { seed } from '../support/seed.ts'
import { authToken, createToken } from '../support/token.ts'

const runs = { seed, numRuns: 1000 }
const now = new Date('2026-06-01T12:00:00Z')
const nowSeconds = now.getTime() / 1000

beforeEach(() => {
  vi.useFakeTimers({ now, toFake: ['Date'] })
})

afterEach(() => {
  vi.useRealTimers()
})

/** A token whose claims are these bytes. */
function rawToken(claims: string | Uint8Array): string {
  return `h.${Buffer.from(claims).toString('base64url')}.s`
}

const notTokens: [what: string, token: any][] = [
  ['an empty text', ''],
  ['a word', 'token'],
  ['two parts without claims', 'a.b'],
  ['dots', '..'],
  ['claims that are not base64', 'a.*.c'],
  ['claims of an impossible length', 'a.e30eA.c'],
  ['claims cut in the middle', createToken({ id: 'u1', exp: 1 }).slice(0, 50)],
  ['claims that are not JSON', rawToken('exp=1')],
  ['claims that are no object', rawToken('null')],
  ['empty claims', rawToken('{}')],
  ['no text', undefined],
  ['null', null],
  ['a number', 5],
  ['an object', {}],
]

describe('getTokenPayload', () => {
  test('reads the claims', () => {
    const claims = { collectionId: 'c', exp: 1, id: 'u1', refreshable: true, type: 'auth' }
    expect(getTokenPayload(createToken(claims))).toEqual(claims)
  })

  test('reads claims beyond ASCII, and those whose base64 needs the letters of URLs', () => {
    const claims = { name: 'Zoë 日本 😀', exp: 1, path: 'a?b>c~' }
    const token = createToken(claims)
    expect(token).toMatch(/[-_]/)
    expect(getTokenPayload(token)).toEqual(claims)
  })

  test.each([0, 1, 2, 3])('reads claims of any length, here with %i more letters', (more) => {
    const claims = { id: 'x'.repeat(more) }
    expect(getTokenPayload(createToken(claims))).toEqual(claims)
    const padded = Buffer.from(JSON.stringify(claims)).toString('base64')
    expect(getTokenPayload(`h.${padded}.s`)).toEqual(claims)
  })

  test('does not verify, and needs no signature', () => {
    expect(getTokenPayload(rawToken('{"id":"x"}').slice(0, -2))).toEqual({ id: 'x' })
  })

  test.each(notTokens)('answers {} for %s', (_, token) => {
    expect(getTokenPayload(token)).toEqual({})
  })

  test('equals the official client for the claims of servers', () => {
    fc.assert(
      fc.property(claimsOfServers(), (claims) => {
        const token = createToken(claims)
        expect(getTokenPayload(token)).toEqual(claims)
        expect(getTokenPayload(token)).toEqual(official.getTokenPayload(token))
      }),
      runs,
    )
  })

  test('throws for no text at all', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), dotted()), (token) => {
        expect(() => getTokenPayload(token)['exp']).not.toThrow()
      }),
      runs,
    )
  })
})

describe('isTokenExpired', () => {
  test.each([
    [-1, true],
    [0, true],
    [1, false],
    [3600, false],
  ])('a token that ends in %i s: %s', (seconds, isExpired) => {
    expect(isTokenExpired(authToken(seconds))).toBe(isExpired)
  })

  test.each([
    [59, true],
    [60, true],
    [61, false],
  ])('a token that ends in %i s, counted as over 60 s before: %s', (seconds, isExpired) => {
    expect(isTokenExpired(authToken(seconds), 60)).toBe(isExpired)
  })

  test('follows the clock', () => {
    const token = authToken(10)
    vi.setSystemTime(now.getTime() + 9_999)
    expect(isTokenExpired(token)).toBe(false)
    vi.setSystemTime(now.getTime() + 10_000)
    expect(isTokenExpired(token)).toBe(true)
  })

  test('a token without an end does not expire', () => {
    expect(isTokenExpired(createToken({ id: 'u1' }))).toBe(false)
  })

  test.each(notTokens)('%s has expired', (_, token) => {
    expect(isTokenExpired(token)).toBe(true)
  })

  test('equals the official client', () => {
    const threshold = fc.option(fc.integer({ min: -3, max: 3 }), { nil: undefined })
    fc.assert(
      fc.property(fc.oneof(tokens(), dotted()), threshold, (token, seconds) => {
        expect(isTokenExpired(token, seconds)).toBe(official.isTokenExpired(token, seconds))
      }),
      runs,
    )
  })
})

describe('the claims of a store', () => {
  const superusersId = 'pbc_3142635823'
  const ofSuperuser = { collectionId: superusersId }
  const ofFile = { type: 'file' }
  const cases: [what: string, token: () => string, record: object | null, is: string][] = [
    ['nobody', () => '', null, ''],
    ['a record', () => authToken(), { collectionName: 'users' }, 'valid authRecord'],
    ['an expired record', () => authToken(-1), { collectionName: 'users' }, 'authRecord'],
    [
      'a superuser',
      () => authToken(9, ofSuperuser),
      { collectionName: '_superusers' },
      'valid superuser',
    ],
    [
      'an expired superuser',
      () => authToken(-1, ofSuperuser),
      { collectionName: '_superusers' },
      'superuser',
    ],
    ['a superuser without a record', () => authToken(9, ofSuperuser), null, 'valid superuser'],
    [
      'a superuser whose record has no collection',
      () => authToken(9, ofSuperuser),
      {},
      'valid superuser',
    ],
    [
      'the record of a superuser',
      () => authToken(),
      { collectionName: '_superusers' },
      'valid superuser',
    ],
    [
      'a record with the token of a superuser',
      () => authToken(9, ofSuperuser),
      { collectionName: 'users' },
      'valid authRecord',
    ],
    ['the token of a file', () => authToken(9, ofFile), { collectionName: 'users' }, 'valid'],
    [
      'the token of a file of a superuser',
      () => authToken(9, ofFile),
      { collectionName: '_superusers' },
      'valid',
    ],
    ['garbage', () => 'garbage', { collectionName: '_superusers' }, ''],
  ]

  test.each(cases)('of %s', (_, token, record, is) => {
    const store = new MemoryAuthStore()
    store.save(token(), record as RecordModel)
    expect(store.isValid).toBe(is.includes('valid'))
    expect(store.isSuperuser).toBe(is.includes('superuser'))
    expect(store.isAdmin).toBe(is.includes('superuser'))
    expect(store.isAuthRecord).toBe(is.includes('authRecord'))
  })

  test('equal the official client for any token and record', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const record = fc.option(
      fc.record(
        {
          id: fc.string(),
          collectionName: fc.constantFrom('_superusers', 'users', ''),
          collectionId: fc.constantFrom(superusersId, 'c1'),
        },
        { requiredKeys: ['id'] },
      ),
    )
    try {
      fc.assert(
        fc.property(fc.oneof(tokens(), dotted()), record, (token, user) => {
          const [ours, theirs] = [new MemoryAuthStore(), new official.BaseAuthStore()].map(
            (store) => {
              store.save(token, user as RecordModel)
              const { isValid, isSuperuser, isAdmin, isAuthRecord } = store
              return { isValid, isSuperuser, isAdmin, isAuthRecord }
            },
          )
          expect(ours).toEqual(theirs)
        }),
        runs,
      )
    } finally {
      warn.mockRestore()
    }
  })
})

/** Claims as servers write them. Ids are letters and digits. */
function claimsOfServers(): fc.Arbitrary<object> {
  const id = fc.stringMatching(/^[a-z0-9]{15}$/)
  return fc.record(
    {
      collectionId: fc.oneof(id, fc.constantFrom('pbc_3142635823', '_pb_users_auth_')),
      exp: fc.integer({ min: nowSeconds - 4, max: nowSeconds + 4 }),
      id,
      refreshable: fc.boolean(),
      type: fc.constantFrom('auth', 'file', 'verification', 'passwordReset', 'emailChange'),
    },
    { requiredKeys: [] },
  )
}

function tokens(): fc.Arbitrary<string> {
  return claimsOfServers().map((claims) => createToken(claims))
}

/** Texts that look like tokens and are none. */
function dotted(): fc.Arbitrary<string> {
  const part = fc.oneof(
    fc.string(),
    fc.base64String(),
    fc.json().map((text) => Buffer.from(text).toString('base64url')),
  )
  const token = fc.array(part, { maxLength: 4 }).map((parts) => parts.join('.'))
  // The letters of URLs in base64 are beyond the official client under Node.
  return token.filter((text) => !/[-_]/.test(text))
}
