import { createHash } from 'node:crypto'
import { createReadStream, mkdirSync } from 'node:fs'
import { readdir, readlink, rm, truncate, unlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import {
  AbortError,
  ApiError,
  createFile,
  MemoryAuthStore,
  PocketBase,
  ValidationError,
} from '../../src/index.ts'
import type { FileInput, Progress, RecordModel } from '../../src/index.ts'
import { nodeFetch, openFile } from '../../src/node/index.ts'
import { temporaryFolder } from '../support/processes.ts'
import { open } from '../support/rules.ts'
import { randomNumbers, seed } from '../support/seed.ts'
import { describeServers } from '../support/server.ts'
import { eventually } from '../support/wait.ts'

const mebibyte = 1024 * 1024

/** More than any buffer on the way holds. */
const content = randomBytes(8 * mebibyte)

for (const way of ['fetch', 'nodeFetch'] as const) {
  describeServers(`uploads by ${way}`, (pb) => {
    const send = way === 'fetch' ? undefined : nodeFetch()
    let client: PocketBase
    let folder: AsyncDisposable & { path: string }
    let path: string

    beforeAll(async () => {
      folder = await temporaryFolder()
      path = join(folder.path, 'content.bin')
      await writeFile(path, content)
      client = new PocketBase(pb.url, {
        authStore: new MemoryAuthStore(),
        autoCancellation: false,
        fetch: send,
      })
      await pb.admin.collections.create({
        name: 'posts',
        type: 'base',
        ...open,
        fields: [
          { name: 'title', type: 'text' },
          { name: 'data', type: 'json' },
          { name: 'doc', type: 'file', maxSize: 20 * mebibyte },
          { name: 'docs', type: 'file', maxSelect: 9, maxSize: 20 * mebibyte },
          { name: 'small', type: 'file', maxSize: 1000 },
        ],
      })
    })

    afterAll(async () => {
      send?.close()
      await folder[Symbol.asyncDispose]()
    })

    async function storedHash(record: RecordModel, name: string): Promise<string> {
      const response = await fetch(client.files.getURL(record, name))
      expect(response.status).toBe(200)
      return hash(new Uint8Array(await response.arrayBuffer()))
    }

    async function countOf(title: string): Promise<number> {
      return client.collection('posts').count(client.filter`title = ${title}`)
    }

    /** The folders of the collection's records that hold files. */
    async function storedFolders(): Promise<string[]> {
      const { id } = await pb.admin.collections.getOne('posts')
      const names = await readdir(join(pb.server.dir, 'storage', id)).catch((): string[] => [])
      return names.toSorted()
    }

    const inputs: { [name: string]: () => FileInput } = {
      'a web stream': () => webStream(),
      'a stream of Node’s': () => createReadStream(path),
      'a Readable of Buffers': () => Readable.from(pieces()),
      'an async generator': () => pieces(),
      'a stream with a name and a type': () => createFile('named.bin', webStream(), 'image/x-own'),
      'a source that says its size': () => ({
        name: 'sized.bin',
        size: content.length,
        stream: () => pieces(),
      }),
      'a file from the disk': () => openFile(path),
      'a file from the disk by its URL': () => openFile(pathToFileURL(path)),
      'a File of another package': () => new ForeignFile(content),
    }

    test.each(Object.keys(inputs))(
      '%s is stored byte by byte, and keeps its neighbours',
      async (name) => {
        const data = { list: [], text: '123' }
        const body = { title: `${name} "1"\nü`, data, doc: inputs[name]!() }
        const record = await client.collection('posts').create(body)
        expect(record).toMatchObject({ title: `${name} "1"\nü`, data })
        expect(await storedHash(record, record['doc'] as string)).toBe(hash(content))
        if (name.includes('name')) expect(record['doc']).toMatch(/^named_\w+\.bin$/)
      },
    )

    test('streams and whole files stand in one list, in their order', async () => {
      const docs = [
        createFile('one.txt', 'first'),
        createFile('two.txt', Readable.from(['sec', 'ond'])),
        new TextEncoder().encode('third'),
        openFile(path, { name: 'four.txt', type: 'text/plain' }),
        createFile('five.txt', Readable.from([])),
      ]
      const record = await client.collection('posts').create({ docs })
      const names = record['docs'] as string[]
      expect(names.map((name) => name.replace(/_\w{10}(\.|$).*/, ''))).toEqual([
        'one',
        'two',
        'docs',
        'four',
        'five',
      ])
      const wanted = ['first', 'second', 'third', content, '']
      const hashes = await Promise.all(names.map(async (name) => storedHash(record, name)))
      expect(hashes).toEqual(wanted.map(hash))
      const changed = await client
        .collection('posts')
        .update(record.id, { docs: [names[1], createFile('six.txt', Readable.from(['6']))] })
      expect(changed['docs']).toEqual([names[1], expect.stringMatching(/^six_/)])
    })

    test('form data of another package is sent', async () => {
      const form = new ForeignForm([
        ['title', 'foreign'],
        ['doc', new ForeignFile(content)],
      ])
      const record = await client.collection('posts').create(form)
      expect(record).toMatchObject({ title: 'foreign', doc: expect.stringMatching(/^foreign_/) })
      expect(await storedHash(record, record['doc'] as string)).toBe(hash(content))
    })

    test.each([
      ['quotes', 'a"b"; filename="evil.txt'],
      ['line breaks', 'a\r\nContent-Type: text/html\r\n\r\nb.txt'],
      ['characters of all kinds', 'ünï 文件 🎉.txt'],
      ['a percent sign', '100%22.txt'],
      ['a backslash', String.raw`C:\dir\file.txt`],
      ['nothing but dots', '..'],
    ])('a file name with %s harms nothing, whole or streamed', async (_, name) => {
      const files = [createFile(name, 'x'), createFile(name, Readable.from(['x']))]
      const stored = await Promise.all(
        files.map(async (doc) => client.collection('posts').create({ title: 'name', doc })),
      )
      for (const record of stored) {
        expect(record['title']).toBe('name')
        expect(await storedHash(record, record['doc'] as string)).toBe(hash('x'))
      }
      // Servers add random characters.
      const [whole, streamed] = stored.map(({ doc }) => (doc as string).length)
      expect(streamed).toBe(whole)
    })

    test('a stream that was sent is refused, and nothing is sent', async () => {
      const once = webStream()
      const named = createFile('a.bin', pieces())
      await client.collection('posts').create({ title: 'once', docs: [once, named] })
      for (const doc of [once, named]) {
        const again = client.collection('posts').create({ title: 'again', doc })
        await expect(again).rejects.toThrow(
          new TypeError('The stream in "doc" was read already: it can be sent once.'),
        )
      }
      expect(await countOf('again')).toBe(0)
    })

    test('an error of a stream is the error of the call, and no record is stored', async () => {
      const before = await storedFolders()
      const boom = new Error('boom')
      async function* broken(): AsyncGenerator<Uint8Array> {
        yield content
        throw boom
      }
      const call = client.collection('posts').create({ title: 'broken', doc: broken() })
      await expect(call).rejects.toBe(boom)
      await nothingStored('broken', before)
    })

    test.each([-1, 1])('a source that is %i byte longer than it says is no record', async (by) => {
      const before = await storedFolders()
      const doc = { name: 'liar', size: content.length - by, stream: () => pieces() }
      const call = client.collection('posts').create({ title: 'liar', doc })
      await expect(call).rejects.toThrow('The file "liar" is not as long as it says.')
      await nothingStored('liar', before)
    })

    test('an upload that is aborted half-way leaves no record and no file', async () => {
      const before = await storedFolders()
      const sources: { [title: string]: () => FileInput } = {
        stream: () => webStream(),
        disk: () => openFile(path),
        blob: () => new Blob([content]),
      }
      for (const [title, doc] of Object.entries(sources)) {
        const controller = new AbortController()
        const call = client.collection('posts').create(
          { title, doc: doc() },
          {
            signal: controller.signal,
            onUploadProgress: ({ loaded }) => {
              if (loaded > content.length / 2) controller.abort(new Error('enough'))
            },
          },
        )
        await expect(call).rejects.toBeInstanceOf(AbortError)
        await expect(call).rejects.toMatchObject({ isAbort: true, message: 'enough' })
        await nothingStored(title, before)
      }
    })

    test('an abort reaches a stream that gives nothing at that moment', async () => {
      let cancelled: () => void
      const whenCancelled = new Promise<void>((resolve) => {
        cancelled = resolve
      })
      const controller = new AbortController()
      let isFirst = true
      const doc = new ReadableStream<Uint8Array>({
        pull: (to) => {
          if (isFirst) to.enqueue(new Uint8Array(10))
          else controller.abort()
          const forEver = new Promise<void>(() => {})
          return isFirst ? void (isFirst = false) : forEver
        },
        cancel: () => cancelled(),
      })
      const call = client
        .collection('posts')
        .create({ title: 'stalled', doc }, { signal: controller.signal })
      await expect(call).rejects.toBeInstanceOf(AbortError)
      await whenCancelled
      expect(await countOf('stalled')).toBe(0)
    })

    test('more than the field takes is an error of the field', async () => {
      for (const small of [openFile(path), webStream(), new Blob([content])]) {
        const call = client.collection('posts').create({ small })
        await expect(call).rejects.toBeInstanceOf(ValidationError)
        await expect(call).rejects.toMatchObject({
          fieldErrors: { small: { code: 'validation_file_size_limit' } },
        })
      }
    })

    test('more than the server takes is a 413, also where it hangs up before it has read all', async () => {
      // The limit is that of all fields together, and 32 MiB.
      const size = 300 * mebibyte
      async function* endless(): AsyncGenerator<Uint8Array> {
        for (let left = size; left > 0; left -= content.length) {
          yield content.subarray(0, Math.min(left, content.length))
        }
      }
      const sources: { [name: string]: FileInput } = {
        sized: { name: 'large', size, stream: endless },
        blob: new Blob(Array.from({ length: 38 }, () => content)),
      }
      for (const [name, small] of Object.entries(sources)) {
        for (let round = 0; round < 3; round++) {
          const error: unknown = await client
            .collection('posts')
            .create({ small })
            .catch((thrown: unknown) => thrown)
          expect(error, `${name} ${round}`).toBeInstanceOf(ApiError)
          expect(error).toMatchObject({ status: 413 })
        }
      }
    })

    async function nothingStored(title: string, before: string[]): Promise<void> {
      // The server may still be about to notice.
      await sleep(100)
      expect(await countOf(title)).toBe(0)
      expect(await storedFolders()).toEqual(before)
    }

    describe('progress', () => {
      const wholes: { [name: string]: () => unknown } = {
        'a file from the disk': () => ({ doc: openFile(path) }),
        'a Blob': () => ({ doc: new Blob([content]) }),
        bytes: () => ({ doc: content }),
        'form data of the caller’s': () => {
          const form = new FormData()
          form.append('doc', new Blob([content]), 'a.bin')
          return form
        },
      }

      test.each(Object.keys(wholes))('of %s grows up to a total that is known', async (name) => {
        const seen: Progress[] = []
        const record = await client
          .collection('posts')
          .create(wholes[name]!() as object, { onUploadProgress: (at) => void seen.push(at) })
        expect(await storedHash(record, record['doc'] as string)).toBe(hash(content))
        const { total } = seen[0]!
        expect(total).toBeGreaterThan(content.length)
        expect(total).toBeLessThan(content.length + 1000)
        expect(seen.length).toBeGreaterThan(10)
        expect(seen.every((at) => at.total === total)).toBe(true)
        const loaded = seen.map((at) => at.loaded)
        expect(loaded).toEqual([...new Set(loaded)].toSorted((a, b) => a - b))
        expect(loaded.at(-1)).toBe(total)
      })

      test('of a stream has its total at the end', async () => {
        const seen: Progress[] = []
        await client
          .collection('posts')
          .create({ doc: webStream() }, { onUploadProgress: (at) => void seen.push(at) })
        const last = seen.at(-1)!
        expect(last.loaded).toBeGreaterThan(content.length)
        expect(last.total).toBe(last.loaded)
        expect(seen.slice(0, -1).every(({ total }) => total === undefined)).toBe(true)
      })

      test('of JSON is told as well', async () => {
        const body = { title: 'ü'.repeat(100) }
        const seen: Progress[] = []
        const record = await client
          .collection('posts')
          .create(body, { onUploadProgress: (at) => void seen.push(at) })
        expect(record).toMatchObject(body)
        const total = new TextEncoder().encode(JSON.stringify(body)).length
        expect(seen.at(-1)).toEqual({ loaded: total, total })
      })

      test('goes to a listener whose error ends the call', async () => {
        const boom = new Error('boom')
        const call = client.collection('posts').create(
          { title: 'listener', doc: openFile(path) },
          {
            onUploadProgress: () => {
              throw boom
            },
          },
        )
        await expect(call).rejects.toBe(boom)
        await sleep(100)
        expect(await countOf('listener')).toBe(0)
      })
    })

    describe('openFile', () => {
      test('refuses what cannot be read, by its path, before anything is sent', () => {
        const missing = join(folder.path, 'missing.bin')
        expect(() => openFile(missing)).toThrow(`openFile: ${missing} cannot be read: ENOENT`)
        expect(() => openFile(folder.path)).toThrow('it is not a regular file')
        expect(() => openFile('/dev/null')).toThrow('it is not a regular file')
        expect(() => openFile('')).toThrow('it is not a regular file')
        expect(() => openFile('https://example.com/a')).toThrow(/ENOENT/)
      })

      const changes: { [name: string]: (file: string) => Promise<unknown> } = {
        'is removed': unlink,
        'becomes shorter': async (file) => truncate(file, content.length - 1),
        'becomes longer': async (file) => truncate(file, content.length + 1),
        'is written to': async (file) => utimes(file, 1, 1),
        'becomes another file': async (file) => {
          await rm(file)
          await writeFile(file, content)
        },
        'becomes a folder': async (file) => {
          await rm(file)
          mkdirSync(file)
        },
      }

      test.each(Object.keys(changes))(
        'a file that %s before it is sent is an error',
        async (name) => {
          const file = join(folder.path, `before ${name}.bin`)
          await writeFile(file, content)
          const doc = openFile(file)
          await changes[name]!(file)
          const before = await storedFolders()
          const call = client.collection('posts').create({ title: name, doc })
          await expect(call).rejects.toThrow(`openFile: ${file}`)
          await nothingStored(name, before)
        },
      )

      test.each(Object.keys(changes))(
        'a file that %s while it is sent is an error',
        async (name) => {
          const file = join(folder.path, `while ${name}.bin`)
          await writeFile(file, content)
          const source = openFile(file)
          const before = await storedFolders()
          async function* changing(): AsyncGenerator<Uint8Array | string> {
            let isFirst = true
            for await (const piece of source.stream() as AsyncIterable<Uint8Array>) {
              yield piece
              if (isFirst) await changes[name]!(file)
              isFirst = false
            }
          }
          const doc = { ...source, stream: changing }
          const call = client.collection('posts').create({ title: name, doc })
          await expect(call).rejects.toThrow(`openFile: ${file}`)
          await nothingStored(name, before)
        },
      )

      test('keeps no file open, however the call ends', async () => {
        const isOpen = async (): Promise<boolean> => {
          const links = await readdir('/proc/self/fd')
          const targets = await Promise.all(
            links.map(async (link) => readlink(`/proc/self/fd/${link}`).catch(() => '')),
          )
          return targets.includes(path)
        }
        const posts = client.collection('posts')
        await posts.create({ doc: openFile(path) })
        await posts.create({ small: openFile(path) }).catch(() => {})
        const controller = new AbortController()
        const onUploadProgress = ({ loaded }: Progress): void => {
          if (loaded > 200_000) controller.abort()
        }
        const { signal } = controller
        await posts.create({ doc: openFile(path) }, { signal, onUploadProgress }).catch(() => {})
        await eventually(async () => expect(await isOpen()).toBe(false))
      })
    })
  })
}

function webStream(): ReadableStream<Uint8Array> {
  return new Blob([content]).stream()
}

async function* pieces(): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += 100_000) yield content.subarray(at, at + 100_000)
}

/** What packages and test environments have for a `File`. */
class ForeignFile {
  readonly name = 'foreign.bin'
  readonly type = 'text/plain'
  readonly size: number
  readonly #bytes: Uint8Array<ArrayBuffer>

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes
    this.size = bytes.length
  }

  stream(): ReadableStream<Uint8Array> {
    return new Blob([this.#bytes]).stream()
  }

  get [Symbol.toStringTag](): string {
    return 'File'
  }
}

class ForeignForm {
  readonly #entries: [string, unknown][]

  constructor(entries: [string, unknown][]) {
    this.#entries = entries
  }

  [Symbol.iterator](): Iterator<[string, unknown]> {
    return this.#entries[Symbol.iterator]()
  }

  get [Symbol.toStringTag](): string {
    return 'FormData'
  }
}

function hash(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  const random = randomNumbers(seed)
  const words = Uint32Array.from({ length: length / 4 }, () => random(2 ** 32))
  return new Uint8Array(words.buffer)
}
