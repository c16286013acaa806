import fc from 'fast-check'
import { expect, test } from 'vitest'

import { createFile } from '../../src/index.ts'
import type { Progress } from '../../src/index.ts'
import { json, observed } from '../support/observed.ts'
import { seed } from '../support/seed.ts'

/** Text with all that form data has rules for. */
const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom('"', '\r', '\n', '\r\n', '%22', '--', ';', '\\', 'ü', '🎉', '='),
    fc.string({ minLength: 1, maxLength: 1 }),
  ),
  maxLength: 12,
})

const bytes = fc.uint8Array({ maxLength: 40 })

/** A value of a form: a text, or a file in pieces. */
const value = fc.oneof(
  text,
  fc.record({
    name: text.filter((name) => name !== ''),
    type: fc.constantFrom('', 'text/plain', 'image/x-own'),
    pieces: fc.array(bytes, { maxLength: 4 }),
    isSized: fc.boolean(),
  }),
)

type Value = typeof value extends fc.Arbitrary<infer T> ? T : never

/** What a parser of the standard's reads from what was sent; here undici's, as Node has it. */
async function read(
  entries: readonly (readonly [string, Value])[],
): Promise<{ form: FormData; length: number; announced: string | undefined; seen: Progress[] }> {
  const seen: Progress[] = []
  let form: FormData | undefined
  let length = 0
  const { client, requests } = observed(async ({ init }) => {
    const whole = await new Response(init.body ?? null).arrayBuffer()
    length = whole.byteLength
    const headers = { 'Content-Type': init.headers['Content-Type']! }
    form = await new Response(whole, { headers }).formData()
    return json({})
  })
  await client.send('/api/x', {
    method: 'POST',
    body: foreignForm(entries),
    onUploadProgress: (at) => void seen.push(at),
  })
  return { form: form!, length, announced: requests[0]!.init.headers['Content-Length'], seen }
}

/** Form data of another package, whose files are streams. */
function foreignForm(entries: readonly (readonly [string, Value])[]): object {
  const parts = entries.map(([key, item]) => {
    if (typeof item === 'string') return [key, item]
    const { name, type, pieces, isSized } = item
    const size = isSized ? pieces.reduce((sum, piece) => sum + piece.length, 0) : undefined
    const stream = async function* stream(): AsyncGenerator<Uint8Array> {
      yield* pieces
    }
    return [key, { name, type, size, stream }]
  })
  return { [Symbol.iterator]: () => parts.values(), [Symbol.toStringTag]: 'FormData' }
}

/** As the standard has it. */
function lines(given: string): string {
  return given.replaceAll(/\r\n?|\n/g, '\r\n')
}

function escaped(given: string): string {
  return given.replaceAll(/["\r\n]/g, encodeURIComponent)
}

test('streamed forms are read back as they are, with the length they say', async () => {
  const key = fc.stringMatching(/^[a-z+@]{1,6}$/)
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(key, value), { maxLength: 5 }), async (entries) => {
      const { form, length, announced, seen } = await read(entries)
      const isSized = entries.every(([, item]) => typeof item === 'string' || item.isSized)
      expect(announced).toBe(isSized ? String(length) : undefined)
      expect(seen.at(-1)).toEqual({ loaded: length, total: length })
      const got = [...form]
      expect(got.map(([name]) => name)).toEqual(entries.map(([name]) => name))
      for (const [index, [, item]] of entries.entries()) {
        const part = got[index]![1]
        if (typeof item === 'string') expect(part).toBe(lines(item))
        else {
          const file = part as File
          // Readers may or may not decode names.
          expect(escaped(file.name)).toBe(escaped(item.name))
          expect(file.type).toBe(item.type || 'application/octet-stream')
          const content = Buffer.concat(item.pieces)
          expect(Buffer.from(await file.arrayBuffer()).equals(content)).toBe(true)
        }
      }
    }),
    { seed, numRuns: 500 },
  )
})

test('a streamed form is the one that fetch makes of the same files, but for its boundary', async () => {
  const file = fc.record({ name: text, content: bytes, type: fc.constantFrom('', 'text/plain') })
  await fc.assert(
    fc.asyncProperty(fc.array(file, { minLength: 1, maxLength: 4 }), text, async (files, title) => {
      const sent: string[] = []
      const { client } = observed(async ({ init }) => {
        const response = new Response(init.body ?? null)
        const type = response.headers.get('content-type') ?? init.headers['Content-Type']!
        const boundary = type.split('boundary=')[1]!
        sent.push(
          Buffer.from(await response.arrayBuffer())
            .toString('latin1')
            .replaceAll(boundary, 'B'),
        )
        return json({ id: 'a' })
      })
      const docs = files.map(({ name, content, type }) =>
        createFile(name, content as BlobPart, type),
      )
      await client.collection('posts').create({ title, docs })
      await client.collection('posts').create({ title, docs }, { onUploadProgress: () => {} })
      // Node ends a form with a line feed more.
      expect(sent[1]!.trimEnd()).toBe(sent[0]!.trimEnd())
    }),
    { seed, numRuns: 300 },
  )
})
