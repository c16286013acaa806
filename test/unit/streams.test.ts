import { readFileSync } from 'node:fs'

import { afterEach, describe, expect, test, vi } from 'vitest'

import { createFile, PocketBase } from '../../src/index.ts'
import type { FileInput, Progress } from '../../src/index.ts'
import { openFile } from '../../src/node/index.ts'
import { json, observed } from '../support/observed.ts'
import type { SentRequest } from '../support/observed.ts'
import { eventually } from '../support/wait.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

async function* pieces(): AsyncGenerator<Uint8Array | string> {
  yield 'one '
  yield new TextEncoder().encode('two')
}

/** What was sent of a body that is a stream. */
async function partsOf({ init }: SentRequest): Promise<[name: string, value: unknown][]> {
  expect(init.body).toBeInstanceOf(ReadableStream)
  const headers = { 'Content-Type': init.headers['Content-Type']! }
  const form = await new Response(init.body, { headers }).formData()
  return Promise.all(
    [...form].map(async ([name, value]): Promise<[string, unknown]> =>
      typeof value === 'string' ? [name, value] : [name, [value.name, await value.text()]],
    ),
  )
}

test('a stream among the values makes the body a stream of form data, everything else as one JSON part', async () => {
  let sent: unknown
  const { client } = observed(async (request) => {
    sent = await partsOf(request)
    return json({ id: 'a' })
  })
  const body = {
    n: 1,
    list: [],
    docs: ['old.txt', createFile('new.txt', pieces()), new Blob(['x'])],
  }
  await client.collection('posts').create(body)
  expect(sent).toEqual([
    ['@jsonPayload', '{"n":1,"list":[],"docs":["old.txt"]}'],
    ['docs+', ['new.txt', 'one two']],
    ['docs+', ['docs', 'x']],
  ])
})

test('the type of the form replaces the one of the caller, in any case', async () => {
  const { client, requests } = observed(async ({ init }) => {
    await new Response(init.body ?? null).text()
    return json({ id: 'a' })
  })
  const headers = { 'content-type': 'multipart/form-data' }
  await client.collection('posts').create({ doc: pieces() }, { headers })
  const names = Object.keys(requests[0]!.init.headers).filter((name) => /content-type/i.test(name))
  expect(names).toEqual(['Content-Type'])
  expect(requests[0]!.init.headers['Content-Type']).toMatch(/^multipart\/form-data; boundary=\S+$/)
})

test('a stream of anything but bytes and texts is a TypeError', async () => {
  const { client } = observed(async ({ init }) => {
    await new Response(init.body ?? null).text()
    return json({ id: 'a' })
  })
  async function* numbers(): AsyncGenerator<number> {
    yield 1
  }
  const doc = numbers() as unknown as FileInput
  const call = client.collection('posts').create({ doc })
  await expect(call).rejects.toThrow(new TypeError('Streams of files must hold bytes or texts.'))
})

test('a stream that somebody else reads is refused', async () => {
  const { client, requests } = observed(() => json({ id: 'a' }))
  const doc = new Blob(['x']).stream()
  doc.getReader()
  await expect(client.collection('posts').create({ doc })).rejects.toThrow(TypeError)
  expect(requests).toEqual([])
})

test('a source is let go of when the answer comes before it was read', async () => {
  const { client } = observed(() => json({ message: 'Too large' }, { status: 413 }))
  let isCancelled = false
  const doc = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(10)),
    cancel: () => {
      isCancelled = true
    },
  })
  const body = { docs: [doc] }
  const reading = client.use(async (request, next) => {
    const reader = (request.init.body as ReadableStream<Uint8Array>).getReader()
    // As far as the file.
    for (let n = 0; n < 4; n++) await reader.read()
    return next(request)
  })
  await expect(client.collection('posts').create(body)).rejects.toMatchObject({ status: 413 })
  expect(isCancelled).toBe(true)
  reading()
})

describe('where calls are sent again', () => {
  const options = { retry: { times: 2, delayMs: 1 } }

  test('files are read again, and progress begins again', async () => {
    const bodies: string[] = []
    const { client } = observed(async ({ init }, index) => {
      bodies.push(await new Response(init.body ?? null).text())
      return json({ id: 'a' }, { status: index === 0 ? 503 : 200 })
    }, options)
    const seen: Progress[] = []
    const doc = openFile(import.meta.filename)
    const onUploadProgress = (at: Progress): void => void seen.push(at)
    await client.collection('posts').create({ doc }, { onUploadProgress })
    const text = readFileSync(import.meta.filename, 'utf8')
    expect(bodies.map((body) => body.includes(text))).toEqual([true, true])
    expect(seen.filter(({ loaded, total }) => loaded === total)).toHaveLength(2)
  })

  test.each([
    ['a stream', () => new Blob(['x']).stream()],
    ['a named one', () => createFile('a.bin', pieces())],
    ['one in a list', () => [pieces()]],
  ])('%s is not', async (_, doc) => {
    const { client, requests } = observed(() => json({}, { status: 503 }), options)
    const call = client.collection('posts').create({ doc: doc() })
    await expect(call).rejects.toMatchObject({ status: 503 })
    expect(requests).toHaveLength(1)
  })
})

test('hooks see a form, and what they leave is sent', async () => {
  let sent: unknown
  const { client } = observed(async (request) => {
    sent = await partsOf(request)
    return json({ id: 'a' })
  })
  const seen: string[] = []
  client.beforeSend = (_, { body, headers }) => {
    seen.push(Object.prototype.toString.call(body), String(headers?.['Content-Type']))
  }
  await client.collection('posts').create({ doc: pieces() })
  expect(seen).toEqual(['[object FormData]', 'undefined'])
  expect(sent).toEqual([
    ['@jsonPayload', '{}'],
    ['doc', ['doc', 'one two']],
  ])
})

test('in a browser streams are collected, because it might not stream them', async () => {
  vi.stubGlobal('XMLHttpRequest', function XMLHttpRequest() {})
  const { client, requests } = observed(() => json({ id: 'a' }))
  await client.collection('posts').create({ n: 1, docs: [createFile('a.txt', pieces(), 'text/x')] })
  const form = requests[0]!.init.body as FormData
  expect(form).toBeInstanceOf(FormData)
  const file = form.get('docs') as File
  expect([file.name, file.type, await file.text()]).toEqual(['a.txt', 'text/x', 'one two'])
  expect(form.get('@jsonPayload')).toBe('{"n":1}')
  expect(requests[0]!.init.headers).not.toHaveProperty('Content-Type')
})

describe('in React Native', () => {
  /** Its form data takes objects by their address, and shows nothing of what it has. */
  class NativeForm {
    readonly appended: unknown[][] = []

    append(...args: unknown[]): void {
      this.appended.push(args)
    }
  }

  test('what has an address is a file, sent as it is', async () => {
    vi.stubGlobal('navigator', { product: 'ReactNative' })
    vi.stubGlobal('FormData', NativeForm)
    const { client, requests } = observed(() => json({ id: 'a' }))
    const photo = { uri: 'file:///photo.jpg', name: 'photo.jpg', type: 'image/jpeg' }
    await client.collection('posts').create({ title: 'a', photo, more: ['old.jpg', photo] })
    const { appended } = requests[0]!.init.body as unknown as NativeForm
    expect(appended).toEqual([
      ['@jsonPayload', '{"title":"a","more":["old.jpg"]}'],
      ['photo', photo],
      ['more+', photo],
    ])
    expect(requests[0]!.init.headers).not.toHaveProperty('Content-Type')
  })

  test('and elsewhere it is JSON', async () => {
    const { client, requests } = observed(() => json({ id: 'a' }))
    await client.collection('posts').create({ link: { uri: 'https://example.com' } })
    expect(requests[0]!.init.body).toBe('{"link":{"uri":"https://example.com"}}')
  })
})

test('progress options are no query parameters, and nothing that fetch gets', async () => {
  const { client, requests } = observed(async ({ init }) => {
    if (init.body) await new Response(init.body).text()
    return json({ id: 'a' })
  })
  const options = { onUploadProgress: () => {}, onDownloadProgress: () => {} }
  await client.collection('posts').create({ a: 1 }, options)
  await client.collection('posts').getOne('a', options)
  for (const { url, init } of requests) {
    expect(url).not.toContain('?')
    expect(Object.keys(init).join()).not.toContain('Progress')
  }
})

test('a download sends neither token nor content type', async () => {
  const { client, requests } = observed(() => new Response('x'))
  client.authStore.save('token', null)
  const response = await client.files.download('http://pb.test/api/files/a/b/c?token=t')
  expect(await response.text()).toBe('x')
  expect(requests[0]!.url).toBe('http://pb.test/api/files/a/b/c?token=t')
  expect(Object.keys(requests[0]!.init.headers)).toEqual(['Accept-Language'])
})

test('a download that nobody reads ends with the client', async () => {
  let isCancelled = false
  const { client } = observed(
    () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array(10)),
          cancel: () => {
            isCancelled = true
          },
        }),
      ),
  )
  const response = await client.files.download('http://pb.test/api/files/a/b/c')
  await client.close()
  await expect(response.text()).rejects.toMatchObject({ isAbort: true })
  await eventually(() => expect(isCancelled).toBe(true))
})

test('a client of a folder downloads from that folder alone', async () => {
  const urls: string[] = []
  const client = new PocketBase('http://pb.test/folder/', {
    fetch: async (url) => {
      urls.push(url as string)
      return new Response('x')
    },
  })
  await client.files.download('http://pb.test/folder/api/files/a/b/c')
  expect(urls).toEqual(['http://pb.test/folder/api/files/a/b/c'])
  await expect(client.files.download('http://pb.test/api/files/a/b/c')).rejects.toThrow(TypeError)
})
