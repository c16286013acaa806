import type { Handle } from '@sveltejs/kit/hooks'
import { serverClient } from 'pocketbase-typescript/ssr'

const url = process.env['POCKETBASE_URL'] ?? 'http://127.0.0.1:8090'

export const handle: Handle = async ({ event, resolve }) => {
  event.locals.pb = serverClient(url, event.request)
  return event.locals.pb.authStore.attach(await resolve(event))
}
