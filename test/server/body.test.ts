import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'

import { createFile, MemoryAuthStore, PocketBase } from '../../src/index.ts'
import { open } from '../support/rules.ts'
import { seed } from '../support/seed.ts'
import { describeServers } from '../support/server.ts'

describeServers('bodies', (pb) => {
  let client: PocketBase

  beforeAll(async () => {
    client = pb.guest()
    await pb.admin.collections.create({
      name: 'values',
      type: 'base',
      ...open,
      fields: [
        { name: 'text', type: 'text' },
        { name: 'n', type: 'number' },
        { name: 'yes', type: 'bool' },
        { name: 'at', type: 'date' },
        { name: 'data', type: 'json' },
        { name: 'place', type: 'geoPoint' },
        { name: 'labels', type: 'select', values: ['a', 'b'], maxSelect: 2 },
        { name: 'file', type: 'file' },
      ].filter(({ type }) => type !== 'geoPoint' || pb.version !== '0.23.12'),
    })
  })

  /** What the server has stored of a body, without a file beside it and with one. */
  async function storedTwice(body: object): Promise<[alone: object, besideFile: object]> {
    const service = client.collection('values')
    const alone = await service.create(body)
    const besideFile = await service.create({ ...body, file: createFile('file.txt', 'x') })
    expect(besideFile['file']).toMatch(/^file_/)
    return [await service.getOne(alone.id), await service.getOne(besideFile.id)]
  }

  const cases: [name: string, body: object, stored?: object][] = [
    ['an empty list', { data: [], labels: [] }],
    ['null in a json field', { data: null }],
    ['null elsewhere', { text: null, n: null, at: null }, { text: '', n: 0, at: '' }],
    ['an empty text', { text: '', data: { a: '' } }],
    ['zero and false', { n: 0, yes: false, data: [0, false] }],
    ['numbers', { n: -1.5e-7, data: [1e21, -0.1, 123_456_789.125] }],
    ['a text that looks like a number', { text: '123', data: { a: '123' } }],
    ['a text that looks like a number with zeros', { text: '0123.0', data: { a: '1.0' } }],
    ['a text that looks like a boolean', { text: 'true', data: { a: 'false' } }],
    ['a text that looks like JSON', { text: '{"a":1}', data: { a: '[1]' } }],
    [
      'a text with everything',
      { text: `"'\\\n\t<&>\u2028 ü 日 🎉 \u0001`, data: { 'k "\\ü': '\u2028' } },
    ],
    ['nested lists and objects', { data: [[], [[]], {}, { a: { b: [{ c: null }] } }] }],
    [
      'dates',
      { at: new Date('2026-01-31T10:00:00.5Z'), data: new Date(0) },
      { at: '2026-01-31 10:00:00.500Z', data: '1970-01-01 00:00:00.000Z' },
    ],
    ['a list of choices', { labels: ['b', 'a'] }],
  ]

  test.each(cases)('hold %s, with a file beside and without', async (_, body, stored = body) => {
    for (const record of await storedTwice(body)) expect(record).toMatchObject(stored)
  })

  test('hold what undefined leaves out: nothing', async () => {
    const service = client.collection('values')
    const { id } = await service.create({ text: 'stays', n: 1 })
    await service.update(id, { text: undefined, n: 2 })
    await service.update(id, { text: undefined, file: createFile('file.txt', 'x') })
    expect(await service.getOne(id)).toMatchObject({ text: 'stays', n: 2 })
  })

  test('with half a character are stored with U+FFFD in its place, by every version', async () => {
    const body = { text: 'a\ud800b', data: { '\udc00': ['\ud83d', '🎉', String.raw`\ud800`] } }
    for (const record of await storedTwice(body)) {
      expect(record).toMatchObject({
        text: 'a\ufffdb',
        data: { '\ufffd': ['\ufffd', '🎉', String.raw`\ud800`] },
      })
    }
  })

  test('of any JSON come back from a json field as they were', async () => {
    const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (n === 0 ? 0 : n))
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.string({ unit: 'binary', maxLength: 8 }),
        number,
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(fc.string({ unit: 'binary', maxLength: 5 }), tie('value'), {
          maxKeys: 4,
          noNullPrototype: true,
        }),
      ),
    }))
    await fc.assert(
      fc.asyncProperty(fc.array(value, { maxLength: 5 }), async (data) => {
        for (const record of await storedTwice({ data }))
          expect(record).toHaveProperty('data', data)
      }),
      { seed, numRuns: 40 },
    )
  })

  describe('of other kinds', () => {
    test('are read by the server: text, URLSearchParams and form data', async () => {
      const form = new FormData()
      form.append('text', 'form')
      form.append('n', '7')
      const bodies = ['{"text":"text"}', new URLSearchParams('text=params&n=7'), form]
      const records = await Promise.all(
        bodies.map(async (body) =>
          client.send<{ text: string }>('/api/collections/values/records', {
            method: 'POST',
            body,
          }),
        ),
      )
      expect(records.map(({ text }) => text)).toEqual(['text', 'params', 'form'])
    })

    test('are streams', async () => {
      const body = new Response('{"text":"streamed"}').body
      const options = { method: 'POST', body, headers: { 'Content-Type': 'application/json' } }
      const record: unknown = await client.send('/api/collections/values/records', options)
      expect(record).toMatchObject({ text: 'streamed' })
    })
  })

  test('a hook may change them', async () => {
    const own = new PocketBase(pb.url, new MemoryAuthStore())
    own.beforeSend = (_, options) => ({
      options: { ...options, body: { ...(options.body as object), text: 'by the hook' } },
    })
    expect(await own.collection('values').create({ n: 1 })).toMatchObject({
      n: 1,
      text: 'by the hook',
    })
  })
})
