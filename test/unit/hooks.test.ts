import { describe, expect, test } from 'vitest'

import {
  ClientResponseError,
  DecodeError,
  NetworkError,
  NotFoundError,
  PocketBase,
} from '../../src/index.ts'
import type { Middleware, SendOptions } from '../../src/index.ts'
import { json, observed } from '../support/observed.ts'

describe('beforeSend', () => {
  test('may change the query in place, and not that of the caller', async () => {
    const { client, requests } = observed(() => json({ id: '1' }))
    client.beforeSend = (_, options) => {
      options.query!['n'] = Number(options.query!['n'] ?? 0) + 1
    }
    const query = { n: 1 }
    await client.collection('posts').getOne('1', { query })
    await client.collection('posts').getOne('1', { query })
    expect(query).toEqual({ n: 1 })
    expect(requests.map(({ url }) => url.split('?')[1])).toEqual(['n=2', 'n=2'])
  })

  test('gets the URL and the options as they would be sent', async () => {
    const { client } = observed(() => json({}))
    client.authStore.save('token')
    let seen: [url: string, options: SendOptions] | undefined
    client.beforeSend = (url, options) => {
      seen = [url, options]
      return {}
    }
    const body = { a: 1 }
    await client.send('/api/x', { method: 'POST', body, query: { q: 1 }, extra: 2 })
    expect(seen?.[0]).toBe('http://pb.test/api/x')
    expect(seen?.[1]).toMatchObject({
      method: 'POST',
      body,
      query: { q: 1, extra: 2 },
      headers: {
        'Content-Type': 'application/json',
        'Accept-Language': 'en-US',
        Authorization: 'token',
      },
    })
  })

  test('may return a URL, and options, or one of them, or a promise', async () => {
    const { client, requests } = observed(() => json({}))
    client.beforeSend = (url, options) => ({
      url: url.replace('/api/', '/v2/api/'),
      options: { ...options, method: 'PATCH', headers: { 'X-A': '1' } },
    })
    await client.send('/api/x', {})
    client.beforeSend = async (url) => ({ url: `${url}/y` })
    await client.send('/api/x', {})
    client.beforeSend = async (_, options) => ({ options: { ...options, method: 'PUT' } })
    await client.send('/api/x', {})
    expect(requests.map(({ url, init }) => `${init.method} ${url}`)).toEqual([
      'PATCH http://pb.test/v2/api/x',
      'GET http://pb.test/api/x/y',
      'PUT http://pb.test/api/x',
    ])
    expect(requests[0]?.init.headers).toEqual({ 'X-A': '1' })
  })

  test('may change the options in place and return nothing', async () => {
    const { client, requests } = observed(() => json({}))
    client.beforeSend = (_: string, options: SendOptions) => {
      options.headers = { ...options.headers, 'X-A': '1' }
      options.query = { ...options.query, b: 2 }
    }
    await client.send('/api/x', { query: { a: 1 } })
    expect(requests[0]?.init.headers).toMatchObject({ 'X-A': '1' })
    expect(requests[0]?.url).toBe('http://pb.test/api/x?a=1&b=2')
  })

  test('may return the options themselves, as hooks for older clients do', async () => {
    const { client, requests } = observed(() => json({}))
    client.beforeSend = (_, options) => ({
      ...options,
      headers: { ...options.headers, 'X-A': '1' },
    })
    await client.send('/api/x', { method: 'DELETE', query: { a: 1 } })
    expect(requests[0]?.init).toMatchObject({ method: 'DELETE', headers: { 'X-A': '1' } })
    expect(requests[0]?.url).toBe('http://pb.test/api/x?a=1')
  })

  test('of an empty result changes nothing', async () => {
    const { client, requests } = observed(() => json({}))
    client.beforeSend = () => ({})
    await client.send('/api/x', { method: 'POST', body: { a: 1 } })
    expect(requests[0]).toMatchObject({
      url: 'http://pb.test/api/x',
      init: { method: 'POST', body: '{"a":1}' },
    })
  })

  test('may change the body, which is then sent as JSON', async () => {
    const { client, requests } = observed(() => json({}))
    client.beforeSend = (_, options) => ({
      options: { ...options, body: { ...(options.body as object), at: new Date(0) } },
    })
    await client.send('/api/x', { method: 'POST', body: { a: 1 } })
    expect(requests[0]?.init.body).toBe('{"a":1,"at":"1970-01-01 00:00:00.000Z"}')
  })

  test('keeps a query that its URL has', async () => {
    const { client, requests } = observed(() => json({}))
    client.beforeSend = (url) => ({ url: `${url}?from=hook` })
    await client.send('/api/x', { query: { a: 1 } })
    expect(requests[0]?.url).toBe('http://pb.test/api/x?from=hook&a=1')
  })

  test('that throws fails the call, and nothing is sent', async () => {
    const { client, requests } = observed(() => json({}))
    const error = new Error('no')
    client.beforeSend = () => {
      throw error
    }
    await expect(client.send('/api/x', {})).rejects.toBe(error)
    client.beforeSend = async () => {
      throw error
    }
    await expect(client.send('/api/x', {})).rejects.toBe(error)
    expect(requests).toEqual([])
  })

  test('sees the calls of every service', async () => {
    const { client } = observed(() => json({ id: 'a', items: [], token: 't', record: {} }))
    const urls: string[] = []
    client.beforeSend = (url) => {
      urls.push(new URL(url).pathname)
      return {}
    }
    await client.collection('posts').getOne('a')
    await client.collection('users').authRefresh()
    await client.collections.getList()
    await client.settings.getAll()
    await client.health.check()
    await client.files.getToken()
    expect(urls).toEqual([
      '/api/collections/posts/records/a',
      '/api/collections/users/auth-refresh',
      '/api/collections',
      '/api/settings',
      '/api/health',
      '/api/files/token',
    ])
  })
})

describe('afterSend', () => {
  test('gets the answer, its data and the options, and its result is the call’s', async () => {
    const { client } = observed(() => json({ a: 1 }, { headers: { 'X-B': '2' } }))
    client.afterSend = ((response: Response, data: { a: number }, options: SendOptions) => ({
      ...data,
      b: response.headers.get('X-B'),
      method: options.method,
      used: response.bodyUsed,
    })) as NonNullable<typeof client.afterSend>
    expect(await client.send('/api/x', { method: 'PUT' })).toEqual({
      a: 1,
      b: '2',
      method: 'PUT',
      used: true,
    })
  })

  test('may take its time', async () => {
    const { client } = observed(() => json({ a: 1 }))
    client.afterSend = async (_: Response, data: object) => ({ ...data, late: true })
    expect(await client.send('/api/x', {})).toEqual({ a: 1, late: true })
  })

  test('is called with failures too, and what it returns is the error’s response', async () => {
    const failed = { status: 404, message: 'Missing.', data: {} }
    const { client } = observed(() => json(failed, { status: 404 }))
    const seen: [number, unknown][] = []
    client.afterSend = (response: Response, data: object) => {
      seen.push([response.status, data])
      return { ...data, seen: true }
    }
    const error = await client.send('/api/x', {}).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(NotFoundError)
    expect(error).toMatchObject({ status: 404, message: 'Missing.', response: { seen: true } })
    expect(seen).toEqual([[404, failed]])
  })

  test('gets {} for an answer without a body, and for a failure that is not JSON', async () => {
    const answers = [new Response(null, { status: 204 }), new Response('<html>', { status: 502 })]
    const { client } = observed((_, index) => answers[index]!)
    const seen: unknown[] = []
    client.afterSend = (_: Response, data: unknown) => {
      seen.push(data)
      return data
    }
    expect(await client.send('/api/x', { method: 'DELETE' })).toEqual({})
    await expect(client.send('/api/x', {})).rejects.toMatchObject({ status: 502, response: {} })
    expect(seen).toEqual([{}, {}])
  })

  test('that throws fails the call with what it threw', async () => {
    const { client } = observed(() => json({}))
    const error = new Error('no')
    client.afterSend = () => {
      throw error
    }
    await expect(client.send('/api/x', {})).rejects.toBe(error)
  })

  test('is not called when there was no answer, or one that is garbage', async () => {
    const answers = [() => new Response('<html>'), () => Promise.reject(new TypeError('offline'))]
    const { client } = observed((_, index) => answers[index]!())
    let calls = 0
    client.afterSend = (_: Response, data: unknown) => {
      calls++
      return data
    }
    await expect(client.send('/api/x', {})).rejects.toBeInstanceOf(DecodeError)
    await expect(client.send('/api/x', {})).rejects.toBeInstanceOf(ClientResponseError)
    expect(calls).toBe(0)
  })

  test('decides what a service goes on with', async () => {
    const { client } = observed(() => json({ items: [{ id: 'a' }] }))
    client.afterSend = (_: Response, data: { items: object[] }) => ({
      ...data,
      items: [...data.items, { id: 'b' }],
    })
    expect((await client.collection('posts').getList()).items).toEqual([{ id: 'a' }, { id: 'b' }])
  })
})

describe('use', () => {
  test('a middleware, or a fetch, that returns nothing is named in the error', async () => {
    const nothing = async (): Promise<any> => undefined
    const { client } = observed(() => json({}))
    client.use(nothing)
    const clients = [client, new PocketBase('http://pb.test', { fetch: nothing })]
    for (const each of clients) {
      const error: unknown = await each.send('/api/x', {}).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(NetworkError)
      expect(String(error)).toContain(
        'GET /api/x failed: fetch, or a middleware, returned no response.',
      )
    }
  })

  test.each([
    [
      'throws',
      () => {
        throw new TypeError('no network')
      },
    ],
    [
      'rejects',
      async () => {
        throw new TypeError('no network')
      },
    ],
  ])('next() rejects where fetch %s, and never throws', async (_, refuse) => {
    const client = new PocketBase('http://pb.test', { fetch: refuse })
    const caught: unknown[] = []
    client.use((request, next) =>
      next(request).catch((error: unknown) => {
        caught.push(error)
        return json({ id: '1' })
      }),
    )
    await expect(client.send('/api/x', {})).resolves.toEqual({ id: '1' })
    expect(caught).toEqual([expect.any(NetworkError)])
  })

  test('wraps every request, the first added outermost', async () => {
    const { client } = observed(() => {
      seen.push('fetch')
      return json({})
    })
    const seen: string[] = []
    const wrap =
      (name: string): Middleware =>
      async (request, next) => {
        seen.push(`${name} in`)
        const response = await next(request)
        seen.push(`${name} out`)
        return response
      }
    client.use(wrap('a'))
    client.use(wrap('b'))
    await client.send('/api/x', {})
    expect(seen).toEqual(['a in', 'b in', 'fetch', 'b out', 'a out'])
  })

  test('returns what removes it, that one alone, and twice is once', async () => {
    const { client } = observed(() => json({}))
    const seen: string[] = []
    const wrap =
      (name: string): Middleware =>
      (request, next) => {
        seen.push(name)
        return next(request)
      }
    const remove = client.use(wrap('a'))
    client.use(wrap('b'))
    remove()
    remove()
    await client.send('/api/x', {})
    expect(seen).toEqual(['b'])
  })

  test('of an impersonating client is its own from then on', async () => {
    const { client } = observed(() => json({ token: 'x', record: { id: 'ada' } }))
    const seen: string[] = []
    const wrap =
      (name: string): Middleware =>
      (request, next) => {
        seen.push(name)
        return next(request)
      }
    client.use(wrap('both'))
    const other = await client.collection('users').impersonate('ada', 0)
    client.use(wrap('first'))
    other.use(wrap('second'))
    seen.length = 0
    await client.send('/api/x', {})
    await other.send('/api/x', {})
    expect(seen).toEqual(['both', 'first', 'both', 'second'])
  })

  test('removes one of two that are the same function', async () => {
    const { client } = observed(() => json({}))
    let calls = 0
    const count: Middleware = (request, next) => {
      calls++
      return next(request)
    }
    const remove = client.use(count)
    client.use(count)
    remove()
    await client.send('/api/x', {})
    expect(calls).toBe(1)
  })

  test('sees the request as it is sent, and may send another', async () => {
    const { client, requests } = observed(() => json({}))
    client.use((request, next) => {
      expect(request.url).toBe('http://pb.test/api/x?a=1')
      expect(request.init).toMatchObject({ method: 'POST', body: '{"b":2}' })
      const headers = Object.fromEntries([...Object.entries(request.init.headers), ['X-A', '1']])
      return next({ url: `${request.url}&c=3`, init: { ...request.init, headers } })
    })
    await client.send('/api/x', { method: 'POST', query: { a: 1 }, body: { b: 2 } })
    expect(requests[0]?.url).toBe('http://pb.test/api/x?a=1&c=3')
    expect(requests[0]?.init).toMatchObject({ method: 'POST', headers: { 'X-A': '1' } })
  })

  test('may answer without a server', async () => {
    const { client, requests } = observed(() => json({}))
    client.use(async () => json({ cached: true }))
    expect(await client.send('/api/x', {})).toEqual({ cached: true })
    expect(requests).toEqual([])
  })

  test('may send a request twice', async () => {
    const { client, requests } = observed((_, index) => json({ index }))
    client.use(async (request, next) => {
      await next(request)
      return next(request)
    })
    expect(await client.send('/api/x', {})).toEqual({ index: 1 })
    expect(requests).toHaveLength(2)
  })

  test('sees a network failure as the call reports it, and may answer instead', async () => {
    const { client } = observed(() => Promise.reject(new TypeError('offline')))
    client.use((request, next) =>
      next(request).catch((error: unknown) => {
        expect(error).toMatchObject({ kind: 'network', method: 'GET', path: '/api/x' })
        return json({ offline: true })
      }),
    )
    expect(await client.send('/api/x', {})).toEqual({ offline: true })
  })

  test('cannot hold a cancelled call back', async () => {
    const { client } = observed(() => json({}))
    client.use(() => new Promise(() => {}))
    const call = client.send('/api/x', {})
    client.cancelAllRequests()
    await expect(call).rejects.toMatchObject({ kind: 'abort' })
  })

  test('that is removed while it runs takes no other with it', async () => {
    const { client } = observed(() => json({}))
    const seen: string[] = []
    const remove = client.use((request, next) => {
      remove()
      return next(request)
    })
    client.use((request, next) => {
      seen.push('b')
      return next(request)
    })
    await client.send('/api/x', {})
    expect(seen).toEqual(['b'])
  })

  test('that throws fails the call with what it threw', async () => {
    const { client } = observed(() => json({}))
    const error = new Error('no')
    client.use(() => {
      throw error
    })
    await expect(client.send('/api/x', {})).rejects.toBe(error)
  })
})

test('an overridden send is the one way out', async () => {
  const { client, requests } = observed(() => json({ items: [] }))
  const sent: string[] = []
  const send = client.send.bind(client)
  client.send = (path, options) => {
    sent.push(`${options.method} ${path}`)
    return send(path, options)
  }
  await client.collection('posts').getList()
  await client.health.check()
  expect(sent).toEqual(['GET /api/collections/posts/records', 'GET /api/health'])
  expect(requests).toHaveLength(2)
})
