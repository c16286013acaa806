import { createHash, randomBytes } from 'node:crypto'
import { createReadStream, openAsBlob } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { MemoryAuthStore, PocketBase, ValidationError } from '../../src/index.ts'
import { nodeFetch } from '../../src/node/index.ts'
import { open } from '../support/rules.ts'
import { describeServers } from '../support/server.ts'

describeServers('a client on nodeFetch', (pb) => {
  const send = nodeFetch()
  let client: PocketBase
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pocketbase-node-fetch-'))
    await pb.admin.collections.create({
      name: 'posts',
      type: 'base',
      ...open,
      fields: [
        { name: 'title', type: 'text', required: true },
        { name: 'doc', type: 'file', maxSize: 50_000_000 },
      ],
    })
    client = new PocketBase(pb.url, {
      authStore: new MemoryAuthStore(),
      autoCancellation: false,
      fetch: send,
    })
  })

  afterAll(async () => {
    send.close()
    await rm(folder, { recursive: true })
  })

  test('creates, reads, lists, changes and deletes', async () => {
    const posts = client.collection('posts')
    const { id } = await posts.create({ title: 'Grüße 👋' })
    expect(await posts.getOne(id)).toMatchObject({ title: 'Grüße 👋' })
    await posts.update(id, { title: 'b' })
    const filter = client.filter('id = {:id}', { id })
    expect((await posts.getFullList({ filter })).map(({ title }) => title)).toEqual(['b'])
    await posts.delete(id)
    expect(await posts.getFullList({ filter })).toEqual([])
    const refused = posts.create({ title: '' })
    await expect(refused).rejects.toBeInstanceOf(ValidationError)
  })

  test('sends 200 requests at once', async () => {
    const posts = client.collection('posts')
    const { id } = await posts.create({ title: 'popular' })
    const answers = await Promise.all(Array.from({ length: 200 }, async () => posts.getOne(id)))
    expect(answers.every(({ title }) => title === 'popular')).toBe(true)
  })

  test('uploads a file from disk, and downloads it as a whole, in pieces and in part', async () => {
    const file = join(folder, 'large.bin')
    const content = randomBytes(20_000_000)
    await writeFile(file, content)
    const doc = new File([await openAsBlob(file)], 'large.bin')
    const record = await client.collection('posts').create({ title: 'large', doc })
    const url = client.files.getURL(record, record['doc'] as string)

    const whole = await send(url)
    expect(whole.headers.get('content-length')).toBe(String(content.length))
    expect(Buffer.from(await whole.arrayBuffer()).equals(content)).toBe(true)

    const hash = createHash('sha256')
    for await (const chunk of (await send(url)).body!) hash.update(chunk)
    expect(hash.digest('hex')).toBe(createHash('sha256').update(content).digest('hex'))

    const part = await send(url, { headers: { Range: 'bytes=10-19' } })
    expect([part.status, Buffer.from(await part.arrayBuffer())]).toEqual([
      206,
      content.subarray(10, 20),
    ])
  })

  test('sends JSON from a stream', async () => {
    const file = join(folder, 'record.json')
    await writeFile(file, JSON.stringify({ title: 'streamed' }))
    const response = await send(`${pb.url}/api/collections/posts/records`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: createReadStream(file),
    })
    expect(await response.json()).toMatchObject({ title: 'streamed' })
  })

  test('reads events while other requests go on, and ends the stream when it is cancelled', async () => {
    const events = await send(`${pb.url}/api/realtime`, {
      headers: { Accept: 'text/event-stream' },
    })
    const reader = events.body!.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    const readUntil = async (wanted: RegExp): Promise<string> => {
      for (;;) {
        const [, found] = wanted.exec(text) ?? []
        if (found !== undefined) return found
        text += (await reader.read()).value
      }
    }
    const clientId = await readUntil(/"clientId":"(\w+)"\}/)
    const body = { clientId, subscriptions: ['posts/*'] }
    await client.send('/api/realtime', { method: 'POST', body })
    await client.collection('posts').create({ title: 'heard' })
    expect(await readUntil(/"title":"(heard)"/)).toBe('heard')
    await reader.cancel()
  })
})
