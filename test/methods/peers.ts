/**
 * What a server talks to when people sign in: small enough to run wherever these cases do. Their protocols are proven elsewhere, in
 * `test/server`, with a real mail server and a real provider.
 */
import { Worker } from 'node:worker_threads'

import type { Context } from './context.ts'

/** Has the server send its mails here while `work` runs, which is given what waits for the next one. */
export async function withMail<T>(
  { admin }: Context,
  work: (next: () => Promise<string>) => Promise<T>,
): Promise<T> {
  await using peer = startPeer(mailServer)
  const smtp = { host: '127.0.0.1', port: Number(await peer.next()) }
  await admin.settings.update({ smtp: { ...smtp, enabled: true, tls: false } })
  try {
    return await work(peer.next)
  } finally {
    await admin.settings.update({ smtp: { enabled: false } })
  }
}

/** An auth collection with a provider called `oidc`, which signs in whoever is named by the code, while `work` runs. */
export async function withProvider<T>(
  { admin, unique }: Context,
  work: (collection: string) => Promise<T>,
): Promise<T> {
  await using peer = startPeer(providerServer)
  const url = `http://127.0.0.1:${await peer.next()}`
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
  // The peer is there until then.
  return await work(name)
}

/** Where the provider's page leads whoever signs in there by this name. */
export function answerOf(url: string, name: string): string {
  const { searchParams } = new URL(url)
  const query = new URLSearchParams({ state: searchParams.get('state')!, code: name })
  return `${searchParams.get('redirect_uri')}?${query}`
}

/** Tells its port, then each mail. It is sent to its thread as text, so it knows what it declares and nothing else. */
function mailServer(tell: (text: string) => void): void {
  const server = process.getBuiltinModule('node:net').createServer((socket) => {
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
        // Quoted-printable: long lines are broken.
        if (isData) tell(part.replace(/=\r\n/g, ''))
        isData = part.toUpperCase() === 'DATA'
        socket.write(isData ? '354 go on\r\n' : '250 ok\r\n')
        if (part.toUpperCase() === 'QUIT') socket.end()
      }
    })
  })
  server.listen(0, '127.0.0.1', () => tell(`${(server.address() as { port: number }).port}`))
}

/** Tells its port. As text like the other. */
function providerServer(tell: (text: string) => void): void {
  const server = process.getBuiltinModule('node:http').createServer((request, response) => {
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
  server.listen(0, '127.0.0.1', () => tell(`${(server.address() as { port: number }).port}`))
}

/** Runs a server in a thread of its own: the blocking client stops this one. */
function startPeer(
  serve: (tell: (text: string) => void) => void,
): AsyncDisposable & { next: () => Promise<string> } {
  const code = `(${String(serve)})((text) => require('node:worker_threads').parentPort.postMessage(text))`
  const worker = new Worker(code, { eval: true })
  const told: string[] = []
  let onText = (): void => {}
  worker.on('message', (text: string) => {
    told.push(text)
    onText()
  })
  return {
    next: async () => {
      while (told.length === 0)
        await new Promise<void>((resolve) => {
          onText = resolve
        })
      return told.shift()!
    },
    [Symbol.asyncDispose]: async () => void (await worker.terminate()),
  }
}
