import { describe, expect, test } from 'vitest'

import { ClientResponseError, createFile } from '../../src/index.ts'
import { json, observed } from '../support/observed.ts'
import type { SentRequest } from '../support/observed.ts'

/** The request that carries a body. */
async function sent(body: unknown): Promise<SentRequest> {
  const { client, requests } = observed(() => json({}))
  await client.send('/api/x', { method: 'POST', body })
  expect(requests).toHaveLength(1)
  return requests[0]!
}

/** The body as `fetch` got it. */
async function bodyOf(body: unknown): Promise<unknown> {
  return (await sent(body)).init.body
}

/** The parts of a multipart body: texts as they are, files as name and text. */
async function partsOf(body: unknown): Promise<[name: string, value: unknown][]> {
  const form = await bodyOf(body)
  expect(form).toBeInstanceOf(FormData)
  const entries = [...(form as FormData).entries()]
  return Promise.all(
    entries.map(async ([name, value]): Promise<[string, unknown]> =>
      typeof value === 'string'
        ? [name, JSON.parse(value)]
        : [name, { name: value.name, text: await value.text() }],
    ),
  )
}

const file = createFile('a.txt', 'text', 'text/plain')

describe('a plain object', () => {
  test('is sent as JSON', async () => {
    const { init } = await sent({ a: 1, b: [true, null], c: { d: 'ü' } })
    expect(init.body).toBe('{"a":1,"b":[true,null],"c":{"d":"ü"}}')
    expect(init.headers['Content-Type']).toBe('application/json')
  })

  test('loses what is undefined and keeps what is empty', async () => {
    expect(await bodyOf({ a: undefined, b: null, c: '', d: 0, e: false, f: [], g: {} })).toBe(
      '{"b":null,"c":"","d":0,"e":false,"f":[],"g":{}}',
    )
  })

  test('may have no prototype, or be of a class', async () => {
    class Post {
      title = 'a'
    }
    expect(await bodyOf(Object.assign(Object.create(null), { a: 1 }))).toBe('{"a":1}')
    expect(await bodyOf(new Post())).toBe('{"title":"a"}')
  })

  test('may say by toJSON what is sent, whatever else it holds', async () => {
    class Draft {
      at = new Date(0)
      secret = 'hunter2'
      toJSON(): object {
        return { title: 'a' }
      }
    }
    expect(await bodyOf(new Draft())).toBe('{"title":"a"}')
  })

  test('holds dates as the server writes them', async () => {
    const at = new Date('2026-01-31T10:00:00.5Z')
    expect(await bodyOf({ at })).toBe('{"at":"2026-01-31 10:00:00.500Z"}')
    expect(await partsOf({ at, file })).toEqual([
      ['@jsonPayload', { at: '2026-01-31 10:00:00.500Z' }],
      ['file', { name: 'a.txt', text: 'text' }],
    ])
  })

  test('is not changed by being sent', async () => {
    const body = Object.freeze({
      at: new Date(0),
      half: '\ud800',
      files: Object.freeze([file, 'b']),
    })
    await sent(body)
    expect(body.at).toBeInstanceOf(Date)
    expect(body.half).toBe('\ud800')
    expect(body.files).toEqual([file, 'b'])
  })

  test.each([
    ['an invalid Date', { at: new Date(Number.NaN) }],
    ['a bigint', { n: 1n }],
  ])('with %s is refused at once, and nothing is sent', async (_, body) => {
    const { client, requests } = observed(() => json({}))
    const call = client.collection('posts').create(body)
    await expect(call).rejects.toThrow(TypeError)
    await expect(call).rejects.not.toBeInstanceOf(ClientResponseError)
    expect(requests).toEqual([])
  })
})

test('a list is sent as JSON', async () => {
  expect(await bodyOf([1, 'a', { b: 2 }])).toBe('[1,"a",{"b":2}]')
})

describe('half a character', () => {
  test.each([
    ['\ud800', '\ufffd'],
    ['a\udc00b', 'a\ufffdb'],
    ['\udc00\ud800', '\ufffd\ufffd'],
    ['whole: 🎉', 'whole: 🎉'],
    // Text that only looks like an escape.
    [String.raw`\ud800`, String.raw`\ud800`],
    [String.raw`\\ud800`, String.raw`\\ud800`],
    [`${String.raw`\ud800`}\ud800`, `${String.raw`\ud800`}\ufffd`],
    ['\\\ud800', '\\\ufffd'],
    ['\\\\\ud800', '\\\\\ufffd'],
  ])('becomes U+FFFD, and nothing else changes: %j', async (text, stored) => {
    const body = await bodyOf({ text, [`key ${text}`]: 1 })
    expect(JSON.parse(body as string)).toEqual({ text: stored, [`key ${stored}`]: 1 })
    const [[, payload]] = (await partsOf({ text, file })) as [[string, unknown]]
    expect(payload).toEqual({ text: stored })
  })
})

describe('an object with files', () => {
  const inputs: { [name: string]: [input: unknown, fileName: string] } = {
    'a File': [file, 'a.txt'],
    'a File without a name': [new File(['text'], ''), 'doc'],
    'a Blob': [new Blob(['text']), 'doc'],
    'a Uint8Array': [new TextEncoder().encode('text'), 'doc'],
    'a Buffer': [Buffer.from('text'), 'doc'],
    'a part of a larger Buffer': [Buffer.from('some text here').subarray(5, 9), 'doc'],
    'an ArrayBuffer': [new TextEncoder().encode('text').buffer, 'doc'],
    'a DataView': [new DataView(new TextEncoder().encode('text').buffer), 'doc'],
    'a Uint8Array on shared memory': [shared('text'), 'doc'],
  }

  test.each(Object.entries(inputs))('becomes multipart: %s', async (_, [doc, name]) => {
    expect(await partsOf({ title: 'a', doc })).toEqual([
      ['@jsonPayload', { title: 'a' }],
      ['doc', { name, text: 'text' }],
    ])
  })

  test('lets fetch write the content type, with its boundary', async () => {
    const { init } = await sent({ file })
    expect(init.headers).not.toHaveProperty('Content-Type')
    expect(new Response(init.body ?? null).headers.get('content-type')).toMatch(/boundary=/)
  })

  test('keeps the content type of a file', async () => {
    const form = (await bodyOf({ file })) as FormData
    expect((form.get('file') as File).type).toBe('text/plain')
  })

  test('has everything else in one JSON part, of the types it has', async () => {
    const rest = { a: [], b: null, c: '', d: 0, e: false, f: { g: [{}] }, h: '123', i: 'true' }
    expect(await partsOf({ ...rest, undefined, file })).toEqual([
      ['@jsonPayload', rest],
      ['file', expect.anything()],
    ])
  })

  test('has one part for each file of a list, in its order', async () => {
    const docs = [createFile('1.txt', 'x'), createFile('2.txt', 'y')]
    expect(await partsOf({ docs })).toEqual([
      ['@jsonPayload', {}],
      ['docs', { name: '1.txt', text: 'x' }],
      ['docs', { name: '2.txt', text: 'y' }],
    ])
  })

  test('keeps names of stored files, and appends the new ones', async () => {
    expect(await partsOf({ docs: ['old.txt', file, 'older.txt'] })).toEqual([
      ['@jsonPayload', { docs: ['old.txt', 'older.txt'] }],
      ['docs+', { name: 'a.txt', text: 'text' }],
    ])
  })

  test('keeps the modifiers of its keys', async () => {
    const body = { 'docs+': file, '+docs': [file], 'docs-': ['old.txt'] }
    expect(await partsOf(body)).toEqual([
      ['@jsonPayload', { 'docs-': ['old.txt'] }],
      ['docs+', { name: 'a.txt', text: 'text' }],
      ['+docs', { name: 'a.txt', text: 'text' }],
    ])
  })

  test('keeps the modifier of a key whose list has names beside files', async () => {
    expect(await partsOf({ 'docs+': ['old.txt', file] })).toEqual([
      ['@jsonPayload', { 'docs+': ['old.txt'] }],
      ['docs+', { name: 'a.txt', text: 'text' }],
    ])
    expect(await partsOf({ '+docs': ['old.txt', file] })).toEqual([
      ['@jsonPayload', { '+docs': ['old.txt'] }],
      ['+docs', { name: 'a.txt', text: 'text' }],
    ])
  })

  test('names a file without a name by its field, without the modifier', async () => {
    const blob = new Blob(['text'])
    expect(await partsOf({ 'docs+': blob, '+docs': blob })).toEqual([
      ['@jsonPayload', {}],
      ['docs+', { name: 'docs', text: 'text' }],
      ['+docs', { name: 'docs', text: 'text' }],
    ])
  })

  test('is one by files of its own alone: deeper ones are no files of a record', async () => {
    expect(typeof (await bodyOf({ nested: { file } }))).toBe('string')
  })
})

describe('what fetch knows how to send goes to it as it is', () => {
  const form = new FormData()
  form.append('a', '1')
  const bodies = {
    FormData: form,
    URLSearchParams: new URLSearchParams('a=1'),
    'a text': '{"a":1}',
    'an empty text': '',
    'a Blob': new Blob(['x']),
    'an ArrayBuffer': new ArrayBuffer(2),
    'a Uint8Array': new Uint8Array(2),
    'a stream': new ReadableStream(),
    null: null,
    undefined,
  }

  test.each(Object.entries(bodies))('%s', async (_, body) => {
    expect(await bodyOf(body)).toBe(body)
  })

  test('a stream together with duplex, which fetch asks for', async () => {
    const { init } = await sent(new ReadableStream())
    expect(init).toHaveProperty('duplex', 'half')
    expect(init.headers).not.toHaveProperty('Content-Type')
  })

  test('a text as JSON, unless the caller says otherwise', async () => {
    expect((await sent('{}')).init.headers['Content-Type']).toBe('application/json')
  })
})

describe('createFile', () => {
  test('makes a File of a name, a content and a type', async () => {
    const made = createFile('ä.txt', 'text', 'text/plain')
    expect(made).toBeInstanceOf(File)
    expect([made.name, made.type, await made.text()]).toEqual(['ä.txt', 'text/plain', 'text'])
    expect(createFile('a', new Uint8Array(3)).size).toBe(3)
    expect(createFile('a', '').type).toBe('')
  })
})

function shared(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text)
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length))
  copy.set(bytes)
  return copy
}
