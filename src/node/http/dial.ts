import { connect, isIP } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectSecurely } from 'node:tls'

import { Connection } from './connection.ts'
import { failure, fetchFailed } from './failure.ts'
import { portOf, proxyAuthorization } from './proxy.ts'

/** Where connections lead, and how. */
export interface Route {
  readonly target: URL
  readonly proxy: URL | undefined
  /** Certificates that are trusted instead of Node's own. */
  readonly ca: string | readonly string[] | undefined
  readonly onFree: (connection: Connection) => void
  readonly onGone: (connection: Connection) => void
}

/** As in `fetch`. */
const maxConnectMs = 10_000

/** As large as Node's own. */
const bufferLength = 65_536

const maxProxyAnswerLength = 16_384

/**
 * Opens a connection.
 *
 * @throws TypeError as `fetch` does, or the reason of the signal.
 */
export async function dial(route: Route, signal: AbortSignal | undefined): Promise<Connection> {
  const { target, proxy } = route
  // What is plain text all the way is read into one buffer, which costs a good deal less than Node's streams.
  const buffer = Buffer.allocUnsafeSlow(bufferLength)
  let connection: Connection | undefined
  const onread = {
    buffer,
    callback: (length: number): boolean => {
      connection?.receive(buffer, length)
      return true
    },
  }
  let socket: Socket | undefined
  const stop = (): void => {
    socket?.destroy(signal!.reason as Error)
  }
  const timer = setTimeout(() => {
    const message = `Connecting to ${(proxy ?? target).host} took more than ${maxConnectMs} ms.`
    socket?.destroy(failure(message, 'UND_ERR_CONNECT_TIMEOUT'))
  }, maxConnectMs)
  signal?.addEventListener('abort', stop)
  try {
    const first = proxy ?? target
    const address = { host: hostOf(first), port: portOf(first) }
    const isPlain = first.protocol === 'http:'
    const isTunnel = proxy && target.protocol === 'https:'
    socket = connect(isPlain && !isTunnel ? { ...address, onread } : address)
    socket.setNoDelay(true)
    await opened(socket, 'connect')
    if (!isPlain) socket = await secured(socket, first, route)
    if (isTunnel) {
      await openTunnel(socket, target, proxy)
      socket = await secured(socket, target, route)
    }
    connection = new Connection(socket, route.onFree, route.onGone)
    if (!isPlain || isTunnel) {
      const receiver = connection
      socket.on('data', (bytes: Buffer) => receiver.receive(bytes, bytes.length))
    }
    return connection
  } catch (error) {
    socket?.destroy()
    signal?.throwIfAborted()
    throw fetchFailed(error)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
  }
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}

function opened(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, resolve)
    socket.on('error', reject)
    socket.on('close', () => reject(closed()))
  })
}

async function secured(socket: Socket, url: URL, { ca }: Route): Promise<Socket> {
  const host = hostOf(url)
  const secure = connectSecurely({
    socket,
    host,
    servername: isIP(host) ? '' : host,
    ALPNProtocols: ['http/1.1'],
    ...(ca && { ca: [ca].flat() }),
  })
  await opened(secure, 'secureConnect')
  return secure
}

/** Asks a proxy for a connection through it. */
async function openTunnel(socket: Socket, target: URL, proxy: URL): Promise<void> {
  const authority = `${target.hostname}:${portOf(target)}`
  const authorization = proxyAuthorization(proxy)
  socket.write(
    `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${
      authorization ? `Proxy-Authorization: ${authorization}\r\n` : ''
    }\r\n`,
    'latin1',
  )
  let head = ''
  await new Promise<void>((resolve, reject) => {
    const onData = (bytes: Buffer): void => {
      head += bytes.toString('latin1')
      if (!head.includes('\r\n\r\n') && head.length < maxProxyAnswerLength) return
      socket.off('data', onData)
      socket.pause()
      resolve()
    }
    socket.on('data', onData)
    socket.on('error', reject)
    socket.on('close', () => reject(closed()))
  })
  // Servers say nothing before the client does: whatever follows the head is not theirs.
  if (/^HTTP\/1\.[01] 2\d\d[^]*\r\n\r\n$/.test(head)) return
  const [line] = head.split('\r\n', 1)
  throw failure(
    `The proxy ${proxy.host} opened no tunnel to ${authority}: ${line!.slice(0, 100)}`,
    'ERR_PROXY_TUNNEL',
  )
}

function closed(): Error {
  return failure('The connection was closed while it was opened.', 'ECONNRESET')
}
