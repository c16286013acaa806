import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'

import { certificate, key } from './certificate.ts'

/** An HTTP server of this process. */
export interface LocalServer extends AsyncDisposable {
  readonly url: string
  /** The connections that were opened so far. */
  readonly sockets: readonly Socket[]
}

/** Listens on a free port of 127.0.0.1. */
export async function serve(
  listener: RequestListener,
  { isSecure = false, setUp = (_server: Server): void => {} } = {},
): Promise<LocalServer> {
  const server = isSecure
    ? createSecureServer({ cert: certificate, key }, listener)
    : createServer(listener)
  const sockets: Socket[] = []
  server.on('connection', (socket: Socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
  })
  setUp(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `${isSecure ? 'https' : 'http'}://127.0.0.1:${port}`,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** The whole body of a request. */
export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** What a request was, as JSON: headers that name a part of the body as random bytes do are made alike. */
export async function echo(request: IncomingMessage): Promise<string> {
  const body = await bodyOf(request)
  const type = request.headers['content-type'] ?? ''
  const [, boundary = '\0'] = /boundary=(\S+)/.exec(type) ?? []
  const text = body.toString('latin1').replaceAll(boundary, 'boundary')
  const headers: { [name: string]: unknown } = { ...request.headers }
  headers['content-type'] = type.replace(boundary, 'boundary')
  // The boundary's length.
  if (boundary !== '\0' && headers['content-length']) headers['content-length'] = 'known'
  const { method, url } = request
  const hash = createHash('sha256').update(text, 'latin1').digest('hex')
  return JSON.stringify({ method, url, headers, bytes: text.length && hash })
}
