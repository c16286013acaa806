import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/** What happens to one request on its way, and to its answer. */
export interface Disruption {
  /** False: the connection is reset before the server has seen anything of the request. Default true. */
  arrives?: boolean
  /** How the answer ends, after the part of it that passes. Default: it passes whole. */
  answer?: Ending
  /** What passes of the answer before that: so many bytes, or its headers and the first byte of its body. Default 0. */
  after?: number | 'headers'
}

/**
 * `cut` closes the connection as if the answer were complete, `reset` resets it, `stall` says nothing more, `slow` goes on with a
 * few bytes at a time.
 */
type Ending = 'cut' | 'reset' | 'stall' | 'slow'

/** A TCP proxy before a server. It reads no HTTP but the start of each request. */
export interface Proxy extends AsyncDisposable {
  readonly url: string
  /** First lines of the requests so far, also of those that never reached the server. */
  readonly requests: readonly string[]
  /** Disrupts the next requests, one by one in this order; `undefined` lets one pass. */
  plan(...disruptions: (Disruption | undefined)[]): void
  /** Asks for every request without a plan what becomes of it. */
  choose(chooser: ((request: string) => Disruption | undefined) | undefined): void
  /** Connections of this moment stay open and bring nothing any more; new ones work. */
  freeze(): void
}

/** Starts a proxy before a server on this computer. */
export async function proxyTo(target: string): Promise<Proxy> {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  const requests: string[] = []
  const freezers = new Set<() => void>()
  let planned: (Disruption | undefined)[] = []
  let chooser: ((request: string) => Disruption | undefined) | undefined

  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    let disruption: Disruption | undefined
    let passed = 0
    let isFrozen = false
    freezers.add(() => {
      isFrozen = true
    })

    client.on('data', (data: Buffer) => {
      if (isFrozen) return
      const line = /^[A-Z]+ \S+(?= HTTP\/1\.1\r\n)/.exec(data.toString('latin1'))?.[0]
      if (line) {
        requests.push(line)
        disruption = planned.length > 0 ? planned.shift() : chooser?.(line)
        passed = 0
      }
      if (disruption?.arrives === false) client.resetAndDestroy()
      else upstream.write(data)
    })
    upstream.on('data', (data: Buffer) => {
      if (isFrozen) return
      if (!disruption?.answer) {
        client.write(data)
        return
      }
      const left = Math.max(0, passing(disruption, data) - passed)
      passed += data.length
      client.write(data.subarray(0, left))
      if (data.length <= left) return
      if (disruption.answer === 'cut') client.end()
      if (disruption.answer === 'reset') client.resetAndDestroy()
      if (disruption.answer === 'slow') drip(client, data.subarray(left))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    plan(...disruptions) {
      planned = disruptions
    },
    freeze() {
      for (const freeze of freezers) freeze()
    },
    choose(next) {
      chooser = next
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** How many bytes of an answer pass. Servers write its headers at once. */
function passing({ after = 0 }: Disruption, data: Buffer): number {
  return after === 'headers' ? data.indexOf('\r\n\r\n') + 5 : after
}

/** Eight bytes at a time. */
function drip(socket: Socket, data: Buffer): void {
  if (socket.destroyed || data.length === 0) return
  socket.write(data.subarray(0, 8))
  setTimeout(() => drip(socket, data.subarray(8)), 1)
}
