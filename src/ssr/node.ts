import { cookieSerialize } from '../index.ts'
import { fromHeaders } from './source.ts'
import type { CookieJar } from './source.ts'

/** What is used of a request of Node, Express or Fastify. */
export interface NodeRequestLike {
  /** By lower-case name. */
  readonly headers: { readonly [name: string]: string | readonly string[] | undefined }
}

/** What is used of an answer of Node or Express. */
export interface NodeResponseLike {
  /** What has been set so far. */
  getHeader(name: string): number | string | readonly string[] | undefined
  /** Replaces a header. */
  setHeader(name: string, value: string[]): unknown
}

/** What is used of an answer of Fastify. */
export interface FastifyReplyLike {
  /** What has been set so far. */
  getHeader(name: string): number | string | readonly string[] | undefined
  /** Removes a header. */
  removeHeader(name: string): unknown
  /** Sets a header; `Set-Cookie` is added to. */
  header(name: string, value: string[]): unknown
}

/**
 * The cookies of a request and its answer on Node: Express's and Node's own `req` and `res`, Fastify's `request` and `reply`, Nuxt's
 * `event.node.req` and `event.node.res`. Other cookies of the answer stay. Writing throws what the framework throws once the headers have
 * been sent.
 */
export function nodeCookies(
  request: NodeRequestLike,
  response: NodeResponseLike | FastifyReplyLike,
): CookieJar {
  const { get, isLocal } = fromHeaders((name) => {
    const { [name]: value = name === 'host' ? request.headers[':authority'] : undefined } =
      request.headers
    return typeof value === 'string' ? value : value?.join('; ')
  })
  return {
    get,
    isLocal,
    set(name, value, attributes) {
      const present = [response.getHeader('set-cookie') ?? []].flat().map(String)
      const others = present.filter((cookie) => !cookie.startsWith(`${name}=`))
      const cookies = [...others, cookieSerialize(name, value, { ...attributes })]
      if ('setHeader' in response) {
        response.setHeader('set-cookie', cookies)
      } else {
        // Fastify adds to what there is.
        response.removeHeader('set-cookie')
        response.header('set-cookie', cookies)
      }
    },
  }
}
