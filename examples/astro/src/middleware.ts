import { defineMiddleware } from 'astro:middleware'
import { serverClient } from 'pocketbase-typescript/ssr'

const url = process.env['POCKETBASE_URL'] ?? 'http://127.0.0.1:8090'

export const onRequest = defineMiddleware(async ({ locals, request }, next) => {
  locals.pb = serverClient(url, request)
  return locals.pb.authStore.attach(await next())
})
