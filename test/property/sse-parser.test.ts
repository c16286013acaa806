import { createParser } from 'eventsource-parser'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { createSSEParser } from '../../src/realtime/sse-parser.ts'
import type { SSEMessage } from '../../src/realtime/sse-parser.ts'
import { seed } from '../support/seed.ts'

/** What another parser reads, with the same names for what is missing. */
function judge(text: string): SSEMessage[] {
  const messages: SSEMessage[] = []
  const parser = createParser({
    onEvent: ({ event = '', data }) => messages.push({ event, data }),
  })
  // It waits for the character after a final CR; this one says that there is none.
  parser.feed(text.endsWith('\r') ? `${text}:` : text)
  return messages
}

function ours(...chunks: string[]): SSEMessage[] {
  const messages: SSEMessage[] = []
  const feed = createSSEParser((message) => messages.push(message))
  for (const chunk of chunks) feed(chunk)
  return messages
}

const end = fc.constantFrom('\n', '\n', '\n', '\r\n', '\r')
const value = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('{"record":{"id":"a"},"action":"create"}', '', ' ', '  x', ':', 'ü€🙂'),
)
const line = fc.oneof(
  fc
    .tuple(fc.constantFrom('id:', 'event:', 'data:', 'data: ', 'event: '), value)
    .map((parts) => parts.join('')),
  fc.constantFrom(
    '',
    '',
    '',
    'data',
    'id',
    'event',
    ':comment',
    'retry:5',
    'nonsense',
    'nonsense:x',
    ' data:x',
  ),
)
const stream = fc
  .array(fc.tuple(line, end), { maxLength: 20 })
  .map((lines) => lines.flat().join(''))

test('any text gives the events that another parser reads, in one piece and cut anywhere', () => {
  fc.assert(
    fc.property(stream, fc.array(fc.nat(200), { maxLength: 10 }), (text, cuts) => {
      const expected = judge(text)
      expect(ours(text)).toEqual(expected)
      const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b)
      expect(ours(...[0, ...places].map((from, i) => text.slice(from, places[i])))).toEqual(
        expected,
      )
      expect(ours(...text.split(''))).toEqual(expected)
    }),
    { seed, numRuns: 1000 },
  )
})

test('a stream of the server gives the same events, cut at every byte', () => {
  const text =
    'id:k\nevent:PB_CONNECT\ndata:{"clientId":"k"}\n\n' +
    'id:k\nevent:posts/*?options=%7B%7D\ndata:{"record":{"title":"ü€🙂"},"action":"create"}\n\n'
  const bytes = new TextEncoder().encode(text)
  const expected = judge(text)
  expect(expected).toHaveLength(2)
  for (let cut = 0; cut <= bytes.length; cut++) {
    const decoder = new TextDecoder()
    const parts = [bytes.slice(0, cut), bytes.slice(cut)]
    expect(ours(...parts.map((part) => decoder.decode(part, { stream: true })))).toEqual(expected)
  }
})

test.each([
  ['line', 'x'],
  ['message', `data:${'x'.repeat(1018)}\n`],
])('a %s without end is refused before it fills the memory', (_, unit) => {
  const feed = createSSEParser(() => {})
  const chunk = unit.repeat(2 ** 20 / unit.length)
  expect(() => {
    for (let i = 0; i < 100; i++) feed(chunk)
  }).toThrow(RangeError)
})
