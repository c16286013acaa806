import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

import * as official from 'pocketbase'
import { describe, expect, test } from 'vitest'

import { BaseAuthStore, cookieParse, cookieSerialize, MemoryAuthStore } from '../../src/index.ts'
import type { SerializeOptions } from '../../src/index.ts'
import { authToken, createToken } from '../support/token.ts'

const record = {
  collectionId: '_pb_users_auth_',
  collectionName: 'users',
  email: 'zoë@pb.test',
  id: 'u1',
  verified: true,
}

describe('cookieParse', () => {
  const cases: [header: string, cookies: Record<string, string>][] = [
    ['', {}],
    ['a=1', { a: '1' }],
    ['a=1; b=2;c=3', { a: '1', b: '2', c: '3' }],
    [' a = 1 ;\tb=2', { a: '1', b: '2' }],
    ['a=1; a=2', { a: '1' }],
    ['a=b=c', { a: 'b=c' }],
    ['a="b c"', { a: 'b c' }],
    ['a=""', { a: '' }],
    ['a=', { a: '' }],
    ['a=%C3%A9%20%3B', { a: 'é ;' }],
    ['a=%', { a: '%' }],
    ['a=%C3; b=%E9', { a: '%C3', b: '%E9' }],
    ['no equals sign; b=2', { b: '2' }],
    ['a; b; c', {}],
    [';;; ;', {}],
    ['a=1;', { a: '1' }],
    ['a b=c', { 'a b': 'c' }],
    ['a=b\nc', { a: 'b\nc' }],
  ]

  test.each(cases)('reads %j', (header, cookies) => {
    expect(cookieParse(header)).toEqual(cookies)
  })

  test.each(cases)('reads %j as the official client does', (header) => {
    expect(cookieParse(header)).toEqual(official.cookieParse(header))
  })

  test.each(['', ' ', '\t'])('leaves out a value whose name is %j', (name) => {
    expect(cookieParse(`${name}=x; a=1`)).toEqual({ a: '1' })
  })

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'takes %s for a name like any other',
    (name) => {
      const cookies = cookieParse(`${name}=x; a=1; ${name}=y`)
      expect(Object.entries(cookies)).toEqual([
        [name, 'x'],
        ['a', '1'],
      ])
      expect(Object.getPrototypeOf(cookies)).toBe(Object.prototype)
      expect({}).not.toHaveProperty('x')
    },
  )

  test.each<any>([undefined, null, 5, {}, [], true])('finds nothing in %j', (header) => {
    expect(cookieParse(header)).toEqual({})
  })

  test('takes quotes away in pairs only', () => {
    expect(cookieParse('a="; b="x; c=x"; d=""; e="x"y"')).toEqual({
      a: '"',
      b: '"x',
      c: 'x"',
      d: '',
      e: 'x"y',
    })
  })

  test('uses the decoder that is given, and keeps a value that it throws for', () => {
    const decode = (value: string): string => {
      if (value === 'bad') throw new Error('no')
      return value.toUpperCase()
    }
    expect(cookieParse('a=x; b=bad', { decode })).toEqual({ a: 'X', b: 'bad' })
  })

  // A header that costs seconds is an attack on a server that reads it. A worker, because nothing else can end a loop.
  test.each([
    ['blanks', 'a=1;', ' ', ';b=2'],
    ['blanks in a name', 'a=1;x', ' ', 'y;b=2'],
    ['blanks in a value', 'a=1;x=y', ' ', 'z;b=2'],
    ['line ends', 'a=1;', '\n', ';b=2'],
    ['equals signs', 'a=1;', '=', ';b=2'],
    ['quotes', 'a=1;x=', '"', ';b=2'],
    ['semicolons', 'a=1', ';', 'b=2'],
    ['per cent signs', 'a=1;x=', '%', ';b=2'],
  ])('reads a header of 100,000 %s without an end in sight', async (_, before, filler, after) => {
    const entry = new URL('../../src/index.ts', import.meta.url).href
    const worker = new Worker(
      `const { parentPort, workerData } = require('node:worker_threads')
       import(workerData.entry).then(({ cookieParse }) => {
         const { a, b } = cookieParse(workerData.header)
         parentPort.postMessage({ a, b })
       })`,
      { eval: true, workerData: { entry, header: before + filler.repeat(100_000) + after } },
    )
    try {
      expect(await once(worker, 'message')).toEqual([{ a: '1', b: '2' }])
    } finally {
      await worker.terminate()
    }
  })
})

describe('cookieSerialize', () => {
  const expires = new Date('2030-01-02T03:04:05Z')
  const cases: [options: SerializeOptions, attributes: string][] = [
    [{}, ''],
    [{ maxAge: 60 }, '; Max-Age=60'],
    [{ maxAge: 60.9 }, '; Max-Age=60'],
    [{ maxAge: 0 }, '; Max-Age=0'],
    [{ maxAge: -1 }, '; Max-Age=-1'],
    [{ domain: 'pb.test' }, '; Domain=pb.test'],
    [{ path: '/app' }, '; Path=/app'],
    [{ expires }, '; Expires=Wed, 02 Jan 2030 03:04:05 GMT'],
    [{ httpOnly: true }, '; HttpOnly'],
    [{ httpOnly: false }, ''],
    [{ secure: true }, '; Secure'],
    [{ priority: 'low' }, '; Priority=Low'],
    [{ priority: 'Medium' }, '; Priority=Medium'],
    [{ priority: 'HIGH' }, '; Priority=High'],
    [{ sameSite: true }, '; SameSite=Strict'],
    [{ sameSite: false }, ''],
    [{ sameSite: 'strict' }, '; SameSite=Strict'],
    [{ sameSite: 'Lax' }, '; SameSite=Lax'],
    [{ sameSite: 'NONE' }, '; SameSite=None'],
    [
      {
        sameSite: 'lax',
        priority: 'low',
        secure: true,
        httpOnly: true,
        expires,
        path: '/',
        domain: 'd',
        maxAge: 1,
      },
      '; Max-Age=1; Domain=d; Path=/; Expires=Wed, 02 Jan 2030 03:04:05 GMT; HttpOnly; Secure; Priority=Low; SameSite=Lax',
    ],
  ]

  test.each(cases)('writes %j', (options, attributes) => {
    expect(cookieSerialize('a', 'b c', options)).toBe(`a=b%20c${attributes}`)
  })

  test.each(cases)('writes %j as the official client does', (options) => {
    expect(cookieSerialize('a', 'b c', options)).toBe(official.cookieSerialize('a', 'b c', options))
  })

  test('uses the encoder that is given', () => {
    const encode = (value: string | number | boolean): string => `<${String(value)}>`
    expect(cookieSerialize('a', 'b', { encode })).toBe('a=<b>')
  })

  test.each([
    '',
    'a=b',
    'a;b',
    'a b',
    'a\tb',
    'a\nb',
    'a\r\nSet-Cookie: x',
    '\0',
    '\x07',
    'Ā',
    '日本',
  ])('throws a TypeError for the name %j', (name) => {
    expect(() => cookieSerialize(name, 'x')).toThrow(TypeError)
  })

  test.each<[string, SerializeOptions]>([
    ['value that ends the cookie', { encode: () => 'x; Domain=evil.test' }],
    ['value that ends the header', { encode: () => 'x\r\nSet-Cookie: y' }],
    ['value that no header can hold', { encode: () => '日本' }],
    ['path that ends the attribute', { path: '/; Domain=evil.test' }],
    ['path that ends the header', { path: '/\r\nX: y' }],
    ['domain that ends the attribute', { domain: 'pb.test; Path=/' }],
    ['domain that no header can hold', { domain: '日本.test' }],
    ['maxAge that is no number', { maxAge: Number.NaN }],
    ['maxAge without end', { maxAge: Infinity }],
    ['date that is none', { expires: new Date(Number.NaN) }],
    ['date in words', { expires: 'tomorrow' as unknown as Date }],
    ['sameSite that browsers do not know', { sameSite: 'stirct' }],
    ['priority that browsers do not know', { priority: 'urgent' }],
    ['sameSite that ends the attribute', { sameSite: 'lax; Domain=evil.test' }],
    ['priority that ends the attribute', { priority: 'low; Domain=evil.test' }],
  ])('throws a TypeError for a %s', (_, options) => {
    expect(() => cookieSerialize('a', 'b', options)).toThrow(TypeError)
  })
})

describe('exportToCookie', () => {
  test('is safe by default and ends with the token', () => {
    const store = new MemoryAuthStore()
    store.save(createToken({ exp: 1893553445 }), record)
    const [value, ...attributes] = store.exportToCookie().split('; ')
    expect(JSON.parse(decodeURIComponent(value!.slice('pb_auth='.length)))).toEqual({
      token: store.token,
      record,
    })
    expect(attributes).toEqual([
      'Path=/',
      'Expires=Wed, 02 Jan 2030 03:04:05 GMT',
      'HttpOnly',
      'Secure',
      'SameSite=Strict',
    ])
  })

  test('removes the cookie when nobody is signed in', () => {
    expect(new MemoryAuthStore().exportToCookie()).toMatch(
      /^pb_auth=[^;]+; Path=\/; Expires=Thu, 01 Jan 1970 00:00:00 GMT;/,
    )
  })

  test('takes other attributes and another name', () => {
    const store = new MemoryAuthStore()
    store.save(authToken(), record)
    const cookie = store.exportToCookie({ httpOnly: false, secure: false, maxAge: 60 }, 'session')
    expect(cookie).toMatch(/^session=/)
    expect(cookie).not.toMatch(/HttpOnly|Secure/)
    expect(cookie).toMatch('Max-Age=60')
  })

  test('does not change the record that is signed in', () => {
    const store = new MemoryAuthStore()
    const long = { ...record, bio: 'x'.repeat(5000) }
    store.save(authToken(), long)
    store.exportToCookie()
    expect(store.record).toBe(long)
    expect(long.bio).toHaveLength(5000)
  })

  test('keeps to 4096 bytes: a longer record shrinks to who it is', () => {
    const store = new MemoryAuthStore()
    store.save(authToken(), { ...record, role: 'editor', bio: '' })
    const room = 4096 - store.exportToCookie().length
    store.save(store.token, { ...record, role: 'editor', bio: 'x'.repeat(room) })
    const longest = store.exportToCookie()
    expect(longest).toHaveLength(4096)
    expect(decodeURIComponent(longest)).toMatch('"role":"editor"')

    store.save(store.token, { ...record, role: 'editor', bio: 'x'.repeat(room + 1) })
    const next = new MemoryAuthStore()
    next.loadFromCookie(store.exportToCookie().split(';')[0]!)
    expect(next.record).toEqual(record)
    expect(next.token).toBe(store.token)
  })
})

describe('loadFromCookie', () => {
  test('signs in from what exportToCookie wrote, among other cookies', () => {
    const store = new MemoryAuthStore()
    store.save(authToken(), { ...record, name: 'a;b="c", d\\e\n日本 😀' })
    const [pair] = store.exportToCookie().split(';')
    const next = new MemoryAuthStore()
    next.loadFromCookie(`a=1; ${pair}; b=2`)
    expect(next.token).toBe(store.token)
    expect(next.record).toEqual(store.record)
  })

  test('reads the older name of the record', () => {
    const store = new MemoryAuthStore()
    store.loadFromCookie(
      `pb_auth=${encodeURIComponent(JSON.stringify({ token: 't', model: record }))}`,
    )
    expect(store.record).toEqual(record)
  })

  test('reads a cookie of another name', () => {
    const store = new MemoryAuthStore()
    store.save('t1', record)
    const [pair] = store.exportToCookie({}, 'session').split(';')
    const next = new MemoryAuthStore()
    next.loadFromCookie(pair!)
    expect(next.token).toBe('')
    next.loadFromCookie(pair!, 'session')
    expect(next.token).toBe('t1')
  })

  test('tells the listeners once', () => {
    const store = new MemoryAuthStore()
    const told: string[] = []
    store.onChange((token) => told.push(token))
    store.loadFromCookie('pb_auth={"token":"t1"}')
    store.loadFromCookie('')
    expect(told).toEqual(['t1', ''])
  })

  test.each([
    '',
    'pb_auth',
    'pb_auth=',
    'pb_auth=%',
    'pb_auth=%7B',
    'pb_auth={',
    'pb_auth=null',
    'pb_auth=undefined',
    'pb_auth=5',
    'pb_auth="x"',
    'pb_auth=[]',
    'pb_auth=[1,2]',
    'pb_auth=[object Object]',
    'pb_auth={"token":null,"record":null}',
    'pb_auth={"token":5,"record":6}',
    'pb_auth={"token":{},"record":"x"}',
    'pb_auth={"token":["t"],"record":["x"]}',
    'pb_auth={"token":false,"record":true}',
    '__proto__={"token":"t","record":{}}',
    'other={"token":"t"}',
  ])('signs out and throws nothing for %j', (cookie) => {
    const store = new MemoryAuthStore()
    store.save('t1', record)
    store.loadFromCookie(cookie)
    expect(store.token).toBe('')
    expect(store.record).toBeNull()
    expect(store.isValid).toBe(false)
    expect(store.isSuperuser).toBe(false)
  })

  test.each<any>([undefined, null, 5, {}])('signs out and throws nothing for %j', (cookie) => {
    const store = new MemoryAuthStore()
    store.save('t1', record)
    store.loadFromCookie(cookie)
    expect(store.token).toBe('')
  })

  test('finds nothing under names that every object has', () => {
    for (const key of ['__proto__', 'constructor', 'toString']) {
      const store = new MemoryAuthStore()
      store.loadFromCookie('a=1', key)
      expect(store.token).toBe('')
      store.loadFromCookie(`${key}={"token":"t1"}`, key)
      expect(store.token).toBe('t1')
    }
  })

  test('goes through the save of a subclass', () => {
    const saved: string[] = []
    class Store extends BaseAuthStore {
      override save(...args: Parameters<BaseAuthStore['save']>): void {
        saved.push(args[0])
        super.save(...args)
      }
    }
    new Store().loadFromCookie('pb_auth={"token":"t1"}')
    expect(saved).toEqual(['t1'])
  })

  test('does not let a cookie change the prototype of anything', () => {
    const store = new MemoryAuthStore()
    store.loadFromCookie(
      'pb_auth={"token":"t1","record":{"__proto__":{"polluted":1}},"__proto__":{"polluted":1}}',
    )
    expect(store.token).toBe('t1')
    expect({}).not.toHaveProperty('polluted')
    expect(Object.prototype).not.toHaveProperty('polluted')
  })
})
