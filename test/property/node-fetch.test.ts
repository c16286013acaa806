import { createHash } from 'node:crypto'
import { gzipSync, deflateSync, deflateRawSync, brotliCompressSync } from 'node:zlib'

import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { nodeFetch } from '../../src/node/index.ts'
import { AnswerReader } from '../../src/node/http/answer-reader.ts'
import { echo, serve } from '../support/local-server.ts'
import type { LocalServer } from '../support/local-server.ts'
import { seed } from '../support/seed.ts'

const own = nodeFetch()

/** A request that can be made twice: streams are made anew. */
interface Generated {
  method: string
  path: string
  headers: [string, string][]
  body: () => RequestInit['body']
}

const token = fc.stringMatching(/^x-[a-z0-9-]{1,8}$/)
const headerValue = fc.stringMatching(/^[\x20-\x7e\xa0-\xff]{0,20}$/)
const text = fc.string({ unit: 'grapheme', maxLength: 60 })
// Node's fetch makes a text of a file without a name.
const fileName = text.filter((value) => value !== '')
const bytes = fc.uint8Array({ maxLength: 5_000 })

const bodies: { [kind: string]: fc.Arbitrary<Generated['body']> } = {
  text: text.map((value) => () => value),
  bytes: bytes.map((value) => () => value),
  view: bytes.map((value) => () => new DataView(value.buffer, value.byteOffset, value.length)),
  buffer: bytes.map((value) => () => value.slice().buffer),
  blob: fc.tuple(bytes, fc.constantFrom('', 'text/plain', 'image/png')).map(
    ([value, type]) =>
      () =>
        new Blob([value], { type }),
  ),
  parameters: fc
    .array(fc.tuple(text, text))
    .map((pairs) => () => new URLSearchParams(pairs.map(([name, value]) => [name, value]))),
  stream: fc
    .array(
      bytes.filter((chunk) => chunk.length > 0),
      { minLength: 1 },
    )
    .map(
      (chunks) => () =>
        new ReadableStream({
          start(controller) {
            for (const chunk of chunks) controller.enqueue(chunk)
            controller.close()
          },
        }),
    ),
  form: fc
    .array(fc.tuple(text, fc.oneof(text, fc.tuple(bytes, fileName, fc.constantFrom('', 'a/b')))))
    .map((entries) => () => {
      const form = new FormData()
      for (const [name, value] of entries) {
        if (typeof value === 'string') form.append(name, value)
        else {
          const [content, title, type] = value
          form.append(name, new File([content], title, { type }), title)
        }
      }
      return form
    }),
}

const requests: fc.Arbitrary<Generated> = fc.oneof(
  fc.record({
    method: fc.constantFrom('POST', 'put', 'PATCH', 'delete', 'PROPFIND'),
    path: fc.webPath(),
    headers: fc.array(fc.tuple(token, headerValue), { maxLength: 4 }),
    body: fc.oneof(
      ...Object.values(bodies),
      fc.constant(() => null),
    ),
  }),
  fc.record({
    method: fc.constantFrom('GET', 'get', 'HEAD', 'OPTIONS'),
    path: fc.webPath(),
    headers: fc.array(fc.tuple(token, headerValue), { maxLength: 4 }),
    body: fc.constant(() => null),
  }),
)

let server: LocalServer

beforeAll(async () => {
  server = await serve((request, response) => {
    void echo(request).then((answer) => {
      response.setHeader('x-echo', Buffer.from(answer).toString('base64url'))
      response.setHeader('content-type', 'application/json')
      response.end(answer)
    })
  })
})

afterAll(async () => {
  own.close()
  await server[Symbol.asyncDispose]()
})

/** What the server saw, without what one of the two says of itself. */
async function seen(
  send: typeof fetch,
  { method, path, headers, body }: Generated,
): Promise<unknown> {
  const init = { method, headers, body: body(), duplex: 'half' } as RequestInit
  const response = await send(server.url + path, init)
  const answer = JSON.parse(
    Buffer.from(response.headers.get('x-echo')!, 'base64url').toString(),
  ) as { headers: { [name: string]: string } }
  // Node's fetch closes the connection after HEAD.
  const { accept, host, connection: _connection, ...others } = answer.headers
  expect(accept).toBe('*/*')
  expect(server.url).toContain(host)
  for (const name of ['accept-language', 'accept-encoding', 'sec-fetch-mode', 'user-agent']) {
    delete others[name]
  }
  // Both say or leave out that there is nothing, by methods of their own choice.
  if (others['content-length'] === '0') delete others['content-length']
  const { status, statusText, ok, url, redirected, type } = response
  const isNull = response.body === null
  const { length } = await response.text()
  const { bodyUsed } = response
  return {
    ...answer,
    headers: others,
    status,
    statusText,
    ok,
    url,
    redirected,
    type,
    isNull,
    length: length > 0,
    bodyUsed,
  }
}

test('a request arrives as the global fetch sends it, whatever its method, headers and body', async () => {
  await fc.assert(
    fc.asyncProperty(requests, async (request) => {
      expect(await seen(own as typeof fetch, request)).toEqual(await seen(fetch, request))
    }),
    { seed, numRuns: 400 },
  )
})

test('an answer is the one that the global fetch reads, whatever its encoding, framing and pieces', async () => {
  const encoders: { [encoding: string]: (content: Uint8Array) => Uint8Array } = {
    gzip: (content) => gzipSync(content),
    'x-gzip': (content) => gzipSync(content),
    deflate: (content) => deflateSync(content),
    DEFLATE: (content) => deflateRawSync(content),
    br: (content) => brotliCompressSync(content),
    'gzip, br': (content) => brotliCompressSync(gzipSync(content)),
    unknown: (content) => content,
    '': (content) => content,
  }
  const answers = fc.record({
    status: fc.constantFrom(200, 201, 203, 204, 206, 304, 400, 404, 418, 500, 503),
    encoding: fc.constantFrom(...Object.keys(encoders)),
    content: fc.uint8Array({ maxLength: 20_000 }),
    framing: fc.constantFrom('length', 'chunked', 'close'),
    cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
  })
  await fc.assert(
    fc.asyncProperty(answers, async ({ status, encoding, content, framing, cuts }) => {
      const body = encoders[encoding]!(content)
      await using other = await serve((_request, response) => {
        const headers: { [name: string]: string } = { date: 'now' }
        if (encoding) headers['content-encoding'] = encoding
        if (framing === 'length') headers['content-length'] = `${body.length}`
        if (framing === 'close') {
          headers['connection'] = 'close'
          response.useChunkedEncodingByDefault = false
        }
        response.writeHead(status, headers)
        let at = 0
        for (const end of [...cuts.map((cut) => Math.floor(cut * body.length)), body.length].sort(
          (a, b) => a - b,
        )) {
          response.write(body.subarray(at, end))
          at = end
        }
        response.end()
      })
      const read = async (send: typeof fetch): Promise<unknown> => {
        const response = await send(other.url)
        const data = Buffer.from(await response.arrayBuffer())
        return {
          status: response.status,
          statusText: response.statusText,
          headers: Object.fromEntries(response.headers),
          isNull: response.body === null,
          hash: createHash('sha256').update(data).digest('hex'),
        }
      }
      expect(await read(own as typeof fetch)).toEqual(await read(fetch))
    }),
    { seed, numRuns: 150 },
  )
})

test('an answer is read alike, however it is cut', () => {
  const chunk = fc.tuple(
    fc.uint8Array({ minLength: 1, maxLength: 40 }),
    fc.constantFrom('', ';a=b', ' ; c'),
  )
  const wire = fc.array(chunk).map((chunks) => {
    const head =
      'HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n'
    const parts: Uint8Array[] = [Buffer.from(head)]
    for (const [content, extension] of chunks) {
      parts.push(
        Buffer.from(`${content.length.toString(16)}${extension}\r\n`),
        content,
        Buffer.from('\r\n'),
      )
    }
    parts.push(Buffer.from('0\r\nTrailer: c\r\n\r\n'))
    return { whole: Buffer.concat(parts), body: Buffer.concat(chunks.map(([content]) => content)) }
  })
  fc.assert(
    fc.property(wire, fc.array(fc.nat(200)), ({ whole, body }, sizes) => {
      const pieces: Uint8Array[] = []
      const events: unknown[] = []
      const reader = new AnswerReader(
        {
          onHead: ({ status, headers }) => events.push(status, ...headers),
          onBytes: (piece) => pieces.push(piece),
          onEnd: (isLast) => events.push(isLast),
        },
        'GET',
      )
      // The same buffer every time, as connections have it.
      const buffer = Buffer.alloc(whole.length)
      let at = 0
      for (const size of [...sizes, whole.length]) {
        const length = Math.min(size, whole.length - at)
        if (length === 0) continue
        whole.copy(buffer, 0, at, at + length)
        reader.push(buffer, length)
        at += length
      }
      expect(events).toEqual([200, 'a', 'b', 'transfer-encoding', 'chunked', true])
      expect(Buffer.concat(pieces)).toEqual(body)
    }),
    { seed },
  )
})
