import { cookies, headers } from 'next/headers'
import { nextCookies, serverClient } from 'pocketbase-typescript/ssr'
import { cache } from 'react'

const url = process.env['POCKETBASE_URL'] ?? 'http://127.0.0.1:8090'

/** The client of this request: the same one wherever its page asks. */
export const getClient = cache(async () =>
  serverClient(url, nextCookies(await cookies(), await headers())),
)
