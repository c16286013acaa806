import type { NodeFetchInit } from '../fetch.ts'
import { acceptedEncodings } from './decoded.ts'
import type { WireRequest } from './exchange.ts'
import { failure, fetchFailed } from './failure.ts'
import { payloadOf } from './payload.ts'
import type { Payload } from './payload.ts'
import { proxyAuthorization } from './proxy.ts'
import { trimmed } from './trim.ts'

/** A request, whatever it was given as. */
export interface HTTPRequest {
  readonly url: URL
  readonly method: string
  /** As they are sent, but for those about the body and the connection. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly payload: Payload | undefined
  readonly signal: AbortSignal | undefined
  readonly redirect: 'follow' | 'error' | 'manual'
  /** How many redirects led here. */
  readonly hops: number
}

/** As in `fetch`. */
const maxHops = 20

/** `fetch` writes these in capitals, and no others. */
const capitalized = /^(get|head|post|put|delete|options)$/i

/** What the connection decides, and nobody else. */
const ofConnection = /^(connection|expect|keep-alive|te|trailer|transfer-encoding|upgrade)$/i

/**
 * What was given to `fetch`; `undefined` for a URL that is not of the web.
 *
 * @throws TypeError for what no request can be made of.
 */
export function requestOf(input: RequestInfo | URL, init: NodeFetchInit): HTTPRequest | undefined {
  if (input instanceof Request) return fromRequest(input, init)
  const url = new URL(input)
  if (!/^https?:$/.test(url.protocol)) return undefined
  if (url.username || url.password) {
    throw new TypeError('Name and password in a URL are not sent: use the header Authorization.')
  }
  const { method: given = 'GET', body, signal, redirect: redirection = 'follow' } = init
  const method = capitalized.test(given) ? given.toUpperCase() : given
  if (!/^[!#$%&'*+\-.^_`|~\w]+$/.test(method) || /^(connect|trace|track)$/i.test(method)) {
    throw new TypeError(`${method} is no method that can be sent.`)
  }
  const payload = body == null ? undefined : payloadOf(body, init.duplex)
  if (payload && /^(GET|HEAD)$/.test(method)) {
    throw new TypeError(`A ${method} request cannot have a body.`)
  }
  const headers = headersOf(init.headers)
  return {
    url,
    method,
    headers,
    payload,
    signal: signal ?? undefined,
    redirect: redirection,
    hops: 0,
  }
}

function fromRequest(input: Request, init: NodeFetchInit): HTTPRequest | undefined {
  const { body: newBody, ...changes } = init
  // Only `fetch` itself can merge the two.
  const merged = new Request(input, changes)
  const { url, method, headers, signal, redirect: redirection } = merged
  const body = newBody ?? merged.body
  return requestOf(url, { method, headers, signal, redirect: redirection, body, duplex: 'half' })
}

/** As pairs of which every one can be sent. */
function headersOf(given: HeadersInit | undefined): [string, string][] {
  const pairs: [string, string][] = []
  // Walking an instance of Headers costs more than all else here.
  const source = Symbol.iterator in Object(given) ? new Headers(given) : Object.entries(given ?? {})
  for (const [name, value] of source) {
    const text = trimmed(String(value))
    if (!/^[!#$%&'*+\-.^_`|~\w]+$/.test(name)) throw new TypeError(`${name} is no header name.`)
    if (/[^\t\x20-\x7e\x80-\xff]/.test(text)) {
      throw new TypeError(`The header ${name} has a character that cannot be sent.`)
    }
    if (ofConnection.test(name)) {
      throw fetchFailed(failure(`The header ${name} is not for callers to set.`, 'ERR_HEADER'))
    }
    pairs.push([name, text])
  }
  return pairs
}

/** The request that follows an answer; `undefined` when it is the last one. */
export function redirect(
  request: HTTPRequest,
  status: number,
  headers: Headers,
): HTTPRequest | undefined {
  if (status < 301 || status > 308 || ![301, 302, 303, 307, 308].includes(status)) return undefined
  const location = headers.get('location')
  if (location === null || request.redirect === 'manual') return undefined
  if (request.redirect === 'error') refuse('unexpected redirect')
  // Their bytes were read as characters; addresses are UTF-8.
  const decodedLocation = Buffer.from(location, 'latin1').toString()
  const url = URL.canParse(decodedLocation, request.url)
    ? new URL(decodedLocation, request.url)
    : refuse('the redirect leads to no URL')
  if (!/^https?:$/.test(url.protocol)) refuse('the redirect leads out of the web')
  if (request.hops === maxHops) refuse('redirect count exceeded')
  const { method, payload } = request
  const isRead =
    (status < 303 && method === 'POST') || (status === 303 && !/^(GET|HEAD)$/.test(method))
  if (payload && !isRead && !payload.isRepeatable) refuse('a stream cannot be sent again')
  const isElsewhere = url.origin !== request.url.origin
  return {
    ...request,
    url,
    method: isRead ? 'GET' : method,
    payload: isRead ? undefined : payload,
    hops: request.hops + 1,
    headers: request.headers.filter(
      ([name]) =>
        !(isRead && /^content-(encoding|language|location|type|length)$/i.test(name)) &&
        !(isElsewhere && /^(authorization|proxy-authorization|cookie|host)$/i.test(name)),
    ),
  }
}

function refuse(message: string): never {
  throw fetchFailed(new Error(message))
}

/** What is written to the connection. */
export function wireRequest(request: HTTPRequest, proxy: URL | undefined): WireRequest {
  const { url, method, headers, payload } = request
  const isForProxy = proxy && url.protocol === 'http:'
  const target = url.pathname + url.search
  let lines = ''
  let hasHost = false
  let hasType = false
  let hasAccept = false
  let hasEncoding = false
  let hasAgent = false
  let length = payload?.length
  for (const [name, value] of headers) {
    switch (name.toLowerCase()) {
      case 'host':
        hasHost = true
        break
      case 'content-type':
        hasType = true
        break
      case 'accept':
        hasAccept = true
        break
      case 'accept-encoding':
        hasEncoding = true
        break
      case 'user-agent':
        hasAgent = true
        break
      case 'content-length':
        // Only whoever makes a stream knows better.
        if (payload && length === undefined && /^\d+$/.test(value)) length = Number(value)
        continue
    }
    lines += `${name}: ${value}\r\n`
  }
  let head = `${method} ${isForProxy ? url.origin + target : target} HTTP/1.1\r\n`
  if (!hasHost) head += `host: ${url.host}\r\n`
  head += `connection: keep-alive\r\n${lines}`
  if (!hasAccept) head += 'accept: */*\r\n'
  if (!hasEncoding) head += `accept-encoding: ${acceptedEncodings}\r\n`
  if (!hasAgent) head += 'user-agent: node\r\n'
  if (payload) {
    if (!hasType && payload.type) head += `content-type: ${payload.type}\r\n`
    head +=
      length === undefined ? 'transfer-encoding: chunked\r\n' : `content-length: ${length}\r\n`
  } else if (/^(POST|PUT|PATCH)$/.test(method)) head += 'content-length: 0\r\n'
  const authorization = isForProxy && proxyAuthorization(proxy)
  if (authorization) head += `proxy-authorization: ${authorization}\r\n`
  return {
    method,
    head: `${head}\r\n`,
    payload: payload && { ...payload, length },
    isChunked: payload !== undefined && length === undefined,
  }
}
