import Official, { BaseAuthStore } from 'pocketbase'
import { describe, expect, test } from 'vitest'

import { MemoryAuthStore, PocketBase } from '../../src/index.ts'

/** What went out, in a form that two clients can be compared by. */
interface Sent {
  method: string
  url: string
  headers: { [name: string]: string }
  body: unknown
}

/** The answer that keeps every promise. */
const answer = {
  id: 'r1',
  items: [{ id: 'r1' }],
  page: 1,
  perPage: 30,
  totalItems: 1,
  totalPages: 1,
  token: 'new-token',
  record: { id: 'r1', collectionId: 'c1', collectionName: 'users' },
}

/** Makes the same call with either client. The calls are typed for the official one: that is what drop-in means. */
async function bothSend(
  call: (pb: Official) => unknown,
  change: object = {},
): Promise<{ ours: Sent[]; official: Sent[] }> {
  const { ours, official } = pair()
  return {
    ours: await captured(Object.assign(ours, change), call),
    official: await captured(Object.assign(official, change), call),
  }
}

/** A client of either kind, signed in. */
function pair(): { ours: Official; official: Official } {
  const ours = new PocketBase('http://pb.test/sub', new MemoryAuthStore()) as unknown as Official
  const official = new Official('http://pb.test/sub', new BaseAuthStore())
  for (const { authStore } of [ours, official]) authStore.save('stored-token', answer.record)
  return { ours, official }
}

async function captured(client: Official, call: (pb: Official) => unknown): Promise<Sent[]> {
  const sent: Sent[] = []
  const send = client.send.bind(client)
  const fetch = async (url: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    const headers = Object.entries(init.headers ?? {})
    sent.push({
      method: init.method ?? 'GET',
      url: url as string,
      headers: Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value])),
      body: init.body instanceof FormData ? partsOf(init.body) : init.body,
    })
    return Response.json(answer)
  }
  client.send = (path: string, options: object) => send(path, { ...options, fetch })
  await call(client)
  return sent
}

function partsOf(form: FormData): unknown[] {
  return [...form.entries()].map(([name, value]) =>
    typeof value === 'string' ? [name, value] : [name, value.name, value.type, value.size],
  )
}

const file = new File(['text'], 'a.txt', { type: 'text/plain' })
const form = new FormData()
form.append('title', 'a')
form.append('doc', file)

const at = new Date('2026-01-31T10:00:00.5Z')

const calls: { [name: string]: (pb: Official) => unknown } = {
  getList: (pb) => pb.collection('posts').getList(),
  'getList with a page': (pb) => pb.collection('posts').getList(3, 50),
  'getList with every option': (pb) =>
    pb.collection('posts').getList(2, 10, {
      filter: 'title ~ "ä & b" && n > 1',
      sort: '-created,+title',
      expand: 'author,comments_via_post.user',
      fields: '*,expand.author.name,text:excerpt(10,true)',
      skipTotal: true,
      query: { extra: 'a/b?c' },
      headers: { 'X-A': '1' },
    }),
  'getList with a page among the options': (pb) =>
    pb.collection('posts').getList(2, 10, { page: 5, perPage: 7 }),
  'getList with names that have to be encoded': (pb) => pb.collection('a b').getList(),
  getFullList: (pb) => pb.collection('posts').getFullList(),
  'getFullList with a batch': (pb) => pb.collection('posts').getFullList(100, { sort: '-created' }),
  'getFullList with a batch among the options': (pb) =>
    pb.collection('posts').getFullList({ batch: 50, filter: 'a = 1' }),
  'getFullList with options alone, as the second argument': (pb) =>
    pb.collection('posts').getFullList(undefined, { batch: 50, filter: 'a = 1' }),
  'getFullList with perPage among the options': (pb) =>
    pb.collection('posts').getFullList({ perPage: 7 }),
  'getFullList with the total': (pb) =>
    pb.collection('posts').getFullList({ batch: 50, skipTotal: false }),
  getFirstListItem: (pb) => pb.collection('posts').getFirstListItem('title = "a"'),
  'getFirstListItem with options': (pb) =>
    pb.collection('posts').getFirstListItem('a = 1', {
      expand: 'author',
      sort: '-created',
      query: { extra: 1 },
    }),
  'getFirstListItem with a filter among the options': (pb) =>
    pb.collection('posts').getFirstListItem('a = 1', { filter: 'b = 2', skipTotal: false }),
  getOne: (pb) => pb.collection('posts').getOne('r 1/ä'),
  'getOne with options': (pb) =>
    pb.collection('posts').getOne('r1', { expand: 'author', fields: 'id' }),
  create: (pb) => pb.collection('posts').create({ title: 'a', list: [], none: null, n: 0 }),
  'create with nothing': (pb) => pb.collection('posts').create(),
  'create with undefined and nested values': (pb) =>
    pb.collection('posts').create({ a: undefined, b: { c: [1, { d: 'ü' }] } }),
  'create with options': (pb) =>
    pb.collection('posts').create({ title: 'a' }, { expand: 'author', $autoCancel: false }),
  'create with form data': (pb) => pb.collection('posts').create(form),
  update: (pb) => pb.collection('posts').update('r1', { 'n+': 1, 'docs-': ['a.txt'] }),
  'update with nothing': (pb) => pb.collection('posts').update('r1'),
  'update with form data': (pb) => pb.collection('posts').update('r1', form, { expand: 'a' }),
  delete: (pb) => pb.collection('posts').delete('r1'),
  'delete with options': (pb) => pb.collection('posts').delete('r1', { query: { a: 1 } }),
  listAuthMethods: (pb) => pb.collection('users').listAuthMethods(),
  'listAuthMethods with fields': (pb) => pb.collection('users').listAuthMethods({ fields: 'mfa' }),
  authWithPassword: (pb) => pb.collection('users').authWithPassword('a@b.c', 'p"ä'),
  'authWithPassword with options': (pb) =>
    pb.collection('users').authWithPassword('a@b.c', 'p', {
      expand: 'team',
      extra: 'm1',
      headers: { 'X-A': '1' },
    }),
  requestOTP: (pb) => pb.collection('users').requestOTP('a@b.c', { query: { a: 1 } }),
  authWithOTP: (pb) => pb.collection('users').authWithOTP('o1', 'p', { expand: 'team' }),
  authWithOAuth2Code: (pb) =>
    pb.collection('users').authWithOAuth2Code('google', 'c', 'v', 'http://app.test/'),
  'authWithOAuth2Code with createData and options': (pb) =>
    pb.collection('users').authWithOAuth2Code('google', 'c', 'v', 'r', { a: 1 }, { expand: 'a' }),
  'authWithOAuth2Code with body and query, as it used to be': (pb) =>
    pb.collection('users').authWithOAuth2Code('google', 'c', 'v', 'r', {}, { b: 1 }, { q: 1 }),
  'authWithOAuth2 with a code, as it used to be': (pb) =>
    pb
      .collection('users')
      .authWithOAuth2('google', 'c', 'v', 'r', { a: 1 }, { b: 1 }, { expand: 'a' }),
  requestVerification: (pb) => pb.collection('users').requestVerification('a@b.c'),
  'requestVerification with body and query, as it used to be': (pb) =>
    pb.collection('users').requestVerification('a@b.c', { a: 1 }, { q: 1 }),
  confirmVerification: (pb) => pb.collection('users').confirmVerification('t', { query: { a: 1 } }),
  requestPasswordReset: (pb) => pb.collection('users').requestPasswordReset('a@b.c'),
  confirmPasswordReset: (pb) => pb.collection('users').confirmPasswordReset('t', 'p', 'p'),
  'confirmPasswordReset with body and query, as it used to be': (pb) =>
    pb.collection('users').confirmPasswordReset('t', 'p', 'p', { a: 1 }, { q: 1 }),
  requestEmailChange: (pb) => pb.collection('users').requestEmailChange('a@b.c'),
  confirmEmailChange: (pb) => pb.collection('users').confirmEmailChange('t', 'p'),
  'confirmEmailChange with body and query, as it used to be': (pb) =>
    pb.collection('users').confirmEmailChange('t', 'p', { a: 1 }, { q: 1 }),
  authRefresh: (pb) => pb.collection('users').authRefresh(),
  'authRefresh with options': (pb) => pb.collection('users').authRefresh({ expand: 'team' }),
  'authRefresh with body and query, as it used to be': (pb) =>
    pb.collection('users').authRefresh({ a: 1 }, { expand: 'team' }),
  'files.getToken': (pb) => pb.files.getToken(),
  'collections.getList': (pb) => pb.collections.getList(1, 10, { filter: 'type = "auth"' }),
  'collections.getFullList': (pb) => pb.collections.getFullList(100),
  'collections.getFirstListItem': (pb) => pb.collections.getFirstListItem('name = "a"'),
  'collections.getOne': (pb) => pb.collections.getOne('posts'),
  'collections.create': (pb) => pb.collections.create({ name: 'a', type: 'base', fields: [] }),
  'collections.update': (pb) => pb.collections.update('a', { listRule: '' }),
  'collections.delete': (pb) => pb.collections.delete('a'),
  'collections.import': (pb) => pb.collections.import([{ name: 'a' } as never]),
  'collections.import that deletes': (pb) =>
    pb.collections.import([{ name: 'a' } as never], true, { headers: { 'X-A': '1' } }),
  'settings.getAll': (pb) => pb.settings.getAll(),
  'settings.update': (pb) => pb.settings.update({ meta: { appName: 'a' } }, { fields: 'meta' }),
  'health.check': (pb) => pb.health.check(),
  send: (pb) => pb.send('/api/own?x=1', { method: 'PUT', body: { a: at.getTime() }, own: [1, 2] }),
  'send with the older params': (pb) => pb.send('/api/own', { params: { a: 1 }, query: { b: 2 } }),
  'send of text': (pb) => pb.send('/api/own', { method: 'POST', body: 'a=1' }),
  'send with headers in another case': (pb) =>
    pb.send('/api/own', {
      headers: { authorization: 'mine', 'content-type': 'text/plain', 'ACCEPT-LANGUAGE': 'de' },
    }),
}

describe('the same call makes the same request', () => {
  test.each(Object.keys(calls))('%s', async (name) => {
    const { ours, official } = await bothSend(calls[name]!)
    expect(ours).toEqual(official)
    expect(ours.length).toBeGreaterThan(0)
  })

  test('for guests, and with another language', async () => {
    const call = (pb: Official): unknown => {
      pb.authStore.clear()
      return pb.health.check()
    }
    const { ours, official } = await bothSend(call, { lang: 'de' })
    expect(ours).toEqual(official)
    expect(ours[0]?.headers).toEqual({
      'accept-language': 'de',
      'content-type': 'application/json',
    })
  })

  test('through a beforeSend of every form', async () => {
    const hooks = [
      (url: string, options: object) => ({
        url: `${url}?a=1`,
        options: { ...options, method: 'PUT' },
      }),
      (_: string, options: { headers?: object }) => ({
        options: { ...options, headers: { ...options.headers, 'X-A': '1' } },
      }),
      async (url: string) => ({ url: `${url}/b` }),
      (_: string, options: { headers?: object }) => ({
        ...options,
        headers: { ...options.headers, 'X-Legacy': '1' },
      }),
      () => ({}),
    ]
    for (const beforeSend of hooks) {
      const call = (pb: Official): unknown => pb.send('/api/x', { query: { q: 1 }, body: { a: 1 } })
      const { ours, official } = await bothSend(call, { beforeSend })
      expect(ours).toEqual(official)
    }
  })
})

describe('the same URL of a file', () => {
  const record = { id: 'r 1', collectionId: 'c1', collectionName: 'posts' }
  const options = [
    undefined,
    {},
    { thumb: '100x100' },
    { download: true },
    { download: false },
    { token: 'a b', thumb: '0x50', download: true },
    { query: { a: 1 }, own: 'ä' },
  ]

  test.each(options)('with %j', (given) => {
    const ours = new PocketBase('http://pb.test/sub')
    const official = new Official('http://pb.test/sub')
    for (const name of ['a.png', 'ä b?.png']) {
      expect(ours.files.getURL(record, name, given as object)).toBe(
        official.files.getURL(record, name, given as object),
      )
    }
  })
})

test('the same URL of a path', () => {
  for (const base of [
    'http://pb.test',
    'http://pb.test/',
    'https://pb.test/sub',
    '/',
    '/sub/',
    'sub',
  ]) {
    const ours = new PocketBase(base)
    const official = new Official(base)
    for (const path of ['/api/x', 'api/x', '']) {
      expect(ours.buildURL(path)).toBe(official.buildURL(path))
    }
  }
})

describe('on purpose not the same', () => {
  /** A call, what the official client makes of it, and what ours does. */
  type Difference = [call: (pb: Official) => unknown, official: unknown, ours: unknown]

  const records = 'http://pb.test/sub/api/collections/posts/records'

  const urls: { [why: string]: Difference } = {
    'lists of sort, expand and fields are joined, for servers read the first value of a key alone':
      [
        (pb) =>
          pb.send('/api/x', { query: { sort: ['-a', 'b'], expand: ['c'], fields: ['d', 'e'] } }),
        'http://pb.test/sub/api/x?sort=-a&sort=b&expand=c&fields=d&fields=e',
        'http://pb.test/sub/api/x?sort=-a%2Cb&expand=c&fields=d%2Ce',
      ],
    'what fetch knows goes to fetch': [
      (pb) => pb.send('/api/x', { next: { revalidate: 1 }, priority: 'high', duplex: 'half' }),
      'http://pb.test/sub/api/x?next=%7B%22revalidate%22%3A1%7D&priority=high&duplex=half',
      'http://pb.test/sub/api/x',
    ],
    'timeout and retry are options': [
      (pb) => pb.send('/api/x', { timeout: 1000, retry: 2 }),
      'http://pb.test/sub/api/x?timeout=1000&retry=2',
      'http://pb.test/sub/api/x',
    ],
    'a value that would leave its place in a path is refused': [
      (pb) => pb.collection('posts').getOne('..'),
      `${records}/..`,
      'TypeError',
    ],
    'a value that would vanish from its path is refused': [
      (pb) => pb.collection('posts').delete(''),
      `${records}/`,
      'TypeError',
    ],
    'half a character in a query is wrong usage, by name': [
      (pb) => pb.send('/api/x', { query: { a: '\ud800' } }),
      'URIError',
      'TypeError',
    ],
  }

  test.each(Object.keys(urls))('%s', async (why) => {
    const [call, official, ours] = urls[why]!
    expect(await outcomes(call, ({ url }) => url)).toEqual({ official, ours })
  })

  const docs = ['old.txt', file]
  const filePart = ['a.txt', 'text/plain', 4]
  const jsonBodies: { [why: string]: Difference } = {
    'a Date is written as servers write and compare it': [
      (pb) => pb.collection('posts').create({ at }),
      '{"at":"2026-01-31T10:00:00.500Z"}',
      '{"at":"2026-01-31 10:00:00.500Z"}',
    ],
    'half a character is U+FFFD, for servers since 0.40 refuse it': [
      (pb) => pb.collection('posts').create({ a: '\ud800' }),
      String.raw`{"a":"\ud800"}`,
      '{"a":"\ufffd"}',
    ],
    'bytes are a file': [
      (pb) => pb.collection('posts').create({ doc: new Uint8Array(2) }),
      '{"doc":{"0":0,"1":0}}',
      [
        ['@jsonPayload', '{}'],
        ['doc', 'doc', '', 2],
      ],
    ],
    'what stands beside a file is one part of JSON, so that texts stay texts': [
      (pb) => pb.collection('posts').create({ n: 1, t: '1', l: [], x: null, u: undefined, file }),
      [
        ['n', '1'],
        ['t', '1'],
        ['@jsonPayload', '{"l":[]}'],
        ['@jsonPayload', '{"x":null}'],
        ['file', ...filePart],
      ],
      [
        ['@jsonPayload', '{"n":1,"t":"1","l":[],"x":null}'],
        ['file', ...filePart],
      ],
    ],
    'names of stored files beside new ones stay in the JSON': [
      (pb) => pb.collection('posts').update('r1', { docs }),
      [
        ['docs', 'old.txt'],
        ['docs', ...filePart],
      ],
      [
        ['@jsonPayload', '{"docs":["old.txt"]}'],
        ['docs+', ...filePart],
      ],
    ],
    'a body given to authWithPassword comes to the password, not in its place': [
      (pb) => pb.collection('users').authWithPassword('a', 'b', { body: { mfaId: 'm' } }),
      '{"mfaId":"m"}',
      '{"identity":"a","password":"b","mfaId":"m"}',
    ],
  }

  test.each(Object.keys(jsonBodies))('%s', async (why) => {
    const [call, official, ours] = jsonBodies[why]!
    expect(await outcomes(call, ({ body }) => body)).toEqual({ official, ours })
  })

  test('an instance of Headers is read', async () => {
    const headers = new Headers({ 'X-A': '1' }) as unknown as Record<string, string>
    const call = (pb: Official): unknown => pb.send('/api/x', { headers })
    const sent = await outcomes(call, (request) => request.headers['x-a'])
    expect(sent).toEqual({ official: undefined, ours: '1' })
  })

  test('a body is JSON also where a hook has dropped the content type', async () => {
    const beforeSend = (_: string, options: object): object => ({
      options: { ...options, headers: {} },
    })
    const call = (pb: Official): unknown => pb.send('/api/x', { body: { a: 1 }, method: 'PUT' })
    const { ours, official } = await bothSend(call, { beforeSend })
    expect(official[0]?.body).toEqual({ a: 1 })
    expect(ours[0]?.body).toBe('{"a":1}')
  })

  /** A part of the one request that each client sends, or the name of the error that it has instead. */
  async function outcomes(
    call: (pb: Official) => unknown,
    part: (sent: Sent) => unknown,
  ): Promise<{ [who: string]: unknown }> {
    const results: { [who: string]: unknown } = {}
    for (const [who, client] of Object.entries(pair())) {
      try {
        const sent = await captured(client, call)
        expect(sent).toHaveLength(1)
        results[who] = part(sent[0]!)
      } catch (error) {
        results[who] = (error as Error).name
      }
    }
    return results
  }
})
