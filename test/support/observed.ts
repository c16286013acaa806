import { MemoryAuthStore, PocketBase } from '../../src/index.ts'
import type { PocketBaseOptions } from '../../src/index.ts'

/** A request as `fetch` got it. */
export interface SentRequest {
  url: string
  init: RequestInit & { method: string; headers: Record<string, string> }
}

/** A client whose requests end in `answer`, and the requests it sent so far. */
export function observed(
  answer: (request: SentRequest, index: number) => Response | Promise<Response>,
  options: PocketBaseOptions = {},
): { client: PocketBase; requests: SentRequest[] } {
  const requests: SentRequest[] = []
  const client = new PocketBase('http://pb.test', {
    authStore: new MemoryAuthStore(),
    fetch: async (url, init) => {
      const request = { url: url as string, init: init as SentRequest['init'] }
      requests.push(request)
      return answer(request, requests.length - 1)
    },
    ...options,
  })
  return { client, requests }
}

/** The query of a request, by its names. */
export function queryOf({ url }: SentRequest): { [name: string]: string } {
  return Object.fromEntries(new URL(url).searchParams)
}

/** A JSON answer. */
export function json(body: unknown, init?: ResponseInit): Response {
  return Response.json(body, init)
}
