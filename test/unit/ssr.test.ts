import { readFileSync } from 'node:fs'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { resolve } from 'node:path'

import { describe, expect, test } from 'vitest'

import * as official from 'pocketbase'

import { cookieParse, cookieSerialize, MemoryAuthStore } from '../../src/index.ts'
import type { RecordModel } from '../../src/index.ts'
import {
  CookieAuthStore,
  nextCookies,
  nodeCookies,
  serverClient,
  verifyAuth,
} from '../../src/ssr/index.ts'
import type { CookieAttributes, CookieAuthStoreOptions, CookieJar } from '../../src/ssr/index.ts'
import { json } from '../support/observed.ts'
import { root } from '../support/readme.ts'
import { authToken, createToken } from '../support/token.ts'

const lifetimeS = 432_000
const token = authToken(lifetimeS)

function user(values: object = {}): RecordModel {
  return { id: 'u1', collectionId: '_pb_users_auth_', collectionName: 'users', ...values }
}

/** Cookies of a browser, by name, as the header has them. */
class Browser {
  readonly cookies = new Map<string, string>()

  get header(): string {
    return Array.from(this.cookies, (pair) => pair.join('=')).join('; ')
  }

  /** Does what the `Set-Cookie` headers say. */
  take(headers: readonly string[]): this {
    for (const header of headers) {
      expect(new TextEncoder().encode(header).length).toBeLessThanOrEqual(4096)
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(header)!
      if (/; Max-Age=0(;|$)/.test(header)) this.cookies.delete(name!)
      else this.cookies.set(name!, value!)
    }
    return this
  }
}

/** A browser that somebody has signed in with. */
function signedIn(record: RecordModel | null = user(), options?: CookieAuthStoreOptions): Browser {
  const store = new CookieAuthStore('', options)
  store.save(token, record)
  return new Browser().take(store.setCookieHeaders())
}

/** A jar as frameworks have them, and what was written to it. */
function jar(browser = new Browser()): CookieJar & {
  written: [string, string, CookieAttributes][]
} {
  const written: [string, string, CookieAttributes][] = []
  return {
    written,
    get: (name) => {
      const value = cookieParse(browser.header)[name]
      return value === undefined ? undefined : { value }
    },
    set: (...cookie) => written.push(cookie),
  }
}

describe('cookies', () => {
  test('keep who is signed in, from one request to the next', () => {
    const { header } = signedIn(user({ name: 'Ada; "Lovelace"', bio: '日本' }))
    const request = new Request('https://app.test/', { headers: { cookie: `a=1; ${header}` } })
    for (const source of [request, request.headers, header]) {
      const store = new CookieAuthStore(source)
      expect(store.token).toBe(token)
      expect(store.record).toEqual(user({ name: 'Ada; "Lovelace"', bio: '日本' }))
      expect(store.setCookieHeaders()).toEqual([])
    }
  })

  test('are safe by default, and expire with the token', () => {
    const store = new CookieAuthStore('')
    store.save(token, user())
    const [cookie, ...others] = store.setCookieHeaders()
    expect(others).toEqual([])
    expect(cookie).toMatch(/^pb_auth=[^;]+; Max-Age=\d+; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
    const maxAge = Number(/Max-Age=(\d+)/.exec(cookie!)![1])
    expect(maxAge).toBeLessThanOrEqual(lifetimeS)
    expect(maxAge).toBeGreaterThan(lifetimeS - 600)
  })

  test('are as the options say', () => {
    const store = new CookieAuthStore('', {
      name: 'session',
      domain: 'app.test',
      path: '/app',
      sameSite: 'strict',
      secure: false,
      httpOnly: false,
    })
    store.save(token, user())
    expect(store.setCookieHeaders()[0]).toMatch(
      /^session=[^;]+; Max-Age=\d+; Domain=app\.test; Path=\/app; SameSite=Strict$/,
    )
    expect(() => {
      const other = new CookieAuthStore('', { name: 'two words' })
      other.save(token)
      other.setCookieHeaders()
    }).toThrow(TypeError)
  })

  test('of a token that this machine takes for expired last until the browser is closed', () => {
    const store = new CookieAuthStore('')
    store.save(authToken(-60), user())
    expect(store.setCookieHeaders()[0]).not.toContain('Max-Age')
  })

  test('are set when the token or the record has changed, and not otherwise', () => {
    const { header } = signedIn()
    const store = new CookieAuthStore(header)
    const other = authToken(lifetimeS + 1)
    store.save(other, user())
    expect(store.setCookieHeaders()).toHaveLength(1)
    store.save(token, user({ name: 'Grace' }))
    expect(store.setCookieHeaders()).toHaveLength(1)
    store.save(token, user())
    expect(store.setCookieHeaders()).toEqual([])
  })

  test('that nobody has are not removed', () => {
    const store = new CookieAuthStore('other=1')
    store.clear()
    expect(store.setCookieHeaders()).toEqual([])
  })

  test('are read by the official client, and its own by this one', () => {
    const theirs = new official.BaseAuthStore()
    theirs.loadFromCookie(signedIn(user({ name: 'Ada' })).header)
    expect([theirs.token, theirs.record]).toEqual([token, user({ name: 'Ada' })])
    const cookie = theirs.exportToCookie()
    const store = new CookieAuthStore(cookie.slice(0, cookie.indexOf(';')))
    expect([store.token, store.record]).toEqual([token, user({ name: 'Ada' })])
    expect(store.setCookieHeaders()).toEqual([])
  })
})

describe('a long record', () => {
  const records = {
    '9 kB of text': user({ bio: 'x'.repeat(9_000) }),
    'text that grows when it is encoded': user({ bio: '"日本語 🦊;'.repeat(500) }),
    'unpaired surrogates': user({ bio: '\ud83e\udd8a\udd8a'.repeat(700) }),
  }

  test.each(Object.entries(records))('of %s is kept whole, in several cookies', (_, record) => {
    const browser = signedIn(record)
    expect(browser.cookies.size).toBeGreaterThan(2)
    const store = new CookieAuthStore(browser.header)
    expect([store.token, store.record]).toEqual([token, record])
    expect(store.setCookieHeaders()).toEqual([])
  })

  test('that gets shorter, or is signed out, leaves no cookie behind', () => {
    const browser = signedIn(records['9 kB of text'])
    const store = new CookieAuthStore(browser.header)
    store.save(token, user())
    browser.take(store.setCookieHeaders())
    expect(Array.from(browser.cookies.keys())).toEqual(['pb_auth'])

    const long = signedIn(records['9 kB of text'])
    const leaving = new CookieAuthStore(long.header)
    leaving.clear()
    expect(long.take(leaving.setCookieHeaders()).header).toBe('')
  })

  test('stays readable beside cookies of a longer one, which go with the next change', () => {
    const browser = signedIn(records['9 kB of text'])
    // Another program writes one cookie and knows nothing of the others.
    browser.cookies.set('pb_auth', signedIn().cookies.get('pb_auth')!)
    const store = new CookieAuthStore(browser.header)
    expect(store.record).toEqual(user())
    expect(store.setCookieHeaders()).toEqual([])
    store.save(token, user({ name: 'Ada' }))
    browser.take(store.setCookieHeaders())
    expect(Array.from(browser.cookies.keys())).toEqual(['pb_auth'])
  })

  test('with a cookie lost means nobody, and the rest is removed', () => {
    const browser = signedIn(records['9 kB of text'])
    browser.cookies.delete('pb_auth.1')
    const store = new CookieAuthStore(browser.header)
    expect([store.token, store.record]).toEqual(['', null])
    browser.take(store.setCookieHeaders())
    expect(browser.cookies.has('pb_auth')).toBe(false)
  })

  test('can be cut to fields, and keeps who it is', () => {
    const record = user({ name: 'Ada', bio: 'x'.repeat(9_000) })
    const browser = signedIn(record, { fields: ['name'] })
    expect(new CookieAuthStore(browser.header).record).toEqual(user({ name: 'Ada' }))
    const store = new CookieAuthStore(browser.header, { fields: ['name'] })
    store.save(token, record)
    expect(store.record).toEqual(record)
    expect(store.setCookieHeaders()).toEqual([])
  })
})

describe('what a cookie should not hold', () => {
  const state = (content: unknown): string =>
    `pb_auth=${encodeURIComponent(JSON.stringify(content))}`

  test.each([
    'pb_auth=%E0%A4%A',
    'pb_auth=null',
    'pb_auth={}',
    'pb_auth=}',
    'pb_auth=%7B%22token%22%3A%22cut',
    'pb_auth=x; pb_auth.1=}; pb_auth.2=%7B%7D',
    state([]),
    state({ token: 1 }),
    state({ token: 'not a token', record: user() }),
    state({ token: 'a.b.c', record: user() }),
    // No header could hold it.
    state({ token: `${token}\r\nX-Evil: 1`, record: user() }),
    state({ token: `${token}日本`, record: user() }),
    // Of a file, of a collection that is a path.
    state({ token: authToken(60, { type: 'file' }), record: user() }),
    state({ token: authToken(60, { collectionId: '../../settings' }), record: user() }),
    state({ token: authToken(60, { id: {} }), record: user() }),
    state({ token: createToken(null), record: user() }),
  ])('signs nobody in, and is removed: %s', (cookie) => {
    const store = new CookieAuthStore(cookie)
    expect([store.token, store.record]).toEqual(['', null])
    expect(new Browser().take([cookie]).take(store.setCookieHeaders()).header).toBe('')
  })

  test.each([
    user({ id: 'admin' }),
    user({ collectionId: 'pbc_3142635823', collectionName: '_superusers' }),
    'text',
    { name: 'Ada' },
  ])("a record that is not the token's is left out: %j", (record) => {
    const store = new CookieAuthStore(state({ token, record }))
    expect([store.token, store.record]).toEqual([token, null])
    expect(store.isSuperuser).toBe(false)
  })
})

describe('without Secure', () => {
  const isSecure = (url: string, headers: Record<string, string> = {}): boolean => {
    const request = new Request(url, { headers: { host: new URL(url).host, ...headers } })
    const store = new CookieAuthStore(request)
    store.save(token)
    return store.setCookieHeaders()[0]!.includes('; Secure')
  }

  test.each([
    'http://localhost:3000/',
    'http://app.localhost/',
    'http://127.0.0.1:8080/',
    'http://[::1]:3000/',
  ])('are cookies of %s', (url) => {
    expect(isSecure(url)).toBe(false)
    expect(isSecure(url, { origin: new URL(url).origin, 'x-forwarded-proto': 'http' })).toBe(false)
  })

  test.each(['https://app.test/', 'http://app.test/', 'http://localhost.app.test/'])(
    'are none of %s',
    (url) => {
      expect(isSecure(url)).toBe(true)
    },
  )

  test.each([
    { origin: 'https://app.test' },
    { 'x-forwarded-proto': 'https' },
    { forwarded: 'for=192.0.2.60;proto=https;by=203.0.113.43' },
  ])('are none that a proxy at this machine hands on: %j', (headers) => {
    expect(isSecure('http://localhost:3000/', headers)).toBe(true)
  })
})

describe('attach', () => {
  const changed = (): CookieAuthStore => {
    const store = new CookieAuthStore('')
    store.save(token, user())
    return store
  }

  test('adds to the headers that there are', () => {
    const response = new Response('body', { headers: { 'set-cookie': 'a=1' } })
    expect(changed().attach(response)).toBe(response)
    expect(response.headers.getSetCookie()).toEqual(['a=1', expect.stringMatching(/^pb_auth=/)])
    const headers = new Headers()
    expect(changed().attach(headers)).toBe(headers)
    expect(headers.getSetCookie()).toHaveLength(1)
  })

  test('copies an answer whose headers cannot be changed', () => {
    const redirect = Response.redirect('https://app.test/next', 303)
    const copy = changed().attach(redirect)
    expect([copy.status, copy.headers.get('location')]).toEqual([303, 'https://app.test/next'])
    expect(copy.headers.getSetCookie()).toHaveLength(1)
  })

  test('leaves an answer alone when nothing has changed', () => {
    const redirect = Response.redirect('https://app.test/next', 303)
    expect(new CookieAuthStore(signedIn().header).attach(redirect)).toBe(redirect)
  })
})

describe('a cookie jar', () => {
  test('is read, and written at once', () => {
    const cookies = jar(signedIn(user({ bio: 'x'.repeat(5_000) })))
    const store = new CookieAuthStore(cookies)
    expect(store.record?.['bio']).toHaveLength(5_000)
    expect(cookies.written).toEqual([])
    store.save(token, user({ name: 'Ada' }))
    const attributes = { path: '/', httpOnly: true, secure: true, sameSite: 'lax' }
    expect(cookies.written).toEqual([
      [
        'pb_auth',
        JSON.stringify({ token, record: user({ name: 'Ada' }) }),
        { ...attributes, maxAge: expect.any(Number) },
      ],
      ['pb_auth.1', '', { ...attributes, maxAge: 0 }],
    ])
    expect(store.setCookieHeaders()).toEqual([])
  })

  test('may have a method called headers, as that of Astro', () => {
    const cookies = Object.assign(jar(signedIn()), { headers: () => [] })
    const store = new CookieAuthStore(cookies)
    expect(store.token).toBe(token)
    store.clear()
    expect(cookies.written).toHaveLength(1)
  })

  test('may add Expires to a cookie that is as long as browsers take', () => {
    const cookies = jar()
    new CookieAuthStore(cookies).save(token, user({ bio: 'x'.repeat(9_000) }))
    const lengths = cookies.written.map(([name, value, attributes]) => {
      const expires = new Date()
      return cookieSerialize(name, value, { ...attributes, expires }).length
    })
    expect(Math.max(...lengths)).toBeLessThanOrEqual(4096)
    expect(Math.max(...lengths)).toBeGreaterThan(4000)
  })

  test('gets what was there before again, after something else', () => {
    const cookies = jar(signedIn())
    const store = new CookieAuthStore(cookies)
    store.clear()
    store.save(token, user())
    expect(cookies.written.map(([, value]) => value !== '')).toEqual([false, true])
  })

  test('that cannot be written any more loses a refresh, and no sign-in or sign-out in silence', () => {
    const late = new Error('Too late')
    const cookies: CookieJar = {
      ...jar(signedIn()),
      set: () => {
        throw late
      },
    }
    const store = new CookieAuthStore(cookies)
    const refreshed = authToken(lifetimeS + 1)
    store.save(refreshed, user())
    expect(store.token).toBe(refreshed)
    expect(() => store.save(authToken(60, { id: 'u2' }), user({ id: 'u2' }))).toThrow(late)
    expect(() => store.clear()).toThrow(late)
    expect(store.token).toBe('')
  })

  test('that cannot be written any more does not fail the calls of a session that has ended', async () => {
    const ending = authToken(60)
    const browser = new Browser()
    browser.cookies.set(
      'pb_auth',
      encodeURIComponent(JSON.stringify({ token: ending, record: user() })),
    )
    const source = {
      ...jar(browser),
      set: () => {
        throw new Error('Too late')
      },
    }
    const sent: string[] = []
    const client = serverClient('http://pb.test', source, {
      fetch: async (url, init) => {
        const { Authorization = '' } = init!.headers as Record<string, string>
        sent.push(`${new URL(url as string).pathname} ${Authorization}`)
        const isRefresh = (url as string).endsWith('auth-refresh')
        return isRefresh ? json({ status: 401, message: '', data: {} }, { status: 401 }) : json({})
      },
    })
    await client.send('/api/health', {})
    expect(sent).toEqual([
      `/api/collections/_pb_users_auth_/auth-refresh ${ending}`,
      '/api/health ',
    ])
  })

  test('of Next.js tells by its headers where the page was asked for', () => {
    const cookies = jar()
    for (const host of ['localhost:3000', 'app.test']) {
      const store = new CookieAuthStore(nextCookies(cookies, new Headers({ host })))
      store.save(token)
    }
    expect(cookies.written.map(([, , { secure }]) => secure)).toEqual([false, true])
  })
})

describe('an answer of Node', () => {
  const exchange = (headers: Record<string, string>): [IncomingMessage, ServerResponse] => {
    const request = new IncomingMessage(new Socket())
    Object.assign(request.headers, headers)
    return [request, new ServerResponse(request)]
  }

  test('gets the cookies at once, the last of each name, beside those of others', () => {
    const [request, response] = exchange({ host: 'localhost:3000', cookie: signedIn().header })
    response.setHeader('Set-Cookie', 'theme=dark')
    const store = new CookieAuthStore(nodeCookies(request, response))
    expect(store.record).toEqual(user())
    store.clear()
    store.save(token, user({ name: 'Ada' }))
    const cookies = response.getHeader('set-cookie') as string[]
    expect(cookies).toEqual(['theme=dark', expect.stringMatching(/^pb_auth=%7B/)])
    expect(cookies[1]).not.toContain('Secure')
  })

  test('is of this machine by the name that HTTP/2 has for hosts, too', () => {
    const headers = { ':authority': 'localhost:3000' }
    const [request, response] = exchange(headers)
    new CookieAuthStore(nodeCookies(request, response)).save(token)
    expect(response.getHeader('set-cookie')).toEqual([expect.not.stringContaining('Secure')])
  })

  test('of Fastify as well', () => {
    const [request] = exchange({ host: 'app.test' })
    let headers: string[] = []
    const reply = {
      getHeader: () => headers,
      removeHeader: () => (headers = []),
      header: (_: string, value: string[]) => (headers = [...headers, ...value]),
    }
    reply.header('', ['theme=dark'])
    const store = new CookieAuthStore(nodeCookies(request, reply))
    store.save(token, user())
    store.save(token, user({ name: 'Ada' }))
    expect(headers).toEqual(['theme=dark', expect.stringMatching(/^pb_auth=.*; Secure/)])
  })
})

test('a server client cancels nothing by itself and leaves the browser storage alone', () => {
  const client = serverClient('http://pb.test', signedIn().header, { cookie: { name: 'other' } })
  expect(client.authStore).toBeInstanceOf(CookieAuthStore)
  expect(client.authStore).not.toBeInstanceOf(MemoryAuthStore)
  expect(client.authStore.token).toBe('')
  expect(client.options.autoCancellation).toBe(false)
})

test.each([
  ['an empty object', () => json({}), { kind: 'decode' }],
  ['a page with 403', () => new Response('<h1>No</h1>', { status: 403 }), { status: 403 }],
])(
  'verifyAuth rejects when what answers %s is no server, and signs nobody out',
  async (...each) => {
    const [, answer, error] = each
    const fetch = async (): Promise<Response> => answer()
    const client = serverClient('http://pb.test', signedIn().header, { fetch })
    await expect(verifyAuth(client)).rejects.toMatchObject(error)
    expect(client.authStore.token).toBe(token)
  },
)

test('the code for frameworks in docs/ssr.md is that of the examples', () => {
  const page = readFileSync(resolve(root, 'docs/ssr.md'), 'utf8')
  const blocks = [...page.matchAll(/\]\(([^)]+)\)\):\n\n```js\n(.*?)```$/gms)]
  expect(blocks.length).toBe(page.match(/^```js$/gm)!.length)
  for (const [, file, code] of blocks) {
    expect(readFileSync(resolve(root, 'docs', file!), 'utf8')).toContain(code)
  }
})
