import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import {
  AbortError,
  ApiError,
  createFile,
  getTokenPayload,
  MemoryAuthStore,
  NetworkError,
  NotFoundError,
  PocketBase,
  TimeoutError,
} from '../../src/index.ts'
import type { Progress, RecordModel } from '../../src/index.ts'
import { nodeFetch } from '../../src/node/index.ts'
import { proxyTo } from '../support/proxy.ts'
import { temporaryFolder } from '../support/processes.ts'
import { open } from '../support/rules.ts'
import { describeServers } from '../support/server.ts'

const content = new Uint8Array(8 * 1024 * 1024).map((_, at) => (at * 7 + (at >> 9)) % 251)
const password = 'correct horse'

for (const way of ['fetch', 'nodeFetch'] as const) {
  describeServers(`downloads by ${way}`, (pb) => {
    const send = way === 'fetch' ? undefined : nodeFetch()
    let client: PocketBase
    let record: RecordModel
    let url: string

    const clientOf = (address: string): PocketBase =>
      new PocketBase(address, {
        authStore: new MemoryAuthStore(),
        autoCancellation: false,
        fetch: send,
      })

    beforeAll(async () => {
      client = clientOf(pb.url)
      await pb.admin.collections.create({
        name: 'posts',
        type: 'base',
        ...open,
        viewRule: '@request.auth.id != ""',
        fields: [
          { name: 'doc', type: 'file', maxSize: 20_000_000 },
          { name: 'secret', type: 'file', protected: true },
          { name: 'empty', type: 'file' },
        ],
      })
      record = await pb.admin.collection('posts').create({
        doc: createFile('doc.bin', content),
        secret: createFile('secret.txt', 'secret'),
        empty: createFile('empty.txt', ''),
      })
      url = client.files.getURL(record, record['doc'])
    })

    afterAll(() => send?.close())

    async function newUser(): Promise<PocketBase> {
      const email = `${crypto.randomUUID()}@example.com`
      await pb.admin.collection('users').create({ email, password, passwordConfirm: password })
      const user = clientOf(pb.url)
      await user.collection('users').authWithPassword(email, password)
      return user
    }

    test('come as a Response: bytes, size and type', async () => {
      const response = await client.files.download(url)
      expect(response).toBeInstanceOf(Response)
      expect(response.status).toBe(200)
      expect(response.headers.get('content-length')).toBe(String(content.length))
      expect(hash(new Uint8Array(await response.arrayBuffer()))).toBe(hash(content))
      const empty = await client.files.download(client.files.getURL(record, record['empty']))
      expect(await empty.text()).toBe('')
    })

    test('go to a file without being in memory', async () => {
      await using folder = await temporaryFolder()
      const path = join(folder.path, 'doc.bin')
      const { body } = await client.files.download(url)
      await writeFile(path, body!)
      const { readFile } = await import('node:fs/promises')
      expect(hash(await readFile(path))).toBe(hash(content))
    })

    test('take their time: nothing is read that nobody asks for', async () => {
      const seen: Progress[] = []
      const onDownloadProgress = (at: Progress): void => void seen.push(at)
      const response = await client.files.download(url, { onDownloadProgress })
      const reader = response.body!.getReader()
      const { value } = await reader.read()
      expect(seen.at(-1)!.loaded).toBeLessThan(1_000_000)
      expect(content.subarray(0, value!.length)).toEqual(value)
      await reader.cancel()
    })

    test('tell their progress', async () => {
      const seen: Progress[] = []
      const response = await client.files.download(url, {
        onDownloadProgress: (at) => void seen.push(at),
      })
      await response.arrayBuffer()
      const total = content.length
      expect(seen.length).toBeGreaterThan(10)
      expect(seen.every((at) => at.total === total)).toBe(true)
      const loaded = seen.map((at) => at.loaded)
      expect(loaded).toEqual([...new Set(loaded)].toSorted((a, b) => a - b))
      expect(loaded.at(-1)).toBe(total)
    })

    test('a part of one can be asked for', async () => {
      const response = await client.files.download(url, { headers: { Range: 'bytes=1000-1999' } })
      expect(response.status).toBe(206)
      const part = new Uint8Array(await response.arrayBuffer())
      expect(part).toEqual(content.slice(1000, 2000))
      const beyond = client.files.download(url, { headers: { Range: 'bytes=99999999-' } })
      await expect(beyond).rejects.toBeInstanceOf(ApiError)
      await expect(beyond).rejects.toMatchObject({ status: 416 })
    })

    test('are ended by a signal, before and while they come', async () => {
      const reason = new Error('enough')
      const early = client.files.download(url, { signal: AbortSignal.abort(reason) })
      await expect(early).rejects.toBeInstanceOf(AbortError)

      const controller = new AbortController()
      const { signal } = controller
      const response = await client.files.download(url, {
        signal,
        onDownloadProgress: ({ loaded }) => {
          if (loaded > 2_000_000) controller.abort(reason)
        },
      })
      const late = response.arrayBuffer()
      await expect(late).rejects.toBeInstanceOf(AbortError)
      await expect(late).rejects.toMatchObject({ message: 'enough', cause: reason })
    })

    test('are ended with their client', async () => {
      const closing = clientOf(pb.url)
      const response = await closing.files.download(url)
      await closing.close()
      await expect(response.arrayBuffer()).rejects.toBeInstanceOf(AbortError)
    })

    test('end with what a listener throws', async () => {
      const boom = new Error('boom')
      const response = await client.files.download(url, {
        onDownloadProgress: () => {
          throw boom
        },
      })
      await expect(response.arrayBuffer()).rejects.toBe(boom)
    })

    test('that are cut are a NetworkError, and those that stall a TimeoutError', async () => {
      await using proxy = await proxyTo(pb.url)
      const through = clientOf(proxy.url)
      const address = through.files.getURL(record, record['doc'])
      const after = 1_000_000
      for (const answer of ['cut', 'reset'] as const) {
        proxy.plan({ answer, after })
        const response = await through.files.download(address, { retry: 3 })
        await expect(response.arrayBuffer()).rejects.toBeInstanceOf(NetworkError)
      }
      proxy.plan({ answer: 'stall', after })
      const stalled = await through.files.download(address, { timeout: 300 })
      await expect(stalled.arrayBuffer()).rejects.toBeInstanceOf(TimeoutError)
      // None was asked for again.
      expect(proxy.requests).toHaveLength(3)
    })

    test('of nothing, and of what the caller may not see, are a NotFoundError', async () => {
      const missing = client.files.download(client.files.getURL(record, 'missing.txt'))
      await expect(missing).rejects.toBeInstanceOf(NotFoundError)
      const secret = client.files.download(client.files.getURL(record, record['secret']))
      await expect(secret).rejects.toBeInstanceOf(NotFoundError)
    })

    test.each(['https://example.com/api/files/a/b/c', '', '/api/files/a/b/c'])(
      'from elsewhere are refused at once: %j',
      async (elsewhere) => {
        await expect(client.files.download(elsewhere)).rejects.toThrow(TypeError)
      },
    )

    test('tell the progress of JSON too', async () => {
      const seen: Progress[] = []
      const list = await pb.admin.collection('posts').getFullList({
        onDownloadProgress: (at) => void seen.push(at),
      })
      expect(list).toHaveLength(1)
      expect(seen.at(-1)!.loaded).toBeGreaterThan(JSON.stringify(list).length)
      expect(seen.at(-1)!.total).toBe(seen.at(-1)!.loaded)
    })

    describe('private URLs', () => {
      test('lead to protected files', async () => {
        const user = await newUser()
        const address = await user.files.getPrivateURL(record, record['secret'], { download: true })
        const response = await user.files.download(address)
        expect(response.headers.get('content-disposition')).toMatch(/^attachment/)
        expect(await response.text()).toBe('secret')
      })

      test('ask for one token, however many they are', async () => {
        const user = await newUser()
        const asked: string[] = []
        user.beforeSend = (address) => void asked.push(address)
        const urls = await Promise.all(
          Array.from({ length: 20 }, async () =>
            user.files.getPrivateURL(record, record['secret']),
          ),
        )
        urls.push(await user.files.getPrivateURL(record, record['secret']))
        expect(asked).toEqual([`${pb.url}/api/files/token`])
        expect(new Set(urls).size).toBe(1)
      })

      test('have a token that is theirs, whoever was signed in before', async () => {
        const [one, two] = [await newUser(), await newUser()]
        const ownerOf = (address: string): unknown =>
          getTokenPayload(new URL(address).searchParams.get('token')!)['id']
        const { token, record: first } = one.authStore
        expect(ownerOf(await one.files.getPrivateURL(record, 'a'))).toBe(first!.id)

        one.authStore.save(two.authStore.token, two.authStore.record)
        expect(ownerOf(await one.files.getPrivateURL(record, 'a'))).toBe(two.authStore.record!.id)

        one.authStore.clear()
        const asGuest = await one.files.getPrivateURL(record, 'a', { thumb: '1x1' })
        expect(asGuest).toBe(one.files.getURL(record, 'a', { thumb: '1x1' }))

        one.authStore.save(token, first)
        const pending = one.files.getPrivateURL(record, 'a')
        one.authStore.save(two.authStore.token, two.authStore.record)
        expect(ownerOf(await pending)).toBe(two.authStore.record!.id)
        const other = one.files.getPrivateURL(record, 'a')
        one.authStore.clear()
        expect(await other).toBe(one.files.getURL(record, 'a'))
      })

      test('have a new token when less than half a minute is left of the old one', async () => {
        const { fileToken } = await pb.admin.collections.getOne('users')
        try {
          await pb.admin.collections.update('users', { fileToken: { duration: 20 } })
          const user = await newUser()
          let asked = 0
          user.beforeSend = () => void asked++
          await user.files.getPrivateURL(record, 'a')
          const address = await user.files.getPrivateURL(record, record['secret'])
          expect(asked).toBe(2)
          expect(await (await user.files.download(address)).text()).toBe('secret')
        } finally {
          await pb.admin.collections.update('users', {
            fileToken: { duration: fileToken.duration },
          })
        }
      })

      test('fail where there is no token, and ask again the next time', async () => {
        const user = await newUser()
        let asked = 0
        const restore = user.use(() => {
          asked++
          throw new NetworkError({ message: 'The network is down.' })
        })
        for (let n = 1; n <= 2; n++) {
          await expect(user.files.getPrivateURL(record, 'a')).rejects.toThrow(NetworkError)
          expect(asked).toBe(n)
        }
        restore()
        expect(await user.files.getPrivateURL(record, 'a')).toContain('?token=ey')
      })
    })
  })
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
