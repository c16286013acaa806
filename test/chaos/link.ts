import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/** A TCP connection between clients and a server that can be disturbed. */
export interface Link extends AsyncDisposable {
  readonly url: string
  /** How many connections are open. */
  readonly connections: number
  /** How many of them carry a stream of events. */
  readonly streams: number
  /** Resets every connection. */
  cut(): void
  /** Nothing passes, in either direction, until `heal`; then what was held back does. */
  stall(): void
  /** Connections of this moment never bring anything any more; new ones do. */
  halfOpen(): void
  /** The server is read from more slowly than it writes, until `heal`. */
  slow(): void
  heal(): void
}

/** 50 kB a second: a third of what the streams of a run bring. */
const slowBytes = 1_000
const slowEveryMs = 20

interface Pair {
  readonly client: Socket
  readonly upstream: Socket
  isDead: boolean
  isStream: boolean
  /** Bytes wait to be handed on, and none may pass them. */
  isDripping: boolean
}

const streamStart = 'GET /api/realtime '

/** Puts a link before a server on this computer. */
export async function linkTo(target: string): Promise<Link> {
  const { hostname, port } = new URL(target)
  const pairs = new Set<Pair>()
  let mode: 'open' | 'stalled' | 'slow' = 'open'

  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname)
    const pair: Pair = { client, upstream, isDead: false, isStream: false, isDripping: false }
    pairs.add(pair)
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.on('error', () => {})
      from.on('data', (data) => {
        if (pair.isDead) return
        if (from === client) pair.isStream = data.toString('latin1').startsWith(streamStart)
        if (mode === 'slow' && from === upstream) drip(pair, data)
        else if (!to.write(data)) {
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
    get streams() {
      return [...pairs].filter(({ isStream }) => isStream).length
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
      for (const { client, upstream, isDripping } of pairs) {
        client.resume()
        if (!isDripping) upstream.resume()
      }
    },
    async [Symbol.asyncDispose]() {
      for (const { client, upstream } of pairs)
        for (const socket of [client, upstream]) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }

  function drip(pair: Pair, data: Buffer): void {
    const { client, upstream } = pair
    pair.isDripping = data.length > 0 && !client.destroyed
    if (!pair.isDripping) {
      upstream.resume()
      return
    }
    upstream.pause()
    const size = mode === 'slow' ? slowBytes : data.length
    client.write(data.subarray(0, size))
    setTimeout(() => drip(pair, data.subarray(size)), slowEveryMs)
  }
}
