import express from 'express'
import { nodeCookies, serverClient, verifyAuth } from 'pocketbase-typescript/ssr'
import type { ServerClient } from 'pocketbase-typescript/ssr'

import { page } from './page.ts'

declare module 'express-serve-static-core' {
  interface Request {
    pb: ServerClient
  }
}

const url = process.env['POCKETBASE_URL'] ?? 'http://127.0.0.1:8090'

const app = express()

// Forms of other sites.
app.use((req, res, next) => {
  const site = req.get('sec-fetch-site') ?? 'same-origin'
  if (req.method === 'POST' && site !== 'same-origin') res.sendStatus(403)
  else next()
})
app.use(express.urlencoded())
app.use((req, res, next) => {
  req.pb = serverClient(url, nodeCookies(req, res))
  next()
})

app.get('/', async (req, res) => {
  const user = await verifyAuth(req.pb)
  const notes = user ? await req.pb.collection('notes').getFullList() : []
  res.send(page(user, notes, 'failed' in req.query))
})

app.post('/sign-in', async (req, res) => {
  const { email, password } = req.body as { email: string; password: string }
  try {
    await req.pb.collection('users').authWithPassword(email, password)
    res.redirect(303, '/')
  } catch {
    res.redirect(303, '/?failed')
  }
})

app.post('/sign-out', (req, res) => {
  req.pb.authStore.clear()
  res.redirect(303, '/')
})

app.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1')
