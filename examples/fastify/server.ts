import formbody from '@fastify/formbody'
import fastify from 'fastify'
import { nodeCookies, serverClient, verifyAuth } from 'pocketbase-typescript/ssr'
import type { ServerClient } from 'pocketbase-typescript/ssr'

import { page } from './page.ts'

declare module 'fastify' {
  interface FastifyRequest {
    pb: ServerClient
  }
}

const url = process.env['POCKETBASE_URL'] ?? 'http://127.0.0.1:8090'

const app = fastify()
await app.register(formbody)

// Forms of other sites.
app.addHook('onRequest', async (request, reply) => {
  const site = request.headers['sec-fetch-site'] ?? 'same-origin'
  if (request.method === 'POST' && site !== 'same-origin') return reply.code(403).send()
})
app.addHook('onRequest', async (request, reply) => {
  request.pb = serverClient(url, nodeCookies(request, reply))
})

app.get<{ Querystring: { failed?: string } }>('/', async (request, reply) => {
  const user = await verifyAuth(request.pb)
  const notes = user ? await request.pb.collection('notes').getFullList() : []
  return reply.type('text/html').send(page(user, notes, 'failed' in request.query))
})

app.post<{ Body: { email: string; password: string } }>('/sign-in', async (request, reply) => {
  const { email, password } = request.body
  try {
    await request.pb.collection('users').authWithPassword(email, password)
    return reply.redirect('/', 303)
  } catch {
    return reply.redirect('/?failed', 303)
  }
})

app.post('/sign-out', async (request, reply) => {
  request.pb.authStore.clear()
  return reply.redirect('/', 303)
})

await app.listen({ host: '127.0.0.1', port: Number(process.env['PORT'] ?? 3000) })
