import { decoded } from './http/decoded.ts'
import type { Answer } from './http/exchange.ts'
import { LostUnansweredError } from './http/exchange.ts'
import { fetchFailed } from './http/failure.ts'
import { AnswerHeaders } from './http/headers.ts'
import type { NodeBody } from './http/payload.ts'
import { Pool } from './http/pool.ts'
import { proxyFromEnvironment, proxyURL } from './http/proxy.ts'
import { redirect, requestOf, wireRequest } from './http/request.ts'
import type { HTTPRequest } from './http/request.ts'
import { NodeResponse } from './http/response.ts'

/** Settings of {@link nodeFetch}. */
export interface NodeFetchOptions {
  /**
   * How long a connection is kept without a request, in milliseconds; 0: closed after each. Default 4000, as in `fetch`; less
   * where the server says so.
   */
  keepAliveMs?: number | undefined
  /**
   * URL of the proxy that all requests go through, `http:` or `https:`, with name and password if it asks for them; `false` for
   * none. Default: what `http_proxy`, `https_proxy` and `no_proxy`, or the same in capitals, say when a server is first asked.
   */
  proxy?: string | URL | false | undefined
  /** Certificates in PEM that are trusted instead of those that Node trusts. */
  ca?: string | readonly string[] | undefined
}

/** Options of a request: those of `fetch`, and more kinds of bodies. */
export interface NodeFetchInit extends Omit<RequestInit, 'body'> {
  /** Besides what `fetch` takes, whatever hands out bytes or texts one after the other, such as Node's streams. */
  body?: NodeBody | null | undefined
  /** `'half'` for a body that is a stream. */
  duplex?: 'half' | undefined
}

/** A `fetch` on connections of its own. */
export interface NodeFetch {
  /** Sends a request, and resolves when the headers of the answer are here; see {@link nodeFetch}. */
  (input: RequestInfo | URL, init?: NodeFetchInit): Promise<Response>
  /** Closes the connections that are free at this moment. Requests under way are not touched, and new ones open new connections. */
  close(): void
}

/**
 * Makes a `fetch` for Node that takes half of the global one's CPU time and less.
 *
 * ```ts
 * const pb = new PocketBase('http://127.0.0.1:8090', { fetch: nodeFetch() })
 * ```
 *
 * It does what Node's `fetch` does: redirects, decompression, streams both ways, signals, connections that are kept and never keep
 * the process running. Besides, it goes through the proxies that the environment names. It has no timeout but that of
 * 10 seconds for opening a connection: the client's option `timeout` and `AbortSignal.timeout` see to that. A read (`GET`, `HEAD`,
 * `OPTIONS`) is sent a second time when it went over a used connection that was closed before a byte came back: the server
 * had closed it already.
 *
 * Each call makes a function with connections of its own: make one and share it. A server has as many connections as there are
 * requests at a time, so a realtime stream takes none from others. An answer that is not read, and larger than 64 kB, keeps its
 * connection until its body is cancelled or collected as garbage.
 *
 * What it answers with passes for a `Response`, also with `instanceof`. Where a platform looks closer, make one of it:
 * `new Response(answer.body, { status: answer.status, headers: [...answer.headers] })`. Left out are what browsers need and servers do
 * not (`mode`, `credentials`, `cache`, `referrer`) and `integrity`; `data:` and `blob:` URLs go to the global `fetch`.
 *
 * The function rejects with a `TypeError` (`fetch failed`, the reason in `cause`, as in `fetch`) when there is no answer, and with the
 * reason of its signal when that is aborted.
 *
 * @throws TypeError for a proxy that is no URL, or one of another kind, such as `socks5:`.
 */
export function nodeFetch(options: NodeFetchOptions = {}): NodeFetch {
  const { keepAliveMs = 4000, proxy, ca } = options
  const fixedProxy = proxy ? proxyURL(proxy) : undefined
  const pools = new Map<string, Pool>()

  const poolOf = (url: URL): Pool => {
    const { origin } = url
    let pool = pools.get(origin)
    if (!pool) {
      const found = proxy === undefined ? proxyFromEnvironment(url) : undefined
      const through = found === undefined ? fixedProxy : proxyURL(found)
      pool = new Pool({ target: new URL(origin), proxy: through, ca }, keepAliveMs)
      pools.set(origin, pool)
    }
    return pool
  }

  const exchange = async (request: HTTPRequest): Promise<Answer> => {
    const pool = poolOf(request.url)
    const { signal } = request
    const wire = wireRequest(request, pool.route.proxy)
    const used = pool.take()
    if (used) {
      try {
        return await used.exchange(wire, signal)
      } catch (error) {
        if (!(error instanceof LostUnansweredError)) throw error
        if (!/^(GET|HEAD|OPTIONS)$/.test(request.method)) throw fetchFailed(error.cause)
      }
    }
    const connection = await pool.open(signal)
    try {
      return await connection.exchange(wire, signal)
    } catch (error) {
      throw error instanceof LostUnansweredError ? fetchFailed(error.cause) : error
    }
  }

  const send = async (input: RequestInfo | URL, init: NodeFetchInit = {}): Promise<Response> => {
    let request = requestOf(input, init)
    // Not of the web.
    if (!request) return fetch(input, init as RequestInit)
    for (;;) {
      request.signal?.throwIfAborted()
      const { head, body } = await exchange(request)
      const headers = new AnswerHeaders(head.headers) as unknown as Headers
      let next: HTTPRequest | undefined
      try {
        next = redirect(request, head.status, headers)
      } catch (error) {
        void body?.cancel()
        throw error
      }
      if (!next) {
        const encodings = body && headers.get('content-encoding')
        const source = encodings ? decoded(body, encodings) : body
        const href = request.url.href.replace(/#.*/s, '')
        const answer = { status: head.status, statusText: head.statusText, headers }
        return new NodeResponse(answer, href, request.hops > 0, source)
      }
      void body?.cancel()
      request = next
    }
  }

  return Object.assign(send, {
    close: () => {
      for (const pool of pools.values()) pool.closeIdle()
    },
  })
}
