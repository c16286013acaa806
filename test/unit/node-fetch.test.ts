import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

import { afterEach, describe, expect, test, vi } from 'vitest'

import { nodeFetch } from '../../src/node/index.ts'
import type { NodeFetch } from '../../src/node/index.ts'
import { certificate } from '../support/certificate.ts'
import { serveFault } from '../support/faulty.ts'
import { bodyOf, serve } from '../support/local-server.ts'
import { eventually } from '../support/wait.ts'

const own = nodeFetch()
const both: [name: string, send: NodeFetch | typeof fetch][] = [
  ['nodeFetch', own],
  ['the global fetch', fetch],
]

/** What a promise is rejected with. */
async function failureOf(promise: Promise<unknown>): Promise<any> {
  return promise.then(
    (value) => expect.unreachable(`it answered ${String(value)}`),
    (error: unknown) => error,
  )
}

describe.each(both)('%s', (_name, send) => {
  test('rejects with the reason of a signal that was aborted before, and sends nothing', async () => {
    await using server = await serve((_request, response) => response.end())
    const reason = new Error('no more')
    expect(await failureOf(send(server.url, { signal: AbortSignal.abort(reason) }))).toBe(reason)
    expect(server.sockets).toHaveLength(0)
  })

  test('rejects with the reason of a signal that is aborted before the answer, and closes the connection', async () => {
    const controller = new AbortController()
    let closed: Promise<unknown> | undefined
    await using server = await serve((request) => {
      closed = once(request.socket, 'close')
      controller.abort('enough')
    })
    expect(await failureOf(send(server.url, { signal: controller.signal }))).toBe('enough')
    await closed
  })

  test('ends a body with the reason of a signal that is aborted meanwhile, and closes the connection', async () => {
    const controller = new AbortController()
    let closed: Promise<unknown> | undefined
    await using server = await serve((request, response) => {
      closed = once(request.socket, 'close')
      response.write('a')
    })
    const response = await send(server.url, { signal: controller.signal })
    const reader = response.body!.getReader()
    await reader.read()
    const next = reader.read()
    const reason = new Error('enough')
    controller.abort(reason)
    expect(await failureOf(next)).toBe(reason)
    await closed
  })

  test.each([
    [301, 'POST', 'GET', ''],
    [302, 'POST', 'GET', ''],
    [303, 'PUT', 'GET', ''],
    [307, 'POST', 'POST', 'body'],
    [308, 'PUT', 'PUT', 'body'],
  ])('follows a %i: %s becomes %s', async (status, method, expected, body) => {
    await using server = await serve((request, response) => {
      void bodyOf(request).then((content) => {
        if (request.url === '/there') {
          const { authorization, 'content-type': type } = request.headers
          response.end(JSON.stringify([request.method, content.toString(), authorization, type]))
        } else response.writeHead(status, { location: '/there' }).end('elsewhere')
      })
    })
    const headers = { Authorization: 'secret', 'Content-Type': 'a/b' }
    const response = await send(`${server.url}/here#part`, { method, body: 'body', headers })
    expect(response.redirected).toBe(true)
    expect(response.url).toBe(`${server.url}/there`)
    const type = body ? 'a/b' : null
    expect(await response.json()).toEqual([expected, body, 'secret', type])
  })

  test('tells another origin no secrets', async () => {
    await using other = await serve((request, response) => {
      response.end(JSON.stringify(request.headers))
    })
    await using server = await serve((_request, response) => {
      response.writeHead(307, { location: other.url }).end()
    })
    const headers = { Authorization: 'secret', Cookie: 'secret', 'X-Other': 'told' }
    const text = await (await send(server.url, { headers })).text()
    expect(text).not.toContain('secret')
    expect(text).toContain('told')
  })

  test('hands out a redirect, or refuses it, as it is told', async () => {
    await using server = await serve((_request, response) => {
      response.writeHead(302, { location: '/' }).end()
    })
    expect((await send(server.url, { redirect: 'manual' })).status).toBe(302)
    const error = await failureOf(send(server.url, { redirect: 'error' }))
    expect(error).toBeInstanceOf(TypeError)
    expect(error.cause.message).toBe('unexpected redirect')
    const circle = await failureOf(send(server.url))
    expect(circle.cause.message).toBe('redirect count exceeded')
  })

  test.each([
    ['a URL that is none', 'nowhere', {}],
    ['a URL with a password', 'http://a:b@127.0.0.1', {}],
    ['a method with a space', 'http://127.0.0.1', { method: 'A B' }],
    ['TRACE', 'http://127.0.0.1', { method: 'TRACE' }],
    ['a body for GET', 'http://127.0.0.1', { body: 'a' }],
    ['a header with a line feed', 'http://127.0.0.1', { headers: { a: 'b\r\nc: d' } }],
    ['a header beyond Latin-1', 'http://127.0.0.1', { headers: { a: '\u0100' } }],
    ['a header name with a space', 'http://127.0.0.1', { headers: { 'a b': 'c' } }],
    ['a header of the connection', 'http://127.0.0.1', { headers: { 'Transfer-Encoding': 'a' } }],
    ['a stream without duplex', 'http://127.0.0.1', { method: 'POST', body: new ReadableStream() }],
  ])('refuses %s', async (_what, url, init) => {
    expect(await failureOf(send(url, init as RequestInit))).toBeInstanceOf(TypeError)
  })

  test('fails with a body that fails', async () => {
    await using server = await serve((request) => void request.resume())
    const body = new ReadableStream({
      pull(controller) {
        controller.error(new Error('torn'))
      },
    })
    const init = { method: 'POST', body, duplex: 'half' } as const
    const error = await failureOf(send(server.url, init))
    expect(error).toBeInstanceOf(TypeError)
    expect(error.cause.message).toBe('torn')
  })

  test('reads a body once', async () => {
    await using server = await serve((_request, response) => response.end('text'))
    const response = await send(server.url)
    expect(response.bodyUsed).toBe(false)
    const copy = response.clone()
    expect(await response.text()).toBe('text')
    expect(response.bodyUsed).toBe(true)
    expect(await failureOf(response.text())).toBeInstanceOf(TypeError)
    expect(() => response.clone()).toThrow(TypeError)
    expect([copy.status, await copy.text()]).toEqual([200, 'text'])
    const streamed = await send(server.url)
    streamed.body!.getReader()
    expect(await failureOf(streamed.text())).toBeInstanceOf(TypeError)
  })

  test('reads a body as whatever is asked for', async () => {
    const form = new FormData()
    form.append('a', 'b')
    const encoded = new Response(form)
    const type = encoded.headers.get('content-type')!.replace('; ', ';')
    const text = await encoded.text()
    await using server = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': type, 'set-cookie': ['a=b', 'c=d'] }).end(text)
    })
    const answer = (): Promise<Response> => send(server.url)
    const data = await (await answer()).formData()
    expect(data.get('a')).toBe('b')
    const blob = await (await answer()).blob()
    expect([blob.type, await blob.text()]).toEqual([type, text])
    expect(Buffer.from(await (await answer()).arrayBuffer()).toString()).toBe(text)
    const response = await answer()
    expect(response).toBeInstanceOf(Response)
    expect(response.headers).toBeInstanceOf(Headers)
    expect(response.headers.getSetCookie()).toEqual(['a=b', 'c=d'])
    expect(response.headers.get('Set-Cookie')).toBe('a=b, c=d')
    expect(response.headers.has('content-type')).toBe(true)
    expect(new Headers(response.headers).get('content-type')).toBe(type)
    expect(() => response.headers.get('a b')).toThrow(TypeError)
    const rewrapped = new Response(response.body, response)
    expect(rewrapped.headers.get('content-type')).toBe(type)
    expect(await rewrapped.text()).toBe(text)
  })

  test('takes a Request, and what is said besides', async () => {
    await using server = await serve((request, response) => {
      void bodyOf(request).then((body) => {
        const { 'x-a': first, 'x-b': second } = request.headers
        response.end(JSON.stringify([request.method, body.toString(), first, second]))
      })
    })
    const request = new Request(server.url, {
      method: 'POST',
      body: 'body',
      headers: { 'x-a': '1' },
    })
    expect(await (await send(request.clone())).json()).toEqual(['POST', 'body', '1', null])
    const init = { method: 'PUT', headers: { 'x-b': '2' } }
    expect(await (await send(request, init)).json()).toEqual(['PUT', 'body', null, '2'])
  })

  test('keeps one connection for requests one after the other', async () => {
    await using server = await serve((_request, response) => response.end('a'))
    for (let count = 0; count < 5; count++) {
      await (await send(server.url)).text()
      // The global fetch frees a connection a little later.
      await sleep(1)
    }
    expect(server.sockets).toHaveLength(1)
  })
})

describe('nodeFetch', () => {
  afterEach(() => {
    vi.unstubAllEnvs()
  })

  /** Answers each request on a connection but the last, which it closes instead. */
  function closingAfter(count: number, requests: string[]): (socket: Socket) => void {
    return (socket) => {
      let served = 0
      socket.on('error', () => {})
      socket.on('data', (data) => {
        requests.push(data.toString().split(' ', 1)[0]!)
        if ((served += 1) > count) socket.destroy()
        else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na')
      })
    }
  }

  test.each([
    ['a read that met a closed connection', 'GET', 3],
    ['no write that met a closed connection', 'DELETE', 2],
  ])('sends %s again', async (_what, method, expected) => {
    const requests: string[] = []
    const server = createServer(closingAfter(1, requests)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const send = nodeFetch()
    const url = `http://127.0.0.1:${port}`
    await (await send(url, { method })).text()
    const second = send(url, { method }).then(async (response) => response.text())
    if (expected === 3) expect(await second).toBe('a')
    else expect((await failureOf(second)).cause.code).toBe('ECONNRESET')
    expect(requests).toHaveLength(expected)
    send.close()
    server.close()
  })

  test('sends nothing again when a fresh connection is closed', async () => {
    await using server = await serveFault((socket) => socket.destroy())
    const error = await failureOf(own(server.url))
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toBe('fetch failed')
    expect(error.cause.code).toBe('ECONNRESET')
    expect(server.requests).toHaveLength(1)
  })

  test('trusts no connection longer than the server says, or the option', async () => {
    await using server = await serve((_request, response) => response.end('a'), {
      setUp: (httpServer) => {
        // Announced as `timeout=1`, and a second before its end nothing is sent any more.
        httpServer.keepAliveTimeout = 1000
      },
    })
    const send = nodeFetch()
    await (await send(server.url)).text()
    await (await send(server.url)).text()
    expect(server.sockets).toHaveLength(2)
    const never = nodeFetch({ keepAliveMs: 0 })
    await (await never(server.url)).text()
    await (await never(server.url)).text()
    expect(server.sockets).toHaveLength(4)
  })

  test('closes connections that nobody uses', async () => {
    await using server = await serve((_request, response) => response.end('a'))
    const short = nodeFetch({ keepAliveMs: 20 })
    await (await short(server.url)).text()
    await once(server.sockets[0]!, 'close')
    const closing = nodeFetch()
    await (await closing(server.url)).text()
    closing.close()
    await once(server.sockets[1]!, 'close')
    expect(await (await closing(server.url)).text()).toBe('a')
  })

  test('closes a connection on which something comes that nobody asked for', async () => {
    await using server = await serveFault((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 200 OK\r\n\r\nstolen')
    })
    const send = nodeFetch()
    expect(await (await send(server.url)).text()).toBe('a')
    expect(await (await send(server.url)).text()).toBe('a')
    expect(server.requests).toHaveLength(2)
  })

  test('a stream of events takes no connection from others', async () => {
    const streams: ServerResponse[] = []
    await using server = await serve((request, response) => {
      if (request.url !== '/events') response.end('a')
      else streams.push(response.writeHead(200, { 'content-type': 'text/event-stream' }))
      response.flushHeaders?.()
    })
    const reader = (await own(`${server.url}/events`)).body!.getReader()
    expect(await (await own(server.url)).text()).toBe('a')
    streams[0]!.write('data: 1\n\n')
    expect(Buffer.from((await reader.read()).value!).toString()).toBe('data: 1\n\n')
    await reader.cancel()
    await once(server.sockets[0]!, 'close')
  })

  test('a connection whose last answer waited for its reader brings the next one', async () => {
    // More than may wait: the connection is paused by bytes that are the answer's last.
    const large = 'x'.repeat(70_000)
    await using server = await serve((_request, response) => response.end(large))
    const first = await own(server.url)
    // All of it is here.
    await sleep(50)
    expect(await first.text()).toBe(large)
    const second = await own(server.url, { signal: AbortSignal.timeout(5000) })
    expect(await second.text()).toBe(large)
    expect(server.sockets).toHaveLength(1)
  })

  test('makes the server wait for a reader, and frees the connection when the body is cancelled', async () => {
    let sent = 0
    const chunk = Buffer.alloc(65_536)
    await using server = await serve((_request, response) => {
      const more = (): void => {
        while (response.write(chunk)) sent += chunk.length
      }
      response.on('drain', more)
      more()
    })
    const response = await own(server.url)
    let before = -1
    while (sent !== before) {
      before = sent
      expect(sent).toBeLessThan(2 ** 26)
      await sleep(200)
    }
    const reader = response.body!.getReader()
    let read = 0
    while (read < before + 2 ** 24) read += (await reader.read()).value!.length
    await reader.cancel()
    await eventually(() => expect(server.sockets[0]?.destroyed).toBe(true))
  })

  test('sends whatever hands out bytes or texts, and waits for the server meanwhile', async () => {
    await using server = await serve((request, response) => {
      void bodyOf(request).then((body) =>
        response.end(`${request.headers['transfer-encoding']} ${body.length}`),
      )
    })
    const chunk = Buffer.alloc(100_000)
    async function* chunks(): AsyncGenerator<Uint8Array | string> {
      yield 'text'
      for (let count = 0; count < 50; count++) yield chunk
    }
    const method = 'POST'
    const generated = await own(server.url, { method, body: chunks() })
    expect(await generated.text()).toBe('chunked 5000004')
    const readable = Readable.from([chunk, chunk])
    const streamed = await own(server.url, { method, body: readable })
    expect(await streamed.text()).toBe('chunked 200000')
    const headers = { 'Content-Length': '200000' }
    const body = Readable.from([chunk, chunk])
    const measured = await own(server.url, { method, body, headers })
    expect(await measured.text()).toBe('undefined 200000')
    const short = own(server.url, { method, body: Readable.from([chunk]), headers })
    expect((await failureOf(short)).cause.code).toBe('ERR_BODY_LENGTH')
  })

  test('ends a stream that it sends when the server wants no more of it', async () => {
    await using server = await serve((_request, response) => {
      response.writeHead(413, { connection: 'close' }).end('too large')
    })
    let cancelled: (reason: unknown) => void
    const whenCancelled = new Promise((resolve) => {
      cancelled = resolve
    })
    const body = new ReadableStream({
      pull: async (controller) => {
        await sleep(1)
        controller.enqueue(new Uint8Array(10))
      },
      cancel: (reason) => cancelled(reason),
    })
    const response = await own(server.url, { method: 'POST', body, duplex: 'half' })
    expect([response.status, await response.text()]).toEqual([413, 'too large'])
    await whenCancelled
    const silent = new Readable({ read() {} })
    const other = await own(server.url, { method: 'POST', body: silent })
    expect(other.status).toBe(413)
    expect(await other.text()).toBe('too large')
    expect(silent.destroyed).toBe(true)
  })

  test.each([
    ['a header with a bare line feed', 'HTTP/1.1 200 OK\nA: b\n\n'],
    ['a header that goes on in the next line', 'HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n'],
    ['a space before the colon', 'HTTP/1.1 200 OK\r\nA : b\r\n\r\n'],
    [
      'a length and chunks',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    ],
    ['a negative length', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n'],
    ['an unknown coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n'],
    ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: a\r\n\r\n'],
    ['another version', 'HTTP/2.0 200 OK\r\n\r\n'],
    ['headers without end', `HTTP/1.1 200 OK\r\nA: ${'b'.repeat(20_000)}`],
  ])('refuses %s', async (_what, answer) => {
    await using server = await serveFault((socket) => void socket.write(answer))
    const error = await failureOf(own(server.url))
    expect([error.message, error.cause.code]).toEqual(['fetch failed', 'EPROTO'])
  })

  test('speaks TLS to servers that it can trust, and to no others', async () => {
    await using server = await serve((_request, response) => response.end('safe'), {
      isSecure: true,
    })
    const trusting = nodeFetch({ ca: certificate })
    for (let count = 0; count < 3; count++) {
      expect(await (await trusting(server.url)).text()).toBe('safe')
    }
    expect(server.sockets).toHaveLength(1)
    trusting.close()
    const error = await failureOf(own(server.url))
    expect([error.message, error.cause.code]).toEqual([
      'fetch failed',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
    ])
  })

  test('goes through the proxy of the environment, with a tunnel for https', async () => {
    const seen: string[] = []
    await using target = await serve((request, response) => response.end(request.url))
    await using secure = await serve((request, response) => response.end(request.url), {
      isSecure: true,
    })
    await using proxy = await serve(
      (request, response) => {
        seen.push(`${request.url} ${request.headers['proxy-authorization']}`)
        response.end('by proxy')
      },
      {
        setUp: (server) => {
          server.on('connect', (request, socket) => {
            seen.push(`CONNECT ${request.url} ${request.headers['proxy-authorization']}`)
            if (!request.headers['proxy-authorization']) {
              socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
              return
            }
            const { port, hostname } = new URL(`http://${request.url}`)
            const upstream = connect(Number(port), hostname, () => {
              socket.write('HTTP/1.1 200 OK\r\n\r\n')
              upstream.pipe(socket).pipe(upstream)
            })
            upstream.on('error', () => {})
            socket.on('error', () => {})
          })
        },
      },
    )
    const withUser = proxy.url.replace('//', '//me:p%40ss@')
    const authorization = `Basic ${Buffer.from('me:p@ss').toString('base64')}`
    vi.stubEnv('HTTP_PROXY', withUser)
    vi.stubEnv('https_proxy', withUser)
    vi.stubEnv('HTTPS_PROXY', 'http://127.0.0.1:1')
    vi.stubEnv('NO_PROXY', 'other.test')
    const send = nodeFetch({ ca: certificate })
    expect(await (await send(`${target.url}/a?b`)).text()).toBe('by proxy')
    expect(await (await send(`${secure.url}/c`)).text()).toBe('/c')
    const secureHost = new URL(secure.url).host
    expect(seen).toEqual([
      `${target.url}/a?b ${authorization}`,
      `CONNECT ${secureHost} ${authorization}`,
    ])
    send.close()

    const refused = nodeFetch({ proxy: proxy.url, ca: certificate })
    const error = await failureOf(refused(secure.url))
    expect(error.cause.code).toBe('ERR_PROXY_TUNNEL')
    expect(error.cause.message).toContain('407 Proxy Authentication Required')

    expect(() => nodeFetch({ proxy: 'socks5://127.0.0.1' })).toThrow(TypeError)
    expect(await (await nodeFetch({ proxy: false })(`${target.url}/d`)).text()).toBe('/d')
    for (const exempt of ['*', '127.0.0.1', `127.0.0.1:${new URL(target.url).port}`, 'a, .0.0.1']) {
      vi.stubEnv('NO_PROXY', exempt)
      expect(await (await nodeFetch()(`${target.url}/e`)).text()).toBe('/e')
    }
    vi.stubEnv('NO_PROXY', '127.0.0.1:1')
    expect(await (await nodeFetch()(`${target.url}/f`)).text()).toBe('by proxy')
  })

  test('lets the process end while connections are kept, and closes what is left of unread answers', async () => {
    const large = Buffer.alloc(10_000_000)
    await using server = await serve((request, response) => {
      response.end(request.url === '/large' ? large : 'a')
    })
    const source = pathToFileURL(join(import.meta.dirname, '../../src/node/index.ts')).href
    const script = `
      import { nodeFetch } from '${source}'
      const send = nodeFetch({ keepAliveMs: 60_000 })
      await (await send('${server.url}')).text()
      await send('${server.url}')
      await (async () => { await send('${server.url}/large') })()
      for (let count = 0; count < 20; count++) {
        await new Promise((resolve) => setTimeout(resolve, 10))
        gc()
      }
      console.log(process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length)
    `
    const child = spawn(
      process.execPath,
      ['--expose-gc', '--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script],
      { stdio: ['ignore', 'pipe', 'inherit'], timeout: 20_000 },
    )
    let output = ''
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString()
    })
    const [code] = (await once(child, 'close')) as [number | null]
    expect([code, output.trim()]).toEqual([0, '0'])
  }, 30_000)
})
