import fc from 'fast-check'
import { expect, test } from 'vitest'

import { seed } from '../support/seed.ts'
import { json, observed } from '../support/observed.ts'

/** Any text that JavaScript can hold, halves of characters too, and much that looks like an escape. */
const text = fc.string({
  unit: fc.oneof(
    fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
    fc.constantFrom('\\', 'u', 'd', 'ud800', '\ud83d', '\ude00', '"', '🎉'),
  ),
  maxLength: 12,
})

const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    text,
    fc.double(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.constant(undefined),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(text, tie('value'), { maxKeys: 3 }),
  ),
}))

/** A record's body: keys of the fields' kind. */
const body = fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), value, { maxKeys: 5 })

/** What a server should store of a value: what JSON says, with every half of a character replaced. */
function stored(given: unknown): unknown {
  const plain = JSON.stringify(given)
  return wellFormed(JSON.parse(plain))
}

function wellFormed(given: unknown): unknown {
  if (typeof given === 'string') return halves(given)
  if (Array.isArray(given)) return given.map(wellFormed)
  if (typeof given !== 'object' || given === null) return given
  return Object.fromEntries(
    Object.entries(given).map(([key, item]) => [halves(key), wellFormed(item)]),
  )
}

/** `toWellFormed`, written down: it is newer than the oldest Node that runs the client. */
function halves(given: string): string {
  return Array.from(given, (char) => (/^\p{Surrogate}$/u.test(char) ? '\ufffd' : char)).join('')
}

async function sentBody(given: object): Promise<unknown> {
  const { client, requests } = observed(() => json({ id: 'a' }))
  await client.collection('posts').create(given)
  return requests[0]?.init.body
}

test('JSON bodies arrive as they are, but for halves of characters', async () => {
  await fc.assert(
    fc.asyncProperty(body, async (given) => {
      const sent = (await sentBody(given)) as string
      expect(JSON.parse(sent)).toEqual(stored(given))
      // What servers since 0.40 refuse.
      expect(new TextDecoder('utf-8', { fatal: true }).decode(new TextEncoder().encode(sent))).toBe(
        sent,
      )
      expect(sent.replaceAll('\\\\', '')).not.toMatch(/\\ud[89a-f]/i)
    }),
    { seed, numRuns: 1000 },
  )
})

test('values beside a file arrive as they do without one', async () => {
  const blob = new Blob(['x'])
  await fc.assert(
    fc.asyncProperty(body, async (given) => {
      const form = (await sentBody({ ...given, theFile: blob })) as FormData
      expect(form).toBeInstanceOf(FormData)
      expect([...form.keys()]).toEqual(['@jsonPayload', 'theFile'])
      expect(JSON.parse(form.get('@jsonPayload') as string)).toEqual(stored(given))
    }),
    { seed, numRuns: 1000 },
  )
})

test('files and names in any order: names stay in their order, files in theirs', async () => {
  const item = fc.oneof(
    fc.stringMatching(/^[a-z]{1,5}\.txt$/),
    fc.nat().map((n) => new File(['x'], `new${n}.txt`)),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(item, { minLength: 1, maxLength: 6 }), async (docs) => {
      const names = docs.filter((doc) => typeof doc === 'string')
      const files = docs.filter((doc) => doc instanceof File).map(({ name }) => name)
      const sent = await sentBody({ docs })
      if (files.length === 0) {
        expect(sent).toBe(JSON.stringify({ docs }))
        return
      }
      const form = sent as FormData
      const key = names.length > 0 ? 'docs+' : 'docs'
      const sentFiles = form.getAll(key) as File[]
      expect(sentFiles.map(({ name }) => name)).toEqual(files)
      const payload = JSON.parse(form.get('@jsonPayload') as string) as unknown
      expect(payload).toEqual(names.length > 0 ? { docs: names } : {})
    }),
    { seed, numRuns: 300 },
  )
})
