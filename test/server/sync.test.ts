import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, openAsBlob, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

import { build } from 'esbuild'
import {
  AbortError,
  AsyncAuthStore,
  BaseAuthStore,
  createFile,
  CrudService,
  NotFoundError,
  PocketBase,
  RecordService,
  TimeoutError,
  ValidationError,
} from 'pocketbase-typescript/sync'
import type { ClientResponseError, PocketBaseOptions, Progress } from 'pocketbase-typescript/sync'
import { openFile } from 'pocketbase-typescript/node'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'

import { root } from '../support/readme.ts'
import { open } from '../support/rules.ts'
import { describeServers } from '../support/server.ts'
import { eventually } from '../support/wait.ts'

const run = promisify(execFile)
const ada = { email: 'ada@example.com', password: 'correct horse' }

let folder = ''
beforeAll(() => {
  mkdirSync(join(root, 'temp'), { recursive: true })
  // Within the package, where its own name leads to what is built.
  folder = mkdtempSync(join(root, 'temp/sync-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs a script in a process of its own, which has to end by itself, and returns what it prints. */
async function runScript(name: string, code: string, command = process.execPath): Promise<string> {
  const file = join(folder, `${name}.mjs`)
  writeFileSync(file, code)
  const { stdout } = await run(command, [file], { timeout: 20_000 })
  return stdout
}

describeServers('the blocking client', (pb) => {
  beforeAll(async () => {
    await pb.admin.collections.create({
      name: 'posts',
      type: 'base',
      ...open,
      fields: [
        { name: 'title', type: 'text', max: 20 },
        { name: 'views', type: 'number' },
        { name: 'file', type: 'file', maxSize: 50_000_000 },
      ],
    })
    await pb.admin.collection('users').create({ ...ada, passwordConfirm: ada.password })
  })

  let client: PocketBase
  beforeEach(() => {
    client = guest()
    return () => client.close()
  })

  function guest(options?: PocketBaseOptions): PocketBase {
    return new PocketBase(pb.url, options)
  }

  test('who has signed in is in the store when the call returns', () => {
    const seen: string[] = []
    client.authStore.onChange((_token, user) => seen.push(user?.['email']))
    const { record, token } = client.collection('users').authWithPassword(ada.email, ada.password)
    expect(client.authStore.record).toEqual(record)
    expect(client.authStore.token).toBe(token)
    expect(seen).toEqual([ada.email])
    expect(client.collection('users').getOne(record.id)['email']).toBe(ada.email)
  })

  test('failures throw the classes of the core, from the line that called', async () => {
    const core = await import('../../dist/index.js')
    const caught = (work: () => unknown): ClientResponseError => {
      try {
        work()
      } catch (error) {
        return error as ClientResponseError
      }
      throw new Error('It did not fail.')
    }
    const missing = caught(() => client.collection('posts').getOne('missing'))
    expect(missing).toBeInstanceOf(core.NotFoundError)
    expect(NotFoundError).toBe(core.NotFoundError)
    expect(missing.stack).toContain('sync.test.ts')
    const invalid = caught(() => client.collection('posts').create({ title: 'x'.repeat(21) }))
    expect(invalid).toBeInstanceOf(ValidationError)
    expect(Object.keys(invalid.fieldErrors)).toEqual(['title'])
    const nobody = caught(() => new PocketBase('http://127.0.0.1:9').health.check())
    expect(nobody).toBeInstanceOf(core.NetworkError)
    expect(nobody.message).toContain('ECONNREFUSED')
  })

  test('hooks, middleware and callbacks run in the thread of the caller, in their order, before the call returns', () => {
    const seen: string[] = []
    client.beforeSend = (_url, options) => {
      seen.push('beforeSend')
      options.headers = { ...options.headers, 'X-Test': '1' }
    }
    client.afterSend = (response, data) => {
      seen.push(`afterSend ${response.status} ${response instanceof Response}`)
      return { ...data, added: response.headers.get('content-type') }
    }
    const stop = client.use((request, next) => {
      seen.push(`out ${request.init.headers['X-Test']}`)
      const response = next(request)
      seen.push('back')
      return response
    })
    expect(client.send('/api/health', {})).toMatchObject({ code: 200, added: 'application/json' })
    stop()
    expect(seen).toEqual(['beforeSend', 'out 1', 'back', 'afterSend 200 true'])

    const posts = guest().collection('posts')
    for (const title of ['bulk', 'bulk', 'bulk']) posts.create({ title })
    const progress: number[] = []
    const result = posts.updateWhere('title = "bulk"', ({ title }) => ({ title: `${title}!` }), {
      onProgress: ({ done }) => progress.push(done),
    })
    expect([result.done, progress]).toEqual([3, [1, 2, 3]])
  })

  test('a hook can make calls of its own', () => {
    const seen: number[] = []
    client.beforeSend = (url) => {
      if (url.endsWith('/records')) seen.push(client.health.check().code)
    }
    expect(client.collection('posts').getList(1, 1).page).toBe(1)
    expect(seen).toEqual([200])
  })

  test('what cannot be waited for is a TypeError that names the call and the way out', async () => {
    const posts = client.collection('posts')
    const anything: any = { fetch }
    expect(() => new PocketBase(pb.url, anything)).toThrow(
      /^new PocketBase: a fetch function .*use\(\)/,
    )
    expect(() => posts.getList(1, 1, anything)).toThrow(/^RecordService\.getList: a fetch function/)
    const unreadable = [
      new ReadableStream(),
      Readable.from([]),
      await openAsBlob(import.meta.filename),
    ]
    for (const file of unreadable) {
      expect(() => posts.create({ file: [file] })).toThrow(
        /^RecordService\.create: a stream, or the Blob of a file/,
      )
      expect(() => client.send('/', { body: file })).toThrow(TypeError)
    }
    const change: any = async () => ({ views: 1 })
    posts.create({ title: 'promised' })
    expect(() => posts.updateWhere('id != ""', change)).toThrow(
      /^RecordService\.updateWhere: the function returned a promise/,
    )
    client.beforeSend = async () => {}
    expect(() => client.health.check()).toThrow(
      /^PocketBase\.beforeSend: the function returned a promise/,
    )
  })

  test('a middleware may answer without a server, but for a Response that the event loop reads', () => {
    const answer: any = {
      status: 200,
      ok: true,
      json: () => ({ code: 201, message: '', data: {} }),
    }
    const stop = client.use(() => answer)
    expect(client.health.check().code).toBe(201)
    stop()
    for (const body of ['{}', null]) {
      const own: any = new Response(body)
      const remove = client.use(() => own)
      expect(() => client.health.check()).toThrow(
        /^PocketBase\.use: a Response of your own .*json\(\)/,
      )
      remove()
    }
  })

  test('an aborted signal throws its reason; without an answer the timeout ends the call', async () => {
    const reason = new RangeError('enough')
    const signal = AbortSignal.abort(reason)
    expect(() => client.health.check({ signal })).toThrow(
      expect.objectContaining({ cause: reason, isAbort: true }),
    )
    // A server that accepts and says nothing. Nothing of this process could, meanwhile.
    const silent = await runScript(
      'silent',
      `import { spawn } from 'node:child_process'
      import { PocketBase } from 'pocketbase-typescript/sync'
      const code = "require('net').createServer(() => {}).listen(0, '127.0.0.1', function () { console.log(this.address().port) })"
      const server = spawn(process.execPath, ['-e', code])
      const port = await new Promise((resolve) => server.stdout.once('data', (chunk) => resolve(Number(chunk))))
      try {
        new PocketBase('http://127.0.0.1:' + port).health.check({ timeout: 200 })
      } catch (error) {
        console.log(error.kind, error.message)
      }
      server.kill()`,
    )
    expect(silent).toBe('timeout The server was silent for 200 ms.\n')
  })

  test('a call is sent again after a pause, while the script is blocked', () => {
    let attempts = 0
    client.use((request, next) => {
      attempts++
      return next(attempts > 2 ? request : { ...request, url: 'http://127.0.0.1:9/' })
    })
    expect(client.health.check({ retry: { times: 2, delayMs: 1 } }).code).toBe(200)
    expect(attempts).toBe(3)
  })

  test('files from disk, Blobs and bytes are stored byte by byte, told as they go, and come back so', () => {
    const bytes = Buffer.alloc(3_000_000, 'PocketBase')
    const path = join(folder, 'large.bin')
    writeFileSync(path, bytes)
    const posts = client.collection('posts')
    const files = [openFile(path), createFile('large.bin', bytes), new Blob([bytes]), bytes]
    for (const file of files) {
      const sent: Progress[] = []
      const options = { onUploadProgress: (progress: Progress) => sent.push(progress) }
      const record = posts.create({ title: 'file', file }, options)
      expect(sent.length).toBeGreaterThan(10)
      expect(sent.at(-1)!.loaded).toBe(sent.at(-1)!.total)

      const url = client.files.getURL(record, record['file'])
      const got: Progress[] = []
      const response = client.files.download(url, {
        onDownloadProgress: (progress) => got.push(progress),
      })
      expect(response).toBeInstanceOf(Response)
      expect(bytes.equals(response.bytes())).toBe(true)
      expect(() => response.text()).toThrow(/already been read/)
      expect(got.at(-1)).toEqual({ loaded: bytes.length, total: bytes.length })
    }
  })

  test('a download can be read piece by piece, and given up', () => {
    const file = createFile('large.bin', new Uint8Array(3_000_000))
    const record = client.collection('posts').create({ title: 'pieces', file })
    const { body } = client.files.download(client.files.getURL(record, record['file']))
    let length = 0
    for (const piece of body!) {
      length += piece.length
      break
    }
    expect(length).toBeGreaterThan(0)
    expect(length).toBeLessThan(3_000_000)
    expect(client.health.check().code).toBe(200)
  })

  test('a file that has changed since it was opened is an error, and so is what a listener throws', () => {
    const posts = client.collection('posts')
    const path = join(folder, 'changing.txt')
    writeFileSync(path, 'before')
    const file = openFile(path)
    writeFileSync(path, 'afterwards')
    expect(() => posts.create({ title: 'changed', file })).toThrow(
      /has changed since it was opened/,
    )
    const onUploadProgress = (): never => {
      throw new RangeError('enough')
    }
    expect(() =>
      posts.create({ title: 'thrown', file: openFile(path) }, { onUploadProgress }),
    ).toThrow(RangeError)
    expect(posts.count('title = "changed"')).toBe(0)
  })

  test('lists are walked by for … of, and break ends the walk', () => {
    const posts = client.collection('posts')
    for (let views = 0; views < 5; views++) posts.create({ title: 'walk', views })
    const filter = client.filter`title = ${'walk'}`
    const all = Array.from(posts.iterate({ filter, batch: 2, sort: 'views' }))
    expect(all.map(({ views }) => views)).toEqual([0, 1, 2, 3, 4])
    let requests = 0
    client.beforeSend = () => void requests++
    for (const page of posts.pages({ filter, batch: 2 })) {
      expect(page).toHaveLength(2)
      break
    }
    expect(requests).toBe(1)
  })

  test('classes that extend the client, a service or a store are what the client itself calls', () => {
    class Store extends BaseAuthStore {
      readonly saved: string[] = []
      override save(...[token, record]: Parameters<BaseAuthStore['save']>): void {
        super.save(token, record)
        this.saved.push(record?.['email'])
      }
    }
    class Posts extends RecordService {
      override decode<T>(data: { [key: string]: any }): T {
        return { ...super.decode<object>(data), isDecoded: true } as T
      }
      titled(title: string) {
        return this.getFirstListItem(this.client.filter`title = ${title}`)
      }
    }
    class Client extends PocketBase {
      readonly #paths: string[] = []
      readonly posts = new Posts(this as never, 'posts')
      override lang = 'fr'
      get paths(): readonly string[] {
        return this.#paths
      }
      override send<T>(path: string, options: { [key: string]: any }): T {
        this.#paths.push(`${options['method']} ${path}`)
        return super.send<T>(path, options)
      }
    }
    const authStore = new Store()
    const own = new Client(pb.url, { authStore })
    expect(own).toBeInstanceOf(PocketBase)
    expect([own.lang, own.collection('posts') instanceof RecordService]).toEqual(['fr', true])
    own.posts.create({ title: 'extended' })
    expect(own.posts.titled('extended')).toMatchObject({ title: 'extended', isDecoded: true })
    expect(own.collection('posts').getOneOrNull('missing')).toBeNull()
    own.collection('users').authWithPassword(ada.email, ada.password)
    expect(authStore.saved).toEqual([ada.email])
    expect(own.paths).toEqual([
      'POST /api/collections/posts/records',
      'GET /api/collections/posts/records',
      'GET /api/collections/posts/records/missing',
      'POST /api/collections/users/auth-with-password',
    ])
  })

  test('classes that extend ours may fill in what those leave open', () => {
    const sent: string[] = []
    class Rows extends CrudService<{ id: string }> {
      override get baseCrudPath(): string {
        return '/api/collections/posts/records'
      }
    }
    class Hooked extends PocketBase {}
    Object.assign(Hooked.prototype, {
      beforeSend: (url: string) => void sent.push(url),
      afterSend: (_: Response, data: object) => ({ ...data, isSeen: true }),
    })
    const { id } = client.collection('posts').create({ title: 'open' })
    expect(new Rows(client).getOne(id).id).toBe(id)
    expect(new Hooked(pb.url).health.check()).toMatchObject({ code: 200, isSeen: true })
    expect(sent).toEqual([`${pb.url}/api/health`])
  })

  test('methods that are patched on an object are what others call', () => {
    const posts = client.collection('posts')
    const original = posts.getOne.bind(posts)
    const seen: string[] = []
    const patched = (id: string, ...rest: []): any => {
      seen.push(id)
      return original(id, ...rest)
    }
    posts.getOne = patched
    expect(posts).toHaveProperty('getOne', patched)
    expect(posts.getOneOrNull('missing')).toBeNull()
    expect(seen).toEqual(['missing'])
  })

  test('a store that is still reading its storage is an error, and none once it has read', async () => {
    const authStore = new AsyncAuthStore({ save: async () => {}, initial: Promise.resolve('') })
    const own = guest({ authStore })
    expect(() => own.health.check()).toThrow(/only the event loop can settle/)
    await authStore.ready
    expect(own.health.check().code).toBe(200)
  })

  test('listeners hear of events when the script yields, and not before', async () => {
    const seen: string[] = []
    const posts = client.collection('posts')
    const stop = posts.subscribe('*', ({ action, record }) =>
      seen.push(`${action} ${record['title']}`),
    )
    expect(client.realtime.isConnected).toBe(true)
    const { id } = posts.create({ title: 'one' })
    // Long enough for the event to be here, in calls that block.
    for (let i = 0; i < 20; i++) client.health.check()
    expect(seen).toEqual([])
    await eventually(() => expect(seen).toEqual(['create one']))
    // The same while nothing blocks.
    await pb.admin.collection('posts').update(id, { title: 'two' })
    await eventually(() => expect(seen).toEqual(['create one', 'update two']))
    stop()
    await pb.admin.collection('posts').update(id, { title: 'three' })
    await sleep(100)
    expect(seen).toHaveLength(2)
    expect(client.realtime.isConnected).toBe(false)
  })

  test('events are heard from the moment that events() returns, and the loop ends when none comes in time', () => {
    const posts = client.collection('posts')
    const events = posts.events({ timeout: 1000, filter: 'title = "heard"' })
    posts.create({ title: 'other' })
    const { id } = posts.create({ title: 'heard' })
    const ids: string[] = []
    for (const { record } of events) ids.push(record.id)
    expect(ids).toEqual([id])
    expect(client.realtime.isConnected).toBe(false)
  })

  test('a subscription that the server does not confirm in time is a TimeoutError, one that it refuses its own error', () => {
    client.beforeSend = (url) => {
      const isStream = url.endsWith('/realtime')
      if (isStream) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
    }
    expect(() => client.realtime.events('posts/*', { timeout: 200 })).toThrow(TimeoutError)
    client.close()
    expect(() => client.realtime.events('posts/*')).toThrow(AbortError)
  })

  test('a script that subscribes, blocks for an event and has done its work ends by itself', async () => {
    const script = runScript(
      'events',
      `import { PocketBase } from 'pocketbase-typescript/sync'
      const pb = new PocketBase('${pb.url}')
      pb.collection('posts').subscribe('*', () => {})
      const events = pb.collection('posts').events({ filter: 'title = "from outside"' })
      pb.collection('posts').create({ title: 'I am listening' })
      for (const { action, record } of events) {
        console.log(action, record.title)
        break
      }`,
    )
    await vi.waitFor(
      async () => pb.admin.collection('posts').getFirstListItem('title = "I am listening"'),
      { timeout: 10_000, interval: 50 },
    )
    await pb.admin.collection('posts').create({ title: 'from outside' })
    expect(await script).toBe('create from outside\n')
  })

  test('a program that is bundled into one file needs nothing beside it', async () => {
    const code = `import { PocketBase } from 'pocketbase-typescript/sync'
      console.log(new PocketBase('${pb.url}').health.check().code)`
    const { outputFiles } = await build({
      stdin: { contents: code, resolveDir: root },
      bundle: true,
      minify: true,
      platform: 'node',
      format: 'cjs',
      write: false,
      logLevel: 'error',
    })
    expect(
      await runScript(
        'bundled',
        outputFiles[0]!.text.replace(
          /^/,
          'const require = process.getBuiltinModule("module").createRequire(import.meta.url);',
        ),
      ),
    ).toBe('200\n')
  })
})

test('without threads the first call says what is missing', async () => {
  const printed = await runScript(
    'no-threads',
    `process.getBuiltinModule = undefined
    const { PocketBase } = await import('pocketbase-typescript/sync')
    try {
      new PocketBase('http://127.0.0.1:9').health.check()
    } catch (error) {
      console.log(error.message)
    }`,
  )
  expect(printed).toMatch(/needs worker threads and shared memory/)
})

test('what has its code from the core exports what the core exports', async () => {
  const core = Object.keys(await import('../../dist/index.js'))
  const blocking = Object.keys(await import('pocketbase-typescript/sync'))
  expect([...blocking, 'AsyncPocketBase'].sort()).toEqual(core.sort())
})
