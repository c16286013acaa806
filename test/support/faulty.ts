import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { gzipSync } from 'node:zlib'

/** What a faulty server does with a connection, once the head of a request has come in. */
export type Fault = (socket: Socket, head: string) => void

/** A server with one fault. */
export interface FaultyServer extends AsyncDisposable {
  readonly url: string
  /** Heads of the requests that came in. */
  readonly requests: readonly string[]
}

/** Listens on a free port of 127.0.0.1 and treats every request in the same way. */
export async function serveFault(fault: Fault): Promise<FaultyServer> {
  const sockets = new Set<Socket>()
  const requests: string[] = []
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    // The other side gives up: that is what these servers are for.
    socket.on('error', () => {})
    let head = ''
    const onData = (data: Buffer): void => {
      head += data.toString('latin1')
      if (!head.includes('\r\n\r\n')) return
      socket.off('data', onData)
      requests.push(head)
      fault(socket, head)
    }
    socket.on('data', onData)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** A port of 127.0.0.1 that nobody listens on. */
export async function refusingUrl(): Promise<string> {
  const server = await serveFault(() => {})
  await server[Symbol.asyncDispose]()
  return server.url
}

/** Answers with a status, headers and a body, whole, and closes. */
function answers(status: number, headers: { [name: string]: string }, body: Body = ''): Fault {
  return (socket) => {
    socket.resume()
    socket.write(headOf(status, { 'content-length': `${Buffer.byteLength(body)}`, ...headers }))
    socket.end(body)
  }
}

/** Answers with JSON. */
function answersJSON(
  status: number,
  data: unknown,
  headers: { [name: string]: string } = {},
): Fault {
  return answers(status, { 'content-type': 'application/json', ...headers }, JSON.stringify(data))
}

type Body = string | Uint8Array

const ok = { 'content-type': 'application/json' }
const record = '{"id":"abc","title":"a"}'

/** Every fault by its name. */
export const faults: { [name: string]: Fault } = {
  'a page of HTML with 200': answers(200, { 'content-type': 'text/html' }, '<!doctype html><p>Hi'),
  'HTML that is said to be JSON': answers(200, ok, '<!doctype html><p>Hi'),
  'nothing with 200': answers(200, ok),
  'a 204 where a record is due': (socket) => socket.end(headOf(204, {})),
  'JSON cut before its content-length': (socket) => {
    socket.end(headOf(200, { ...ok, 'content-length': '100' }) + record.slice(0, 9))
  },
  'JSON cut between chunks': (socket) => {
    socket.end(
      `${headOf(200, { ...ok, 'transfer-encoding': 'chunked' })}9\r\n${record.slice(0, 9)}\r\n`,
    )
  },
  'JSON cut by closing the connection': (socket) => {
    socket.end(headOf(200, { ...ok, connection: 'close' }) + record.slice(0, 9))
  },
  'a chunk of no size': (socket) => {
    socket.end(
      `${headOf(200, { ...ok, 'transfer-encoding': 'chunked' })}zz\r\n${record}\r\n0\r\n\r\n`,
    )
  },
  'a list without items': answersJSON(200, { page: 1, perPage: 30, totalItems: 0, totalPages: 0 }),
  'a list of the wrong kind': answersJSON(200, { items: { a: 1 } }),
  'a record that is a list': answersJSON(200, [{ id: 'abc' }]),
  'a record without id': answersJSON(200, { title: 'a' }),
  'a page where a record is due': answersJSON(200, { items: [], page: 1, perPage: 30 }),
  'null where a record is due': answersJSON(200, null),
  'a sign-in without token': answersJSON(200, { record: { id: 'abc' } }),
  'another charset': answers(200, { 'content-type': 'application/json; charset=utf-16' }, record),
  'headers that never end': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nx-a: ')
    dripUntilSilent(socket, 3)
  },
  'no answer at all': () => {},
  'a body that falls silent': (socket) => {
    socket.write(headOf(200, { ...ok, 'content-length': '100' }))
    dripUntilSilent(socket, 3)
  },
  'a reset within the body': (socket) => {
    socket.write(headOf(200, { ...ok, 'content-length': '100' }) + record.slice(0, 9), () => {
      socket.resetAndDestroy()
    })
  },
  'a connection closed without an answer': (socket) => socket.end(),
  'a reset without an answer': (socket) => socket.resetAndDestroy(),
  'noise that is no HTTP': (socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n'),
  'a header that is none': (socket) => {
    socket.end(`HTTP/1.1 200 OK\r\nno colon here\r\ncontent-length: 24\r\n\r\n${record}`)
  },
  'two lengths': (socket) => {
    socket.end(`HTTP/1.1 200 OK\r\ncontent-length: 24\r\ncontent-length: 7\r\n\r\n${record}`)
  },
  'a redirect to itself': (socket, head) => {
    const path = head.split(' ')[1]!
    answers(307, { location: path })(socket, head)
  },
  'gzip that is none': answers(200, { ...ok, 'content-encoding': 'gzip' }, record),
  'gzip that is cut': answers(
    200,
    { ...ok, 'content-encoding': 'gzip' },
    gzipSync(record.repeat(100)).subarray(0, 30),
  ),
  '400 with fields': answersJSON(400, {
    status: 400,
    message: 'Failed to create record.',
    data: { title: { code: 'validation_required', message: 'Cannot be blank.' } },
  }),
  '401 with HTML': answers(401, { 'content-type': 'text/html' }, '<h1>Authorization Required</h1>'),
  '404 with nothing': answers(404, {}),
  '413 of a proxy': answers(413, { 'content-type': 'text/html' }, '<h1>Too Large</h1>'),
  '413 that closes while the client sends': (socket) => {
    // Unread bytes make the system reset the connection; some clients see that before the answer.
    socket.pause()
    socket.write(headOf(413, { ...ok, 'content-length': '2', connection: 'close' }))
    socket.end('{}', () => socket.destroy())
  },
  '429 without Retry-After': answersJSON(429, {
    status: 429,
    message: 'Too Many Requests.',
    data: {},
  }),
  '429 with Retry-After': answersJSON(429, {}, { 'retry-after': '7' }),
  '500 with cut JSON': answers(500, ok, '{"message":"Some'),
  '500 whose body is reset': (socket) => {
    socket.write(headOf(500, { ...ok, 'content-length': '100' }) + record.slice(0, 9), () => {
      socket.resetAndDestroy()
    })
  },
  '503 with HTML': answers(503, { 'content-type': 'text/html' }, '<h1>Service Unavailable</h1>'),
  'a body without end': (socket) => {
    socket.write(headOf(200, { ...ok, connection: 'close' }))
    socket.write('{"items":[')
    const row = Buffer.from('{"id":"abcdefghijklmno"},'.repeat(40_000))
    const pump = (): void => {
      while (socket.writable && socket.write(row));
    }
    socket.on('drain', pump)
    pump()
  },
}

function headOf(status: number, headers: { [name: string]: string }): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} Status\r\n${lines.join('')}\r\n`
}

/** A few bytes, one at a time, and then nothing more. */
function dripUntilSilent(socket: Socket, count: number): void {
  if (count === 0 || socket.destroyed) return
  socket.write(' ')
  setTimeout(() => dripUntilSilent(socket, count - 1), 20)
}
