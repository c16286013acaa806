import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/** A TCP connection between clients and a server that can be disturbed. */
export interface Link extends AsyncDisposable {
  readonly url: string
  /** How many connections are open. */
  readonly connections: number
  /** Resets every connection. */
  cut(): void
  /** Nothing passes, in either direction, until `heal`; then what was held back does. */
  stall(): void
  /** Connections of this moment never bring anything any more; new ones do. */
  halfOpen(): void
  /** A few bytes at a time come from the server, until `heal`. */
  slow(): void
  heal(): void
}

const slowBytes = 2_000
const slowEveryMs = 20

/** Puts a link before a server on this computer. */
export async function linkTo(target: string): Promise<Link> {
  const { hostname, port } = new URL(target)
  const pairs = new Set<{ client: Socket; upstream: Socket; isDead: boolean }>()
  let mode: 'open' | 'stalled' | 'slow' = 'open'

  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname)
    const pair = { client, upstream, isDead: false }
    pairs.add(pair)
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.on('error', () => {})
      from.on('data', (data) => {
        if (pair.isDead) return
        if (mode === 'slow' && from === upstream && data.length > slowBytes) {
          from.pause()
          drip(to, data, () => from.resume())
        } else if (!to.write(data)) {
          from.pause()
          to.once('drain', () => mode !== 'stalled' && from.resume())
        }
      })
      from.on('close', () => {
        pairs.delete(pair)
        if (!pair.isDead) to.destroy()
      })
      if (mode === 'stalled') from.pause()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get connections() {
      return pairs.size
    },
    cut() {
      for (const { client, upstream } of pairs) {
        client.resetAndDestroy()
        upstream.destroy()
      }
    },
    stall() {
      mode = 'stalled'
      for (const { client, upstream } of pairs)
        for (const socket of [client, upstream]) socket.pause()
    },
    halfOpen() {
      for (const pair of pairs) pair.isDead = true
    },
    slow() {
      mode = 'slow'
    },
    heal() {
      mode = 'open'
      for (const { client, upstream } of pairs)
        for (const socket of [client, upstream]) socket.resume()
    },
    async [Symbol.asyncDispose]() {
      for (const { client, upstream } of pairs)
        for (const socket of [client, upstream]) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }

  function drip(to: Socket, data: Buffer, done: () => void): void {
    if (to.destroyed || data.length === 0) {
      done()
      return
    }
    const size = mode === 'slow' ? slowBytes : data.length
    to.write(data.subarray(0, size))
    setTimeout(() => drip(to, data.subarray(size), done), slowEveryMs)
  }
}
