import fc from 'fast-check'
import { expect, test } from 'vitest'

import { bar, stretch } from '../../src/cli/bar.ts'
import { readStamp, stamped } from '../../src/cli/pack/stamp.ts'
import { bars, table } from '../../src/cli/table.ts'
import { Terminal } from '../../src/cli/terminal.ts'
import { duration, fit, harmless, harmlessJSON, width } from '../../src/cli/text.ts'
import { treeOf } from '../../src/cli/tree.ts'
import type { TraceSpan } from '../../src/index.ts'
import { seed } from '../support/seed.ts'

/** Characters that terminals act on, or that turn the direction of writing around. */
// oxlint-disable-next-line no-control-regex -- they are what it is about
const active = /[\0-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/

const anyText = fc.string({ unit: 'binary' })

test('no text does anything to a terminal', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(harmless(text)).not.toMatch(active)
    }),
    { seed, numRuns: 2000 },
  )
  expect(harmless('a\u001B[2Jb\u009Bc\u202Ed')).toBe('a␛[2Jb�c�d')
  expect(harmless('Ünïcödé 你好 🎉')).toBe('Ünïcödé 你好 🎉')
})

test('JSON does nothing to a terminal, and says the same', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const json = harmlessJSON({ [text]: text })
      expect(json).not.toMatch(active)
      expect(JSON.parse(json)).toEqual({ [text]: text })
    }),
    { seed, numRuns: 2000 },
  )
})

test('a text is made to fit exactly, wide characters too', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', '你', '🎉', 'é', '-', '␛', '�') }),
      fc.nat(20),
      (text, columns) => {
        expect(width(fit(text, columns))).toBe(columns)
        expect(width(fit(text, columns, 'right'))).toBe(columns)
      },
    ),
    { seed, numRuns: 2000 },
  )
  expect(fit('/docs/getting-started', 10)).toBe('/docs/get…')
  expect(fit('你好世界', 6)).toBe('你好… ')
  expect(fit('42', 5, 'right')).toBe('   42')
})

test('no line of a table is wider than the terminal, whatever is in it', () => {
  const rows = fc.array(
    fc.record({
      name: fc.string({ unit: fc.constantFrom('a', '你', '/', '\u001B'), maxLength: 80 }),
      count: fc.nat(),
    }),
    { minLength: 1 },
  )
  fc.assert(
    fc.property(rows, fc.integer({ min: 10, max: 250 }), (data, columns) => {
      const text = table(data, {
        columns: [
          { key: 'name', value: ({ name }) => name, isFlexible: true },
          { key: 'count', value: ({ count }) => count },
          { key: 'again', value: ({ count }) => count },
          bars(data, ({ count }) => count),
        ],
        empty: '',
      }).aligned(terminalOf(columns))
      expect(Math.max(...text.split('\n').map(width))).toBeLessThanOrEqual(columns)
    }),
    { seed },
  )
})

test('bars are as long as their share, in eighths, and never invisible', () => {
  expect(bar(1, 4)).toBe('████')
  expect(bar(0.5, 4)).toBe('██  ')
  expect(bar(0.125, 1)).toBe('▏')
  expect(bar(0.0001, 4)).toBe('▏   ')
  expect(bar(0, 4)).toBe('    ')
  expect(stretch(0.5, 1, 4)).toBe('  ━━')
  expect(stretch(1, 1, 4)).toBe('   ━')
})

test.each([
  [0.012, '12 µs'],
  [12.345, '12.3 ms'],
  [999.9, '1 s'],
  [1250, '1.25 s'],
  [59_949, '59.9 s'],
  [59_950, '1 min 0 s'],
  [200_400, '3 min 20 s'],
  [7_500_000, '2 h 5 min'],
])('%d ms are read as %s', (ms, text) => {
  expect(duration(ms)).toBe(text)
})

test('a trace is a tree in which every span is once, even where parents go in circles', () => {
  const ids = ['a', 'b', 'c', 'd']
  fc.assert(
    fc.property(
      fc.array(
        fc.record({ spanId: fc.constantFrom(...ids), parentId: fc.constantFrom('', ...ids) }),
      ),
      (spans) => {
        const placed = treeOf(spans as TraceSpan[])
        expect(new Set(placed.map(({ span }) => span))).toEqual(new Set(spans))
        expect(placed).toHaveLength(spans.length)
      },
    ),
    { seed },
  )
  const chain = [
    { spanId: 'child', parentId: 'root' },
    { spanId: 'other', parentId: 'elsewhere' },
    { spanId: 'root' },
    { spanId: 'grandchild', parentId: 'child' },
  ] as TraceSpan[]
  expect(treeOf(chain).map(({ span, depth }) => [span.spanId, depth])).toEqual([
    ['other', 0],
    ['root', 0],
    ['child', 1],
    ['grandchild', 2],
  ])
})

test('a script of the pack is known by its first line, until somebody changes it', () => {
  const script = stamped('one()\ntwo()\n', '1.2.3')
  expect(readStamp(script)).toEqual({ version: '1.2.3', isIntact: true })
  expect(readStamp(script.replaceAll('\n', '\r\n'))).toEqual({ version: '1.2.3', isIntact: true })
  expect(readStamp(`${script}three()`)).toEqual({ version: '1.2.3', isIntact: false })
  expect(readStamp('one()')).toBeUndefined()
})

function terminalOf(columns: number): Terminal {
  const stream = { columns, isTTY: true, on: () => stream, hasColors: () => false }
  return new Terminal({ stdin: stream, stdout: stream, stderr: stream, env: {} } as never)
}
