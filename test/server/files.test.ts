import { crc32, deflateSync } from 'node:zlib'

import { beforeAll, describe, expect, test } from 'vitest'

import { AuthError, createFile, NotFoundError, ValidationError } from '../../src/index.ts'
import type { PocketBase, RecordModel } from '../../src/index.ts'
import { open } from '../support/rules.ts'
import { describeServers } from '../support/server.ts'

const png = picture(4, 2)

describeServers('files', (pb) => {
  let guest: PocketBase

  beforeAll(async () => {
    guest = pb.guest()
    await pb.admin.collections.create({
      name: 'posts',
      type: 'base',
      ...open,
      fields: [
        { name: 'title', type: 'text' },
        { name: 'n', type: 'number' },
        { name: 'at', type: 'date' },
        { name: 'data', type: 'json' },
        { name: 'doc', type: 'file', maxSelect: 1, maxSize: 100_000 },
        { name: 'docs', type: 'file', maxSelect: 5 },
        { name: 'image', type: 'file', maxSelect: 1, thumbs: ['2x1'] },
        { name: 'secret', type: 'file', maxSelect: 1, protected: true },
      ],
    })
  })

  /** The text of a file, as anyone can download it. */
  async function textOf(record: RecordModel, name: string): Promise<string> {
    const response = await fetch(guest.files.getURL(record, name))
    expect(response.status).toBe(200)
    return response.text()
  }

  /** Names without what the server has added to them. */
  function plain(names: unknown): string[] {
    return (names as string[]).map((name) => name.replace(/_\w{10}(?=\.)/, ''))
  }

  const text = 'some text'
  const bytes = new TextEncoder().encode(text)
  const inputs: { [name: string]: () => unknown } = {
    'a File': () => createFile('aaa.txt', text, 'text/plain'),
    'a Blob': () => new Blob([text]),
    'a Buffer': () => Buffer.from(text),
    'a part of a larger Buffer': () => Buffer.from(`x${text}y`).subarray(1, -1),
    'a Uint8Array': () => bytes,
    'an ArrayBuffer': () => bytes.buffer,
    'a file of nothing': () => createFile('empty.txt', ''),
    'a File without a name': () => new File([text], ''),
  }

  test.each(Object.keys(inputs))('%s in a plain object is stored as it is', async (name) => {
    const record = await guest.collection('posts').create({ title: name, doc: inputs[name]!() })
    expect(record['title']).toBe(name)
    expect(record['doc']).toMatch(/^\w+\.?\w*$/)
    expect(await textOf(record, record['doc'] as string)).toBe(name.includes('nothing') ? '' : text)
  })

  test('form data of the caller’s is sent as it is', async () => {
    const form = new FormData()
    form.append('title', 'form')
    form.append('docs', createFile('part1.txt', 'one'))
    form.append('docs', createFile('part2.txt', 'two'))
    const record = await guest.collection('posts').create(form)
    expect(record['title']).toBe('form')
    expect(plain(record['docs'])).toEqual(['part1.txt', 'part2.txt'])
    const changes = new FormData()
    changes.append('docs-', (record['docs'] as string[])[0]!)
    const changed = await guest.collection('posts').update(record.id, changes)
    expect(plain(changed['docs'])).toEqual(['part2.txt'])
  })

  test('what stands beside a file keeps its type', async () => {
    const at = new Date('2026-01-31T10:00:00.5Z')
    const data = { list: [], none: null, text: '123', yes: 'true', zero: 0, nested: [{ a: [1] }] }
    const body = { title: '123', n: 0, at, data, doc: createFile('aaa.txt', text), docs: [] }
    const record = await guest.collection('posts').create({ ...body, undefined })
    expect(record).toMatchObject({
      title: '123',
      n: 0,
      data,
      docs: [],
      at: '2026-01-31 10:00:00.500Z',
    })
    expect(await textOf(record, record['doc'] as string)).toBe(text)
    const nothing = { title: null, at: null, data: null, doc: createFile('bbb.txt', text) }
    expect(await guest.collection('posts').update(record.id, nothing)).toMatchObject({
      title: '',
      at: '',
      data: null,
      doc: expect.stringMatching(/^bbb_/),
    })
  })

  describe('several files', () => {
    let record: RecordModel
    let names: string[]

    async function update(body: object): Promise<string[]> {
      const changed = await guest.collection('posts').update(record.id, body)
      return plain(changed['docs'])
    }

    beforeAll(async () => {
      const docs = [createFile('aaa.txt', 'a'), createFile('bbb.txt', 'b')]
      record = await guest.collection('posts').create({ docs })
    })

    test('are stored in their order', async () => {
      names = record['docs'] as string[]
      expect(plain(names)).toEqual(['aaa.txt', 'bbb.txt'])
      expect(await textOf(record, names[1]!)).toBe('b')
    })

    test('are appended and put before others', async () => {
      expect(await update({ 'docs+': createFile('ccc.txt', 'c') })).toEqual([
        'aaa.txt',
        'bbb.txt',
        'ccc.txt',
      ])
      expect(await update({ '+docs': [createFile('zzz.txt', 'z')] })).toEqual([
        'zzz.txt',
        'aaa.txt',
        'bbb.txt',
        'ccc.txt',
      ])
    })

    test('are removed by name, also while others come', async () => {
      const gone = { 'docs-': [names[0]], 'docs+': [createFile('ddd.txt', 'd')] }
      expect(await update(gone)).toEqual(['zzz.txt', 'bbb.txt', 'ccc.txt', 'ddd.txt'])
    })

    test('stay when their names stand beside new ones, in the order of the names', async () => {
      const now = (await guest.collection('posts').getOne(record.id))['docs'] as string[]
      const kept = [now[1], createFile('eee.txt', 'e'), now[0]]
      const order = await update({ docs: kept, title: 'mixed' })
      expect(order.toSorted()).toEqual(['bbb.txt', 'eee.txt', 'zzz.txt'])
      const stored = await guest.collection('posts').getOne(record.id)
      expect(stored['title']).toBe('mixed')
      for (const name of stored['docs'] as string[])
        expect(await textOf(stored, name)).toBe(name[0])
    })

    test('are replaced by new ones alone, and removed by an empty list', async () => {
      expect(await update({ docs: [createFile('fff.txt', 'f')] })).toEqual(['fff.txt'])
      expect(await update({ docs: [] })).toEqual([])
    })

    test('a list with a modifier may hold names too', async () => {
      expect(await update({ docs: [createFile('ggg.txt', 'g')] })).toEqual(['ggg.txt'])
      const [name] = (await guest.collection('posts').getOne(record.id))['docs'] as string[]
      expect(await update({ 'docs+': [name, createFile('hhh.txt', 'h')] })).toEqual([
        'ggg.txt',
        'hhh.txt',
      ])
    })
  })

  test('too large, and too many, are errors of their field', async () => {
    const large = guest.collection('posts').create({ doc: new Blob([new Uint8Array(100_001)]) })
    await expect(large).rejects.toBeInstanceOf(ValidationError)
    await expect(large).rejects.toMatchObject({
      fieldErrors: { doc: { code: 'validation_file_size_limit', params: { maxSize: 100_000 } } },
    })
    const docs = Array.from({ length: 6 }, () => new Blob(['x']))
    await expect(guest.collection('posts').create({ docs })).rejects.toMatchObject({
      fieldErrors: { docs: { code: 'validation_too_many_files' } },
    })
  })

  describe('a URL', () => {
    let record: RecordModel
    let name: string

    beforeAll(async () => {
      const image = createFile('ünï cödé.png', png, 'image/png')
      record = await guest.collection('posts').create({ image })
      name = record['image'] as string
    })

    test('shows the file', async () => {
      const response = await fetch(guest.files.getURL(record, name))
      expect(response.status).toBe(200)
      expect(response.headers.get('content-type')).toBe('image/png')
      expect(response.headers.get('content-disposition')).toMatch(/^inline/)
      expect(Buffer.from(await response.arrayBuffer()).equals(png)).toBe(true)
    })

    test('works by the name of the collection too', async () => {
      const { id, collectionName } = record
      const response = await fetch(guest.files.getURL({ id, collectionName }, name))
      expect(response.status).toBe(200)
    })

    test('asks for a thumb', async () => {
      const url = guest.files.getURL(record, name, { thumb: '2x1' })
      const thumb = Buffer.from(await (await fetch(url)).arrayBuffer())
      // Width and height stand in the first chunk of a PNG.
      expect([thumb.readUInt32BE(16), thumb.readUInt32BE(20)]).toEqual([2, 1])
      expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([4, 2])
    })

    test('asks for a download, or not', async () => {
      const saved = await fetch(guest.files.getURL(record, name, { download: true }))
      expect(saved.headers.get('content-disposition')).toMatch(/^attachment/)
      const shown = await fetch(guest.files.getURL(record, name, { download: false }))
      expect(shown.headers.get('content-disposition')).toMatch(/^inline/)
    })

    test('of a name that climbs finds nothing', async () => {
      const response = await fetch(guest.files.getURL(record, '../../../api/health'))
      expect(response.status).toBe(404)
    })
  })

  describe('a protected file', () => {
    let record: RecordModel
    let name: string

    beforeAll(async () => {
      record = await guest.collection('posts').create({ secret: createFile('sss.txt', 'secret') })
      name = record['secret'] as string
      await pb.admin.collections.update('posts', { viewRule: '@request.auth.id != ""' })
    })

    test('is not found without a token', async () => {
      expect((await fetch(guest.files.getURL(record, name))).status).toBe(404)
      expect((await fetch(guest.files.getURL(record, name, { token: 'nope' }))).status).toBe(404)
    })

    test('is found with one', async () => {
      const token = await pb.admin.files.getToken()
      const response = await fetch(guest.files.getURL(record, name, { token }))
      expect(await response.text()).toBe('secret')
    })

    test('has no token for guests', async () => {
      await expect(guest.files.getToken()).rejects.toBeInstanceOf(AuthError)
    })

    test('of a record that the caller may not see is a 404 like the record', async () => {
      await expect(guest.collection('posts').getOne(record.id)).rejects.toBeInstanceOf(
        NotFoundError,
      )
    })
  })
})

/** A black PNG. */
function picture(width: number, height: number): Buffer<ArrayBuffer> {
  const size = Buffer.alloc(8)
  size.writeUInt32BE(width, 0)
  size.writeUInt32BE(height, 4)
  // Eight bits of each colour; every row begins with its filter, none.
  const header = Buffer.concat([size, Buffer.from([8, 2, 0, 0, 0])])
  const rows = deflateSync(Buffer.alloc(height * (1 + 3 * width)))
  const signature = Buffer.from('\u0089PNG\r\n\u001a\n', 'latin1')
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', rows), chunk('IEND')])
}

function chunk(type: string, data: Buffer = Buffer.alloc(0)): Buffer<ArrayBuffer> {
  const content = Buffer.concat([Buffer.from(type), data])
  const ends = Buffer.alloc(8)
  ends.writeUInt32BE(data.length, 0)
  ends.writeUInt32BE(crc32(content), 4)
  return Buffer.concat([ends.subarray(0, 4), content, ends.subarray(4)])
}
