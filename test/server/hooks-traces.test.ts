import { rmSync } from 'node:fs'

import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'

import { request, testHooks } from '../support/pack.ts'
import type { Answer, Sent } from '../support/pack.ts'
import { describeServers } from '../support/server.ts'
import type { ServerUnderTest } from '../support/server.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const parentId = 'b7ad6b7169203331'
const traceparent = `00-${traceId}-${parentId}-01`

describe('the hooks pack', () => {
  const hooksDir = testHooks()
  afterAll(() => rmSync(hooksDir, { recursive: true }))

  describeServers(
    'traces',
    (pb) => {
      const { as, spans } = superuserOf(pb)
      beforeEach(async () => empty(pb))

      test('record one span for each request, with what it was and how it went', async () => {
        const before = Date.now()
        await request(pb.url, '/api/collections/users/records?page=1&token=hidden&perPage=2')
        await as('/api/collections/nothing/records/x')
        const { items, totalCount, page, perPage } = (
          await as('/api/_/trace/spans?orderDir=asc')
        ).json()
        expect([totalCount, page, perPage]).toEqual([2, 1, 20])
        const [guest, failed] = items
        expect(guest).toEqual({
          id: expect.stringMatching(/^[0-9a-f]{16}$/),
          traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
          spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
          name: 'GET /api/collections/users/records',
          kind: 'server',
          startTime: expect.any(Number),
          duration: expect.any(Number),
          status: 'ok',
          created: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z$/),
          attributes: {
            'http.method': 'GET',
            'http.route': '/api/collections/{collection}/records',
            'http.target': '/api/collections/users/records?page=1&token=REDACTED&perPage=2',
            'http.status_code': 200,
            'http.host': new URL(pb.url).host,
          },
        })
        expect(guest.startTime).toBeGreaterThanOrEqual(before * 1000)
        expect(guest.startTime + guest.duration).toBeLessThanOrEqual((Date.now() + 1) * 1000)
        expect(failed).toMatchObject({
          status: 'error',
          attributes: { 'http.status_code': 404, 'user.id': pb.admin.authStore.record!.id },
        })
      })

      test('leave answers as they are, also those of errors', async () => {
        for (const [path, sent, status] of [
          ['/api/health', {}, 200],
          ['/api/nothing', {}, 404],
          ['/api/collections/users/records', { body: '{' }, 400],
          [
            '/api/collections/users/auth-with-password',
            { body: { identity: 'x', password: 'y' } },
            400,
          ],
          ['/api/collections', {}, 401],
          ['/nothing.txt', {}, 404],
        ] as const) {
          const answer = await request(pb.url, path, sent)
          expect([path, answer.status]).toEqual([path, status])
          if (path.startsWith('/api'))
            expect(answer.json()).toMatchObject(
              status === 200 ? { code: 200 } : { status, data: {} },
            )
        }
        const codes = (await spans('orderDir=asc')).map(
          ({ attributes }) => attributes['http.status_code'],
        )
        expect(codes).toEqual([200, 404, 400, 400, 401, 404])
      })

      test('continue the trace of whoever asks, and say which span it is', async () => {
        const answer = await request(pb.url, '/api/health', { headers: { traceparent } })
        const [span] = await spans()
        expect(span).toMatchObject({ traceId, parentId })
        expect(answer.headers.get('traceparent')).toBe(`00-${traceId}-${span!['spanId']}-01`)
      })

      test('begin a trace of their own where there is none, or nonsense', async () => {
        const zeros = '0'.repeat(32)
        for (const nonsense of [
          '',
          'x',
          traceparent.toUpperCase(),
          `01${traceparent.slice(2)}`,
          `00-${zeros}-${parentId}-01`,
          `00-${traceId}-${zeros.slice(16)}-01`,
          `${traceparent}-00`,
        ]) {
          const answer = await request(pb.url, '/api/health', {
            headers: { traceparent: nonsense },
          })
          const found = (await spans())[0]!
          expect(answer.headers.get('traceparent')).toBe(
            `00-${found['traceId']}-${found['spanId']}-01`,
          )
          expect(found['traceId']).not.toBe(traceId)
          expect(found).not.toHaveProperty('parentId')
        }
      })

      test('find spans by each filter', async () => {
        await insert(pb, [
          { trace: 'a1', span: 'b1', name: 'GET /one%', start: 1_000_000, duration: 5_000 },
          {
            trace: 'a1',
            span: 'b2',
            parent: 'b1',
            name: 'GET /two',
            start: 2_000_000,
            duration: 150_000,
            status: 'error',
          },
          {
            trace: 'a2',
            span: 'b3',
            name: 'POST /one',
            start: 3_000_000,
            duration: 200_000,
            uid: 'u1',
          },
        ])
        const found = async (query: string) =>
          (await spans(query)).map(({ spanId }) => (spanId as string).trim())
        expect(await found('')).toEqual(['b3', 'b2', 'b1'])
        expect(await found('traceId=a1')).toEqual(['b2', 'b1'])
        expect(await found('parentSpanId=b1')).toEqual(['b2'])
        expect(await found('userId=u1')).toEqual(['b3'])
        expect(await found('name=ONE')).toEqual(['b3', 'b1'])
        expect(await found('name=%25')).toEqual(['b1'])
        expect(await found('name=_')).toEqual([])
        expect(await found('minDuration=150')).toEqual(['b3', 'b2'])
        expect(await found('maxDuration=150')).toEqual(['b2', 'b1'])
        expect(await found('minDuration=6&maxDuration=199')).toEqual(['b2'])
        for (const ignored of ['0', '-5', '1.5', 'x'])
          expect(await found(`minDuration=${ignored}&maxDuration=${ignored}`)).toHaveLength(3)
        expect(await found('status=error')).toEqual(['b2'])
        expect(await found('status=ok')).toEqual(['b3', 'b1'])
        expect(await found('status=ok,%20error')).toHaveLength(3)
        expect(await found('status=OK')).toEqual([])
        expect(await found('startTimeFrom=1970-01-01T00:00:02Z')).toEqual(['b3', 'b2'])
        expect(await found('startTimeTo=1970-01-01T00:00:02.000000Z')).toEqual(['b2', 'b1'])
        expect(await found('startTimeFrom=1970-01-01T00:00:02.0000005%2B00:00')).toEqual([
          'b3',
          'b2',
        ])
        expect(await found('startTimeFrom=1970-01-01T00:00:02.000001Z')).toEqual(['b3'])
        expect(await found('startTimeFrom=1970-01-01T02:00:03%2B02:00')).toEqual(['b3'])
        expect(await found('startTimeFrom=yesterday')).toHaveLength(3)
        expect(await found('orderBy=duration&orderDir=asc')).toEqual(['b1', 'b2', 'b3'])
        expect(await found('orderBy=startTime&orderDir=asc')).toEqual(['b1', 'b2', 'b3'])
        expect(await found('orderBy=start_time')).toEqual(['b3', 'b2', 'b1'])
        expect(await found('limit=1&offset=1')).toEqual(['b2'])
        expect(await found('limit=2&page=2&offset=0')).toEqual(['b1'])
        for (const column of [
          'id',
          'trace_id',
          'span_id',
          'parent_id',
          'name',
          'kind',
          'status',
          'attributes',
          'created',
        ]) {
          expect(await found(`orderBy=${column}`)).toHaveLength(3)
        }
        const refused = await as(
          `/api/_/trace/spans?orderBy=${encodeURIComponent('id; DROP TABLE x')}`,
        )
        expect([refused.status, refused.json().message]).toEqual([
          400,
          expect.stringContaining('OrderBy takes id, '),
        ])
        const { items, totalCount, page, perPage } = (
          await as('/api/_/trace/spans?traceId=none&limit=1000')
        ).json()
        expect([items, totalCount, page, perPage]).toEqual([[], 0, 1, 500])
      })

      test('show a trace as a list and as a tree, and one span', async () => {
        await insert(pb, [
          { trace: 'a1', span: 'b2', parent: 'b1', name: 'GET /2', start: 2, duration: 1 },
          { trace: 'a1', span: 'b1', parent: 'browser', name: 'GET /1', start: 1, duration: 9 },
          { trace: 'a1', span: 'b3', parent: 'b2', name: 'GET /3', start: 3, duration: 1 },
        ])
        const list = (await as('/api/_/trace/spans/a1')).json()
        expect(list.map((span: any) => span.spanId)).toEqual(['b1', 'b2', 'b3'])
        const tree = (await as('/api/_/trace/spans/a1?tree=1')).json()
        expect(tree).toEqual([
          { ...list[0], children: [{ ...list[1], children: [{ ...list[2], children: [] }] }] },
        ])
        expect((await as('/api/_/trace/spans/a1/b2')).json()).toEqual(list[1])
        expect((await as('/api/_/trace/spans/none')).json()).toEqual([])
        for (const path of ['a1/none', 'a2/b2', 'none/b2']) {
          const missing = await as(`/api/_/trace/spans/${path}`)
          expect(missing.json()).toEqual({ status: 404, message: 'Span not found.', data: {} })
        }
        expect((await as('/api/_/trace/spans/a1/b2/c')).status).toBe(404)
      })

      test('remove a trace', async () => {
        await insert(pb, [
          { trace: 'a1', span: 'b1', name: 'x', start: 1, duration: 1 },
          { trace: 'a2', span: 'b2', name: 'x', start: 1, duration: 1 },
        ])
        for (let time = 1; time <= 2; time += 1) {
          const answer = await as('/api/_/trace/spans/a1', { method: 'DELETE' })
          expect([answer.status, answer.text]).toEqual([204, ''])
        }
        expect((await spans()).map(({ spanId }) => spanId)).toEqual(['b2'])
      })

      test('tell how long each route takes, in percentiles', async () => {
        const now = Date.now() * 1000
        const at = (route: string, duration: number, status = 'ok', ago = 0) => ({
          trace: 'a',
          span: 'b',
          name: 'x',
          route,
          start: now - ago,
          duration,
          status,
        })
        await insert(pb, [
          ...Array.from({ length: 200 }, (_, n) => at('/many', n + 1, n < 3 ? 'error' : 'ok')),
          at('/slow', 500),
          at('/old', 900, 'ok', 25 * 3600e6),
        ])
        const answer = (await as('/api/_/trace/routes')).json()
        expect(answer).toMatchObject({
          spans: 201,
          items: [
            {
              method: 'GET',
              route: '/slow',
              count: 1,
              errors: 0,
              mean: 500,
              p50: 500,
              p99: 500,
              max: 500,
            },
            {
              method: 'GET',
              route: '/many',
              count: 200,
              errors: 3,
              mean: 101,
              p50: 100,
              p90: 180,
              p95: 190,
              p99: 198,
              max: 200,
            },
          ],
        })
        expect((await as('/api/_/trace/routes?range=7d')).json()).toMatchObject({ spans: 202 })
        expect((await as('/api/_/trace/routes?range=constructor')).json()).toMatchObject({
          spans: 201,
        })
        await sql(
          pb,
          `INSERT INTO _pbts_spans (trace_id, span_id, parent_id, name, kind, start_time, duration, status)
          WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 200000) SELECT 'a', 'b', '', 'x', 'server', ${now}, 1, 'ok' FROM n`,
        )
        const refused = await as('/api/_/trace/routes')
        expect([refused.status, refused.json().message]).toEqual([
          400,
          expect.stringContaining('Ask for a shorter range'),
        ])
      })

      test('hold no engine for realtime connections, and record none of them', async () => {
        const stop = new AbortController()
        const streams = Array.from({ length: 30 }, async () => {
          const stream = await fetch(`${pb.url}/api/realtime`, { signal: stop.signal })
          const { value } = await stream.body!.getReader().read()
          expect(new TextDecoder().decode(value)).toContain('PB_CONNECT')
        })
        await Promise.all(streams)
        // An engine of the pool answers again and again; where all are held, each request gets a new one.
        const engines = new Set<string>()
        for (let n = 0; n < 60; n += 1) engines.add((await request(pb.url, '/test/engine')).text)
        expect(engines.size).toBeLessThanOrEqual(15)
        stop.abort()
        await request(pb.url, '/api/health')
        await vi.waitFor(async () =>
          expect((await spans('name=/api/health')).length).toBeGreaterThan(0),
        )
        expect(await spans('name=realtime')).toEqual([])
        expect(await spans('name=/test/engine&limit=100')).toHaveLength(60)
      })

      test('dye users: add, list, find, prolong and remove', async () => {
        const added = await as('/api/_/trace/dyed-users', {
          body: { userId: 'u1', ttl: '1h30m', addedBy: 'me', reason: 'slow' },
        })
        const user = added.json()
        expect([added.status, user]).toEqual([
          201,
          {
            userId: 'u1',
            addedAt: expect.any(String),
            expiresAt: expect.any(String),
            ttl: 5400e9,
            addedBy: 'me',
            reason: 'slow',
          },
        ])
        expect(Date.parse(user.expiresAt) - Date.parse(user.addedAt)).toBe(5_400_000)
        expect(
          (await as('/api/_/trace/dyed-users', { body: { userId: 'u2', ttl: 90 } })).json(),
        ).toMatchObject({ ttl: 90e9 })
        expect(
          (await as('/api/_/trace/dyed-users', { body: { userId: 'u3' } })).json(),
        ).toMatchObject({ ttl: 3600e9 })
        expect(
          (await as('/api/_/trace/dyed-users', { body: { userId: 'u3', ttl: '0' } })).json(),
        ).toMatchObject({ ttl: 3600e9 })
        const { items, count } = (await as('/api/_/trace/dyed-users')).json()
        expect([items.map(({ userId }: any) => userId), count]).toEqual([['u1', 'u2', 'u3'], 3])
        expect((await as('/api/_/trace/dyed-users/u1')).json()).toEqual(user)

        const put = async (id: string, body: object) =>
          as(`/api/_/trace/dyed-users/${id}/ttl`, { method: 'PUT', body })
        const longer = (await put('u1', { ttl: '2h' })).json()
        expect(Date.parse(longer.expiresAt)).toBeGreaterThan(Date.parse(user.expiresAt))
        expect((await put('u2', { ttl: 7 })).status).toBe(200)
        expect((await put('u2', { ttl: 0 })).status).toBe(200)
        expect((await put('u2', { ttl: 7 })).status).toBe(404)
        for (const ttl of [undefined, '', '3600', '1d', 'x', true, {}])
          expect((await put('u1', { ttl })).status).toBe(400)

        for (let time = 1; time <= 2; time += 1)
          expect((await as('/api/_/trace/dyed-users/u1', { method: 'DELETE' })).status).toBe(204)
        const missing = await as('/api/_/trace/dyed-users/u1')
        expect([missing.status, missing.json().message]).toEqual([404, 'Dyed user not found.'])
      })

      test('refuse dyed users that are none, or too many', async () => {
        const add = async (body: Sent['body']) => {
          const { status, json } = await as('/api/_/trace/dyed-users', { body: body! })
          return [status, json().message]
        }
        expect(await add('{')).toEqual([400, 'Invalid request body.'])
        expect(await add('[]')).toEqual([400, 'Invalid JSON body.'])
        expect(await add({})).toEqual([400, 'UserId is required.'])
        expect(await add({ userId: 5 })).toEqual([
          400,
          'UserId must be a text of at most 64 characters.',
        ])
        expect(await add({ userId: 'u', ttl: '1d' })).toEqual([
          400,
          expect.stringContaining('Invalid TTL format.'),
        ])
        for (let n = 0; n < 5; n += 1) expect((await add({ userId: `u${n}` }))[0]).toBe(201)
        expect(await add({ userId: 'u5' })).toEqual([409, 'Maximum dyed users limit reached.'])
        expect((await add({ userId: 'u4' }))[0]).toBe(201)
        await as('/api/_/trace/dyed-users/u0/ttl', { method: 'PUT', body: { ttl: 0 } })
        expect((await add({ userId: 'u5' }))[0]).toBe(201)
      })

      test('are for superusers alone', async () => {
        const [email, password] = [`${Math.random()}@example.com`, 'correct horse']
        await pb.admin.collection('users').create({ email, password, passwordConfirm: password })
        const user = pb.guest()
        await user.collection('users').authWithPassword(email, password)
        for (const [method, path] of [
          ['GET', 'spans'],
          ['GET', 'spans/a'],
          ['DELETE', 'spans/a'],
          ['GET', 'spans/a/b'],
          ['GET', 'routes'],
          ['GET', 'dyed-users'],
          ['POST', 'dyed-users'],
          ['GET', 'dyed-users/a'],
          ['DELETE', 'dyed-users/a'],
          ['PUT', 'dyed-users/a/ttl'],
          ['GET', 'nothing'],
          ['PATCH', 'spans'],
        ] as const) {
          const guest = await request(pb.url, `/api/_/trace/${path}`, { method })
          expect([path, guest.status]).toEqual([path, 401])
          const { status } = await request(pb.url, `/api/_/trace/${path}`, {
            method,
            token: user.authStore.token,
          })
          expect([path, status]).toEqual([path, 403])
        }
        expect((await as('/api/_/trace/nothing')).status).toBe(404)
        expect((await as('/api/_/trace/spans', { method: 'POST' })).status).toBe(404)
      })
    },
    { pack: true, hooksDir, env: { PB_TRACE_MODE: 'full', PB_TRACE_DYE_MAX: '5' } },
  )

  describeServers(
    'traces of dyed users',
    (pb) => {
      const { as, spans } = superuserOf(pb)

      test('are of nobody else, end in time, and outlast a restart', async () => {
        const [dyed, other] = [await signedUp(pb), await signedUp(pb)]
        const ask = async () => {
          for (const user of [dyed, other])
            await user
              .collection('users')
              .getList()
              .catch(() => {})
          return (await spans()).map(({ attributes }) => attributes)
        }
        const { id } = dyed.authStore.record!
        expect(await ask()).toEqual([])
        await as('/api/_/trace/dyed-users', { body: { userId: id, ttl: '1h' } })
        expect(await ask()).toMatchObject([{ 'user.id': id, 'trace.dyed': true }])
        await pb.server.restart()
        expect(await ask()).toHaveLength(2)
        const ends = Date.now() + 300
        await as(`/api/_/trace/dyed-users/${id}/ttl`, { method: 'PUT', body: { ttl: '300ms' } })
        await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(ends), 2000)
        const before = (await spans()).length
        expect(await ask()).toHaveLength(before)
        expect((await as(`/api/_/trace/dyed-users/${id}`)).status).toBe(404)
      })

      test('begin with those of the environment', async () => {
        const { items } = (await as('/api/_/trace/dyed-users')).json()
        const named = items.filter(({ userId }: any) => ['first', 'second'].includes(userId))
        expect(named).toMatchObject([{ ttl: 7200e9 }, { ttl: 7200e9 }])
      })
    },
    { pack: true, hooksDir, env: { PB_TRACE_DYE_USERS: 'first, second', PB_TRACE_DYE_TTL: '2h' } },
  )

  const modes: readonly (readonly [Record<string, string>, string, readonly string[]])[] = [
    [{ PB_TRACE_MODE: 'off' }, 'nothing', []],
    [{ PB_TRACE_MODE: 'dyed' }, 'nothing but dyed users', []],
    [{ PB_TRACE_MODE: 'failed' }, 'what failed', ['/api/nothing']],
    [{ PB_TRACE_MODE: 'slow', PB_TRACE_SLOW_MS: '150' }, 'what is slow', ['/test/slow']],
    [
      { PB_TRACE_MODE: 'slow,failed', PB_TRACE_SLOW_MS: '150' },
      'what is slow or failed',
      ['/api/nothing', '/test/slow'],
    ],
    [
      { PB_TRACE_MODE: 'sampled', PB_TRACE_SAMPLE_RATE: '0.5' },
      'half, by trace id',
      ['/api/health'],
    ],
    [
      { PB_TRACE_MODE: 'conditional', PB_TRACE_SLOW_MS: '150' },
      'what the filters that are set say',
      ['/test/slow'],
    ],
    [
      { PB_TRACE_MODE: 'full', PB_TRACE_INCLUDE: '/api/*,/test', PB_TRACE_EXCLUDE: '/api/health' },
      'what path rules let through',
      ['/api/nothing', '/test/slow'],
    ],
  ]
  for (const [env, what, expected] of modes) {
    describeServers(
      `traces with ${Object.values(env).join(' ')}`,
      (pb) => {
        test(`record ${what}`, async () => {
          const sampled = (low: string) => ({
            headers: { traceparent: `00-${'1'.repeat(24)}${low}-${parentId}-00` },
          })
          await empty(pb)
          await request(pb.url, '/api/health', sampled('7fffffff'))
          await request(pb.url, '/api/nothing', sampled('80000000'))
          await request(pb.url, '/test/slow', sampled('ffffffff'))
          const { spans } = superuserOf(pb)
          const found = (await spans()).map(({ attributes }) => attributes['http.target'])
          expect(found.sort((a, b) => a.localeCompare(b))).toEqual([...expected])
        })
      },
      { pack: true, hooksDir, env },
    )
  }
})

function superuserOf(pb: ServerUnderTest) {
  const as = async (path: string, sent: Sent = {}): Promise<Answer> =>
    request(pb.url, path, { token: pb.admin.authStore.token, ...sent })
  const spans = async (query = ''): Promise<Record<string, any>[]> => {
    const answer = await as(`/api/_/trace/spans?${query}`)
    expect(answer.status).toBe(200)
    return answer.json().items
  }
  return { as, spans }
}

async function signedUp(pb: ServerUnderTest) {
  const [email, password] = [`${Math.random()}@example.com`, 'correct horse']
  await pb.admin.collection('users').create({ email, password, passwordConfirm: password })
  const user = pb.guest()
  await user.collection('users').authWithPassword(email, password)
  return user
}

async function sql(pb: ServerUnderTest, body: string): Promise<void> {
  const answer = await request(pb.url, '/test/sql', { body, token: pb.admin.authStore.token })
  expect(answer.status).toBe(204)
}

/** Removes what a test before has left, and the spans of what is asked meanwhile. */
async function empty(pb: ServerUnderTest): Promise<void> {
  const { as } = superuserOf(pb)
  const { items } = (await as('/api/_/trace/dyed-users')).json()
  for (const { userId } of items)
    await as(`/api/_/trace/dyed-users/${userId}`, { method: 'DELETE' })
  await sql(pb, 'DELETE FROM _pbts_spans')
}

interface Inserted {
  trace: string
  span: string
  parent?: string
  name: string
  start: number
  duration: number
  status?: string
  route?: string
  uid?: string
}

/** Writes spans as they would be after a while. */
async function insert(pb: ServerUnderTest, rows: readonly Inserted[]): Promise<void> {
  const values = rows.map(
    ({ trace, span, parent = '', name, start, duration, status = 'ok', route = '/', uid = '' }) =>
      `('${trace}', '${span}', '${parent}', '${name}', 'server', ${start}, ${duration}, '${status}', 'GET', '${route}', '/', 200, '${uid}', 0, '{}')`,
  )
  await sql(
    pb,
    `DELETE FROM _pbts_spans; INSERT INTO _pbts_spans (trace_id, span_id, parent_id, name, kind, start_time, duration, status,
    method, route, target, code, uid, dyed, attributes) VALUES ${values.join()}`,
  )
}
