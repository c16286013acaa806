import { NextResponse } from 'next/server'
import type { NextRequest } from 'next/server'
import { nextCookies, serverClient, verifyAuth } from 'pocketbase-typescript/ssr'
import type { CookieJar } from 'pocketbase-typescript/ssr'

const url = process.env['POCKETBASE_URL'] ?? 'http://127.0.0.1:8090'

/** Pages cannot set cookies. So a token is refreshed, or found to be refused, before they are rendered; they see the new cookies. */
export async function proxy(request: NextRequest) {
  const response = NextResponse.next()
  const jar: CookieJar = {
    get: (name) => request.cookies.get(name),
    set: (...cookie) => response.cookies.set(...cookie),
  }
  await verifyAuth(serverClient(url, nextCookies(jar, request.headers)))
  return response
}

export const config = { matcher: '/((?!_next/|favicon.ico).*)' }
