import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { csrf } from 'hono/csrf'
import { html } from 'hono/html'
import { serverClient, verifyAuth } from 'pocketbase-typescript/ssr'
import type { ServerClient } from 'pocketbase-typescript/ssr'

const url = process.env['POCKETBASE_URL'] ?? 'http://127.0.0.1:8090'

const app = new Hono<{ Variables: { pb: ServerClient } }>()

app.use(csrf())
app.use(async (c, next) => {
  const pb = serverClient(url, c.req.raw)
  c.set('pb', pb)
  await next()
  pb.authStore.attach(c.res)
})

app.get('/', async (c) => {
  const pb = c.get('pb')
  const user = await verifyAuth(pb)
  const notes = user ? await pb.collection('notes').getFullList() : []
  return c.html(
    html`<!doctype html>
      <title>Notes</title>
      ${
        user
          ? html`<p id="user">${user.email}</p>
              <ul id="notes">
                ${notes.map(({ text }) => html`<li>${text}</li>`)}
              </ul>
              <form id="sign-out" method="post" action="/sign-out"><button>Sign out</button></form>`
          : html`<form id="sign-in" method="post" action="/sign-in">
              ${'failed' in c.req.query() ? html`<p id="error">Wrong address or password.</p>` : ''}
              <input name="email" type="email" required />
              <input name="password" type="password" required />
              <button>Sign in</button>
            </form>`
      }`,
  )
})

app.post('/sign-in', async (c) => {
  const { email, password } = await c.req.parseBody<{ email: string; password: string }>()
  try {
    await c.get('pb').collection('users').authWithPassword(email, password)
    return c.redirect('/', 303)
  } catch {
    return c.redirect('/?failed', 303)
  }
})

app.post('/sign-out', (c) => {
  c.get('pb').authStore.clear()
  return c.redirect('/', 303)
})

serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(process.env['PORT'] ?? 3000) })
