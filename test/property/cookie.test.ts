import fc from 'fast-check'
import * as official from 'pocketbase'
import { describe, expect, test } from 'vitest'

import { cookieParse, cookieSerialize, MemoryAuthStore } from '../../src/index.ts'
import type { RecordModel, SerializeOptions } from '../../src/index.ts'
import { seed } from '../support/seed.ts'
import { createToken } from '../support/token.ts'

const runs = { seed, numRuns: 1000 }

const oneOf = (characters: string): fc.Arbitrary<string> => fc.constantFrom(...characters.split(''))

/** Names that the official client reads back: not those that every object has. */
const name = fc
  .string({ unit: oneOf('abcXYZ019!#$%&\'*+-.^_`|~"(),/:<>?@[]{}é'), minLength: 1, maxLength: 12 })
  .filter((key) => !(key in {}))

const text = fc.string({ unit: 'binary', maxLength: 60 })

/** What a `Domain` or `Path` can hold. */
const word = fc.string({ unit: oneOf('abz09.-_/%~ é'), maxLength: 20 })

const choice = (...words: string[]): fc.Arbitrary<string> =>
  fc.constantFrom(
    ...words,
    ...words.map((each) => each.toLowerCase()),
    ...words.map((each) => each.toUpperCase()),
  )

const options: fc.Arbitrary<SerializeOptions> = fc.record(
  {
    maxAge: fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })),
    domain: word,
    path: word,
    expires: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31') }),
    httpOnly: fc.boolean(),
    secure: fc.boolean(),
    priority: choice('Low', 'Medium', 'High'),
    sameSite: fc.oneof(fc.boolean(), choice('Strict', 'Lax', 'None')),
  },
  { requiredKeys: [] },
)

const jsonValue = fc.jsonValue({ maxDepth: 2 })

/** A record in the order of servers, which sort. It is over the limit of a cookie now and then. */
const record = fc
  .tuple(
    fc.dictionary(fc.string(), jsonValue, { maxKeys: 5 }),
    fc.oneof(fc.constant(0), fc.integer({ min: 3000, max: 4500 })),
    fc.constantFrom('users', '_superusers'),
    fc.option(text, { nil: undefined }),
    fc.string({ minLength: 1 }),
    fc.option(fc.boolean(), { nil: undefined }),
  )
  .map(([fields, length, collectionName, email, id, verified]) => {
    const known = {
      bio: 'x'.repeat(length),
      collectionId: 'c1',
      collectionName,
      email,
      id,
      verified,
    }
    const whole = JSON.stringify(Object.assign(fields, known))
    return JSON.parse(whole) as RecordModel
  })

const token = fc.oneof(
  fc.constant(''),
  fc.string(),
  fc
    .record({ exp: fc.integer({ min: 0, max: 4_102_444_800 }) }, { requiredKeys: [] })
    .map((claims) => createToken(claims)),
)

describe('like the official client', () => {
  test('cookies are written, to the byte', () => {
    fc.assert(
      fc.property(name, text, options, (key, value, attributes) => {
        expect(cookieSerialize(key, value, attributes)).toBe(
          official.cookieSerialize(key, value, attributes),
        )
      }),
      runs,
    )
  })

  test('well-formed headers are read', () => {
    const blank = fc.constantFrom('', ' ', '\t', '  ')
    const quote = fc.boolean()
    const pair = fc
      .tuple(blank, name, blank, blank, text, quote, blank)
      .map(([a, key, b, c, value, isQuoted, d]) => {
        const encoded = encodeURIComponent(value)
        return `${a}${key}${b}=${c}${isQuoted ? `"${encoded}"` : encoded}${d}`
      })
    const header = fc.array(fc.oneof(pair, name)).map((parts) => parts.join(';'))
    fc.assert(
      fc.property(header, (cookies) => {
        expect(Object.entries(cookieParse(cookies))).toEqual(
          Object.entries(official.cookieParse(cookies)),
        )
      }),
      runs,
    )
  })

  test('a sign-in is exported, to the byte', () => {
    fc.assert(
      fc.property(
        token,
        fc.option(record),
        fc.option(options),
        name,
        (jwt, user, settings, key) => {
          const [ours, theirs] = [new MemoryAuthStore(), new official.BaseAuthStore()]
          for (const store of [ours, theirs]) store.save(jwt, user)
          const given = settings ?? undefined
          expect(ours.exportToCookie(given, key)).toBe(theirs.exportToCookie(given, key))
        },
      ),
      runs,
    )
  })
})

describe('round trip', () => {
  test('a value reads back as it was written, whatever it holds', () => {
    fc.assert(
      fc.property(name, text, options, (key, value, attributes) => {
        const [pair] = cookieSerialize(key, value, attributes).split(';')
        expect(cookieParse(`a b=1; ${pair}; c d=2`)).toEqual({
          'a b': '1',
          [key]: value,
          'c d': '2',
        })
      }),
      runs,
    )
  })

  const stores = {
    ours: () => new MemoryAuthStore(),
    official: () => new official.BaseAuthStore(),
  }
  const ways = [
    ['ours', 'ours'],
    ['ours', 'official'],
    ['official', 'ours'],
  ] as const

  test.each(ways)('what %s writes, %s reads', (writer, reader) => {
    fc.assert(
      fc.property(token, fc.option(record), (jwt, user) => {
        const [from, to] = [stores[writer](), stores[reader]()]
        from.save(jwt, user)
        const [pair, ...attributes] = from.exportToCookie().split('; ')
        to.loadFromCookie(`a=1; ${pair}`)
        expect(to.token).toBe(jwt)
        const whole = `pb_auth=${encodeURIComponent(JSON.stringify({ token: jwt, record: user }))}`
        if ([whole, ...attributes].join('; ').length <= 4096) expect(to.record).toEqual(user)
        else expect(to.record?.id).toBe(user?.id)
      }),
      runs,
    )
  })
})

describe('hostile input', () => {
  /** Pieces that parsers trip over. */
  const piece = fc.oneof(
    oneOf('=;"{}[]:, \t\n\0%\\\ud800\ufeff日'),
    fc.constantFrom(
      'pb_auth',
      '__proto__',
      'constructor',
      '%7B',
      '%22',
      '%E9',
      '%00',
      '\\u',
      'null',
      'true',
      '1e999',
    ),
    fc.constantFrom('"token"', '"record"', '"model"', '{"token":"t"', '"__proto__"', '"toJSON"'),
    fc.string({ unit: 'binary', maxLength: 5 }),
  )
  const header = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''))
  const json = fc.json().map((value) => `pb_auth=${encodeURIComponent(value)}`)
  const state = fc
    .record({ token: jsonValue, record: jsonValue, model: jsonValue }, { requiredKeys: [] })
    .map((value) => `pb_auth=${encodeURIComponent(JSON.stringify(value))}`)

  test('is read without an error, as texts under names that are there', () => {
    fc.assert(
      fc.property(header, (cookies) => {
        for (const [key, value] of Object.entries(cookieParse(cookies))) {
          expect(cookies).toContain(key)
          expect(key).toMatch(/^[^=;]+$/)
          expect(typeof value).toBe('string')
        }
      }),
      runs,
    )
  })

  test('signs nobody in, or somebody with a text and an object', () => {
    fc.assert(
      fc.property(fc.oneof(header, json, state), (cookies) => {
        const store = new MemoryAuthStore()
        store.save('before', { id: 'before', collectionId: 'c', collectionName: 'users' })
        store.loadFromCookie(cookies)
        expect(store.token).not.toBe('before')
        expect(typeof store.token).toBe('string')
        expect(
          store.record === null ||
            (typeof store.record === 'object' && !Array.isArray(store.record)),
        ).toBe(true)
        // Nothing that asks the store afterwards trips either.
        expect([typeof store.isValid, typeof store.isSuperuser, typeof store.isAuthRecord]).toEqual(
          ['boolean', 'boolean', 'boolean'],
        )
        expect(Object.keys(Object.prototype)).toEqual([])
      }),
      runs,
    )
  })

  test('is written as one cookie that reads back, or refused with a TypeError', () => {
    const wild = fc.oneof(
      fc.string({ unit: oneOf('ab=; ,"\t\r\n\0\x07\x7f\x80é日'), maxLength: 6 }),
      fc.string({ unit: 'binary', maxLength: 20 }),
    )
    const wildOptions = fc.record(
      { domain: wild, path: wild, priority: wild, sameSite: wild, maxAge: fc.double() },
      { requiredKeys: [] },
    )
    const encode = (value: string | number | boolean): string => String(value)
    fc.assert(
      fc.property(fc.oneof(wild, name), wild, wildOptions, (key, value, attributes) => {
        let cookie: string
        try {
          cookie = cookieSerialize(key, value, { ...attributes, encode })
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError)
          return
        }
        // One line that a header can hold, and no attribute that was not asked for.
        expect(() => new Headers({ 'set-cookie': cookie })).not.toThrow()
        const [pair, ...written] = cookie.split('; ')
        expect(pair).toBe(`${key}=${value}`)
        expect(key).not.toMatch(/[=;\s]/)
        const asked = ['Max-Age', 'Domain', 'Path', 'Priority', 'SameSite']
        expect(asked).toEqual(expect.arrayContaining(written.map((part) => part.split('=')[0]!)))
        expect(written.length).toBeLessThanOrEqual(Object.keys(attributes).length)
      }),
      runs,
    )
  })
})
