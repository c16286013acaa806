import { isLocal } from './source.ts'
import type { CookieJar } from './source.ts'

/**
 * The cookies of Next.js's App Router: what `await cookies()` and `await headers()` return.
 *
 * ```ts
 * serverClient(url, nextCookies(await cookies(), await headers()))
 * ```
 *
 * Server Components cannot set cookies: a token that is refreshed while they render lasts for the request. Sign in and out in Server
 * Actions and Route Handlers.
 */
export function nextCookies(
  cookies: CookieJar,
  headers: { get(name: string): string | null },
): CookieJar {
  return {
    get: (name) => cookies.get(name),
    set: (name, value, attributes) => cookies.set(name, value, attributes),
    isLocal: isLocal((name) => headers.get(name)),
  }
}
