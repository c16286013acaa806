import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import type { ClientResponseError, FileInput, PocketBase, Progress } from '../../src/index.ts'
import { closing, startBrowserTests } from '../support/browser.ts'
import type { BrowserTests, PageGlobals } from '../support/browser.ts'
import { open } from '../support/rules.ts'

/** Page scripts find their globals by their bare names. */
declare const window: PageGlobals & { document: Document }

/** The parts of a page's document that scripts use here. */
interface Document {
  body: { append(element: object): void }
  createElement(name: 'iframe'): { contentWindow: typeof globalThis }
}

const size = 6_000_000
let tests: BrowserTests
let context: BrowserContext
let page: Page
/** How each request of the page was sent: `xhr` or `fetch`. */
let ways: string[]

beforeAll(async () => {
  tests = await startBrowserTests()
  await tests.admin.collections.create({
    name: 'posts',
    type: 'base',
    ...open,
    fields: [
      { name: 'title', type: 'text' },
      { name: 'doc', type: 'file', maxSize: 2 * size },
      { name: 'docs', type: 'file', maxSelect: 9 },
      { name: 'small', type: 'file', maxSize: 1000 },
    ],
  })
})

afterAll(async () => tests?.[Symbol.asyncDispose]())

beforeEach(async () => {
  context = await tests.browser.newContext()
  ways = []
  const close = closing(context)
  page = await context.newPage()
  await page.goto(tests.server.url)
  page.on('request', (request) => {
    if (request.url().includes('/records')) ways.push(request.resourceType())
  })
  await page.evaluate((url) => {
    window.pb = new window.pocketbase.default(url)
  }, tests.server.url)
  return close
})

async function slowDown(bytesPerSecond: number): Promise<void> {
  const session = await context.newCDPSession(page)
  await session.send('Network.enable')
  const throughput = { downloadThroughput: -1, uploadThroughput: bytesPerSecond, latency: 0 }
  await session.send('Network.emulateNetworkConditions', { offline: false, ...throughput })
}

test('an upload tells its progress, by XMLHttpRequest, and answers as fetch does', async () => {
  await slowDown(4 * size)
  const upload = await page.evaluate(async (length) => {
    const told: Progress[] = []
    const created = await window.pb
      .collection('posts')
      .create(
        { title: 'ü "x"', doc: window.pocketbase.createFile('a.bin', new Uint8Array(length)) },
        { onUploadProgress: (at) => void told.push(at), headers: { 'X-Own': '1' } },
      )
    return { told, record: created }
  }, size)
  expect(ways).toEqual(['xhr'])
  const { told: seen, record } = upload
  expect(record).toMatchObject({ title: 'ü "x"', collectionName: 'posts' })
  const stored = await fetch(tests.admin.files.getURL(record, record['doc'] as string))
  expect((await stored.arrayBuffer()).byteLength).toBe(size)
  const loaded = seen.map((at) => at.loaded)
  expect(loaded.length).toBeGreaterThan(2)
  expect(loaded).toEqual(loaded.toSorted((a, b) => a - b))
  expect(seen.at(-1)!.total).toBe(loaded.at(-1))
  expect(loaded.at(-1)).toBeGreaterThan(size)
})

test('without a listener, and with a fetch of the caller’s, it is fetch that sends', async () => {
  await page.evaluate(async () => {
    const posts = window.pb.collection('posts')
    const doc = window.pocketbase.createFile('a.txt', 'x')
    await posts.create({ doc })
    const own: typeof fetch = async (url, init) => fetch(url, init)
    await posts.create({ doc }, { fetch: own, onUploadProgress: () => {} })
  })
  expect(ways).toEqual(['fetch', 'fetch'])
})

test('an upload that is aborted half-way is an AbortError, and no record', async () => {
  await slowDown(size)
  const before = await tests.admin.collection('posts').count()
  const failure = await page.evaluate(async (length) => {
    const posts = window.pb.collection('posts')
    const controller = new AbortController()
    return posts
      .create(
        { doc: new Blob([new Uint8Array(length)]) },
        {
          signal: controller.signal,
          onUploadProgress: ({ loaded }) => {
            if (loaded > 500_000) controller.abort(new Error('enough'))
          },
        },
      )
      .catch((error: unknown) => {
        const { isAbort, message, kind } = error as ClientResponseError
        return { isAbort, message, kind }
      })
  }, size)
  expect(failure).toMatchObject({ isAbort: true, message: 'enough', kind: 'abort' })
  expect(await tests.admin.collection('posts').count()).toBe(before)
})

test.each([
  [
    'what the server refuses',
    'refused',
    { kind: 'api', status: 400, field: 'validation_file_size_limit' },
  ],
  ['a server that is not there', 'gone', { kind: 'network', status: 0, field: '' }],
  ['a timeout', 'late', { kind: 'timeout', status: 0, field: '' }],
  ['a signal that is aborted already', 'aborted', { kind: 'abort', status: 0, field: '' }],
  ['a listener that throws', 'listener', { kind: 'boom', status: 0, field: '' }],
])('%s is the same error as by fetch', async (_, what, wanted) => {
  if (what === 'late') await slowDown(10_000)
  const errors = await page.evaluate(async (name) => {
    const pb = name === 'gone' ? new window.pocketbase.PocketBase('http://127.0.0.1:1') : window.pb
    const small = new Blob([new Uint8Array(100_000)])
    const seen: object[] = []
    for (const isWatched of [true, false]) {
      const call = pb.collection('posts').create(
        { small },
        {
          ...(isWatched && {
            onUploadProgress: () => {
              if (name === 'listener') throw Object.assign(new Error('boom'), { kind: 'boom' })
            },
          }),
          ...(name === 'late' && { timeout: 100 }),
          ...(name === 'aborted' && { signal: AbortSignal.abort() }),
        },
      )
      const error = await call.catch((thrown: unknown) => {
        const { kind, status = 0, fieldErrors } = thrown as Partial<ClientResponseError>
        return { kind, status, field: fieldErrors?.['small']?.code ?? '' }
      })
      seen.push(error)
    }
    return seen
  }, what)
  const others = what === 'listener' ? errors.slice(0, 1) : errors
  for (const error of others) expect(error).toEqual(wanted)
  expect(others.length).toBeGreaterThan(0)
})

test('an answer without a body, and its headers, come through', async () => {
  const result = await page.evaluate(async () => {
    const posts = window.pb.collection('posts')
    const { id } = await posts.create({ title: 'short' })
    const seen: (string | number | null)[] = []
    window.pb.afterSend = (response, data) => {
      seen.push(response.status, response.headers.get('content-type'))
      return data
    }
    await posts.update(id, { title: 'long' }, { onUploadProgress: () => {} })
    const gone = await window.pb.send(`/api/collections/posts/records/${id}`, {
      method: 'DELETE',
      body: { a: 1 },
      onUploadProgress: () => {},
    })
    return { seen, gone }
  })
  expect(result.seen).toEqual([200, expect.stringMatching(/^application\/json/), 204, null])
  expect(result.gone).toEqual({})
  expect(ways.slice(1)).toEqual(['xhr', 'xhr'])
})

test('streams are collected, and files, bytes and form data of a frame are as good', async () => {
  const record = await page.evaluate(async () => {
    const frame = window.document.createElement('iframe')
    window.document.body.append(frame)
    const other = frame.contentWindow
    const encoder = new TextEncoder()
    async function* pieces(): AsyncGenerator<Uint8Array> {
      yield encoder.encode('gener')
      yield encoder.encode('ated')
    }
    const buffer = new other.ArrayBuffer(3)
    const { createFile } = window.pocketbase
    const docs: FileInput[] = [
      new Blob(['stream']).stream(),
      createFile('named.txt', pieces()),
      new other.File(['frame'], 'frame.txt'),
      buffer,
    ]
    const pb: PocketBase = window.pb
    const created = await pb.collection('posts').create({ title: 'all', docs })
    const texts: number[] = []
    for (const name of created['docs'] as string[]) {
      const response = await pb.files.download(pb.files.getURL(created, name))
      texts.push((await response.text()).length)
    }
    const form = new other.FormData()
    form.append('title', 'form')
    form.append('doc', new other.File(['frame'], 'frame.txt'))
    const second = await pb.collection('posts').create(form)
    return { names: created['docs'] as string[], texts, title: second['title'], doc: second['doc'] }
  })
  expect(record.texts).toEqual([6, 9, 5, 3])
  expect(record.names[1]).toMatch(/^named_\w+\.txt$/)
  expect(record.names[2]).toMatch(/^frame_\w+\.txt$/)
  expect(record).toMatchObject({ title: 'form', doc: expect.stringMatching(/^frame_\w+\.txt$/) })
})

test('files of an input are a value, all of them', async () => {
  await page.setContent('<input type="file" multiple>')
  await page.setInputFiles('input', [
    { name: 'aaa.txt', mimeType: 'text/plain', buffer: Buffer.from('a') },
    { name: 'bbb.txt', mimeType: 'text/plain', buffer: Buffer.from('b') },
  ])
  const names = await page.evaluate(async () => {
    const { document } = globalThis as unknown as {
      document: { querySelector(name: string): { files: unknown } }
    }
    const docs = document.querySelector('input').files
    return (await window.pb.collection('posts').create({ docs }))['docs'] as string[]
  })
  expect(names).toEqual([expect.stringMatching(/^aaa_/), expect.stringMatching(/^bbb_/)])
})

test('a download tells its progress, and can be stopped', async () => {
  const stored = await tests.admin
    .collection('posts')
    .create({ doc: new Blob([new Uint8Array(size)]) })
  const read = await page.evaluate(async (record) => {
    const { files } = window.pb
    const url = files.getURL(record, record['doc'])
    const told: Progress[] = []
    const whole = await files.download(url, { onDownloadProgress: (at) => void told.push(at) })
    const blob = await whole.blob()
    const controller = new AbortController()
    const half = await files.download(url, {
      signal: controller.signal,
      onDownloadProgress: ({ loaded }) => {
        if (loaded > 1_000_000) controller.abort()
      },
      cache: 'no-store',
    })
    // Chromium makes a TypeError of any error that `blob()` and the like run into.
    const reading = half.body!.pipeTo(new WritableStream())
    const end = await reading.catch((error: unknown) => (error as ClientResponseError).isAbort)
    return { told, length: blob.size, end }
  }, stored)
  expect(read.length).toBe(size)
  expect(read.told.at(-1)).toEqual({ loaded: size, total: size })
  expect(read.told.length).toBeGreaterThan(5)
  expect(read.end).toBe(true)
})
