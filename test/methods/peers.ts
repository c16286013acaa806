/**
 * What a server talks to when people sign in: small enough to run wherever these cases do. Their protocols are proven elsewhere, in
 * `test/server`, with a real mail server and a real provider.
 */
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'

import type { Context } from './context.ts'

/** Has the server send its mails here while `work` runs, which is given what waits for the next one. */
export async function withMail<T>(
  { admin }: Context,
  work: (next: () => Promise<string>) => Promise<T>,
): Promise<T> {
  const mails: string[] = []
  let onMail = (): void => {}
  const server = createServer((socket) => {
    let text = ''
    let isData = false
    socket.setEncoding('utf8').write('220 test\r\n')
    socket.on('error', () => {})
    socket.on('data', (chunk: string) => {
      text += chunk
      for (;;) {
        const [whole, part = ''] = (isData ? /^(.*?)\r\n\.\r\n/s : /^(.*?)\r\n/).exec(text) ?? []
        if (whole === undefined) return
        text = text.slice(whole.length)
        if (isData) {
          // Quoted-printable: long lines are broken.
          mails.push(part.replace(/=\r\n/g, ''))
          onMail()
        }
        isData = part.toUpperCase() === 'DATA'
        socket.write(isData ? '354 go on\r\n' : '250 ok\r\n')
        if (part.toUpperCase() === 'QUIT') socket.end()
      }
    })
  })
  const smtp = { host: '127.0.0.1', port: await listen(server) }
  await admin.settings.update({ smtp: { ...smtp, enabled: true, tls: false } })
  try {
    return await work(async () => {
      while (mails.length === 0)
        await new Promise<void>((resolve) => {
          onMail = resolve
        })
      return mails.shift()!
    })
  } finally {
    await admin.settings.update({ smtp: { enabled: false } })
    server.close()
  }
}

/** An auth collection with a provider called `oidc`, which signs in whoever is named by the code, while `work` runs. */
export async function withProvider<T>(
  { admin, unique }: Context,
  work: (collection: string) => Promise<T>,
): Promise<T> {
  const server = createHttpServer((request, response) => {
    response.setHeader('Content-Type', 'application/json')
    if (request.url === '/token') {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      request.on('end', () => {
        const access_token = new URLSearchParams(body).get('code')
        response.end(JSON.stringify({ access_token, token_type: 'Bearer', expires_in: 60 }))
      })
    } else {
      const sub = request.headers.authorization?.replace('Bearer ', '')
      const email = `${sub}@provider.test`
      response.end(JSON.stringify({ sub, name: sub, email, email_verified: true }))
    }
  })
  const url = `http://127.0.0.1:${await listen(server)}`
  const name = unique('members')
  const provider = {
    name: 'oidc',
    clientId: 'id',
    clientSecret: 'secret',
    authURL: `${url}/auth`,
    tokenURL: `${url}/token`,
    userInfoURL: `${url}/user`,
  }
  await admin.collections.create({
    name,
    type: 'auth',
    createRule: '',
    oauth2: { enabled: true, providers: [provider] },
  })
  try {
    return await work(name)
  } finally {
    server.close()
  }
}

/** Where the provider's page leads whoever signs in there by this name. */
export function answerOf(url: string, name: string): string {
  const { searchParams } = new URL(url)
  const query = new URLSearchParams({ state: searchParams.get('state')!, code: name })
  return `${searchParams.get('redirect_uri')}?${query}`
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
