import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { dirname, join } from 'node:path'

import getPort from 'get-port'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { startPocketBase } from '../../src/testing/index.ts'
import type { PocketBaseServer } from '../../src/testing/index.ts'
import { processesMentioning, temporaryFolder } from '../support/processes.ts'
import { versionsUnderTest } from '../support/versions.ts'

// Counts and answers like the real one, until a test has it name a port that is taken.
vi.mock('get-port', async (importOriginal) => {
  const { default: real } = await importOriginal<{ default: typeof getPort }>()
  return { default: vi.fn(real) }
})

let folder: Awaited<ReturnType<typeof temporaryFolder>>
/** Where the servers of a test have their temporary folders. */
let temporary: string

beforeEach(async () => {
  folder = await temporaryFolder()
  temporary = join(folder.path, 'tmp')
  mkdirSync(temporary)
  vi.stubEnv('TMPDIR', temporary)
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await using _folder = folder
  expect(readdirSync(temporary)).toEqual([])
  expect(processesMentioning(folder.path)).toEqual([])
})

/** Writes a file below the test's folder and returns its folder. */
function write(path: string, content: string, mode?: number): string {
  const file = join(folder.path, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content, { mode })
  return dirname(file)
}

/** Has `startPocketBase` run a Node script instead. It gets `port` and `http`. */
function pretendServer(script: string): void {
  const text = `#!${process.execPath}
    const http = require('node:http')
    const port = Number(process.argv.join(' ').match(/--http=127.0.0.1:(\\d+)/)?.[1])
    if (process.argv.includes('--version')) console.log('version 1.2.3')
    else { ${script} }`
  vi.stubEnv('POCKETBASE_BIN', join(write('bin/pretend.cjs', text, 0o755), 'pretend.cjs'))
}

async function isServing({ url }: PocketBaseServer): Promise<boolean> {
  return fetch(`${url}/api/health`).then(
    (response) => response.ok,
    () => false,
  )
}

const titles = { name: 'titles', type: 'base', fields: [{ name: 'title', type: 'text' }] }

describe.each(versionsUnderTest())('PocketBase %s', (version) => {
  const start: typeof startPocketBase = async (options) => startPocketBase({ version, ...options })

  test('a server runs with a signed-in superuser, and leaves nothing', async () => {
    const server = await start()
    expect(server.version).toBe(version)
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`)
    expect(existsSync(join(server.dir, 'data.db'))).toBe(true)
    expect(await server.client().health.check()).toMatchObject({ code: 200 })
    const admin = await server.superuserClient()
    expect(admin.authStore.record?.['email']).toBe(server.superuser?.email)
    expect(server.client().authStore.isValid).toBe(false)

    await server.stop()
    expect(await isServing(server)).toBe(false)
    expect(server.pid).toBeUndefined()
    expect(server.logs).toContain(`Server started at ${server.url}`)
    expect(readdirSync(temporary)).toEqual([])
  })

  test('the end of an `await using` block stops the server', async () => {
    let used: PocketBaseServer
    {
      await using server = await start()
      used = server
      expect(await isServing(server)).toBe(true)
    }
    expect(await isServing(used)).toBe(false)
  })

  test('servers share nothing, not even migrations', async () => {
    await using first = await start()
    const admin = await first.superuserClient()
    await admin.collections.create(titles)
    await using second = await start()
    const names = await (await second.superuserClient()).collections.getFullList()
    expect(names.map(({ name }) => name)).not.toContain('titles')
    expect(second.port).not.toBe(first.port)
    expect(readdirSync(temporary)).toHaveLength(2)
  })

  test('a given superuser is created, even with a password that looks like a flag', async () => {
    const superuser = { email: 'test@example.com', password: '--dir=12345678' }
    await using server = await start({ superuser })
    expect((await server.superuserClient()).authStore.isValid).toBe(true)
  })

  test('a password that PocketBase refuses fails with its reason', async () => {
    const superuser = { email: 'test@example.com', password: 'short' }
    await expect(start({ superuser })).rejects.toMatchObject({
      reason: 'start-failed',
      message: expect.stringMatching(
        /could not save the superuser test@example.com.*\n.*at least 8/,
      ),
    })
  })

  test('without a superuser no browser is opened', async () => {
    const opened = join(folder.path, 'opened')
    const bin = write('path/xdg-open', `#!/bin/sh\necho "$@" > ${opened}\n`, 0o755)
    write('path/open', `#!/bin/sh\necho "$@" > ${opened}\n`, 0o755)
    vi.stubEnv('PATH', `${bin}:${process.env['PATH']}`)
    await using server = await start({ superuser: false })
    expect(server.superuser).toBeUndefined()
    await expect(server.superuserClient()).rejects.toThrow('`superuser: false`')
    // Printed after the browser was to open.
    await vi.waitFor(() => expect(server.logs).toContain('superuser upsert EMAIL PASS'), 20_000)
    expect(existsSync(opened)).toBe(false)
  })

  test('a given data folder is kept and used again, and gets no siblings', async () => {
    const dir = join(folder.path, 'project/pb_data')
    const first = await start({ dir })
    const admin = await first.superuserClient()
    await admin.collections.create(titles)
    await admin.collection('titles').create({ title: 'kept' })
    await first.stop()
    expect(readdirSync(dirname(dir))).toEqual(['pb_data'])

    await using second = await start({ dir })
    expect(second.dir).toBe(dir)
    const records = (await second.superuserClient()).collection('titles')
    expect(await records.getFullList()).toMatchObject([{ title: 'kept' }])
  })

  test('hooks, migrations, public files and environment variables reach the server', async () => {
    const hook = `routerAdd('GET', '/hooked', (e) => e.string(200, $os.getenv('GREETING')))`
    const migration = `migrate((app) => app.save(new Collection(${JSON.stringify(titles)})))`
    await using server = await start({
      hooksDir: write('hooks/main.pb.js', hook),
      migrationsDir: write('migrations/1700000000_titles.js', migration),
      publicDir: write('public/hello.txt', 'hello from a file'),
      env: { GREETING: 'hello from a hook' },
    })
    const text = async (path: string) => (await fetch(server.url + path)).text()
    expect(await text('/hooked')).toBe('hello from a hook')
    expect(await text('/hello.txt')).toBe('hello from a file')
    const admin = await server.superuserClient()
    expect(await admin.collection('titles').getFullList()).toEqual([])
    await admin.collections.update('titles', { name: 'renamed' })
    expect(readdirSync(join(folder.path, 'migrations'))).toHaveLength(1)
  })

  test('more arguments win over the defaults', async () => {
    const migrationsDir = join(folder.path, 'migrations')
    await using server = await start({ migrationsDir, args: ['--automigrate'] })
    await (await server.superuserClient()).collections.create(titles)
    expect(readdirSync(migrationsDir)).toHaveLength(1)
  })

  test('a given port is used; when another PocketBase has it, that is said', async () => {
    const port = await getPort()
    await using server = await start({ port })
    expect(server.url).toBe(`http://127.0.0.1:${port}`)
    await expect(start({ port })).rejects.toMatchObject({
      reason: 'port-taken',
      message: expect.stringContaining(server.url),
    })
    expect(await isServing(server)).toBe(true)
  })

  test('a free port that somebody else was faster to take is replaced', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    vi.mocked(getPort).mockResolvedValueOnce(port)
    await using server = await start()
    other.close()
    expect(server.port).not.toBe(port)
    expect(await isServing(server)).toBe(true)
  })

  test('a broken database fails with what the server says', async () => {
    const dir = write('broken/data.db', 'not a database')
    for (const superuser of [undefined, false] as const) {
      await expect(start({ dir, superuser })).rejects.toMatchObject({
        reason: 'start-failed',
        message: expect.stringContaining('file is not a database'),
      })
    }
    expect(existsSync(join(dir, 'data.db'))).toBe(true)
  })

  test('a restart keeps port and data', async () => {
    await using server = await start()
    const { url, pid } = server
    const admin = await server.superuserClient()
    await admin.collections.create(titles)
    await server.restart()
    expect(server.url).toBe(url)
    expect(server.pid).not.toBe(pid)
    expect(await admin.collection('titles').getFullList()).toEqual([])
    expect(server.logs.match(/Server started/g)).toHaveLength(2)
  })

  test('a killed server keeps its data for a restart', async () => {
    await using server = await start()
    const admin = await server.superuserClient()
    await admin.collections.create(titles)
    await server.kill()
    await server.kill()
    expect(server.pid).toBeUndefined()
    expect(await isServing(server)).toBe(false)
    await server.restart()
    expect(await admin.collection('titles').getFullList()).toEqual([])
    await server.kill()
  })

  test('open realtime connections do not hold up a stop', async () => {
    const server = await start()
    const stream = await fetch(`${server.url}/api/realtime`)
    const reader = stream.body?.getReader()
    expect((await reader?.read())?.done).toBe(false)
    await server.stop()
    expect(await isServing(server)).toBe(false)
  })

  test('a server that talks a lot runs on while this thread is blocked', async () => {
    const hook = `routerAdd('GET', '/talk', (e) => {
      for (let i = 0; i < 5000; i++) console.log('x'.repeat(100))
      return e.string(200, 'said')
    })`
    await using server = await start({ hooksDir: write('hooks/main.pb.js', hook) })
    const request = `fetch('${server.url}/talk').then((r) => r.text()).then(console.log)`
    const answer = execFileSync(process.execPath, ['-e', request], { encoding: 'utf8' })
    expect(answer).toBe('said\n')
    expect(server.logs.length).toBeGreaterThan(500_000)
  })
})

test('a folder with hooks or public files that does not exist is refused', async () => {
  const missing = join(folder.path, 'missing')
  for (const options of [{ hooksDir: missing }, { publicDir: missing }]) {
    await expect(startPocketBase(options)).rejects.toThrow(TypeError)
    await expect(startPocketBase(options)).rejects.toThrow(`there is no folder ${missing}`)
  }
})

test('stopping twice, killing afterwards and restarting afterwards', async () => {
  const server = await startPocketBase()
  await Promise.all([server.stop(), server.stop()])
  await server.stop()
  await server.kill()
  await expect(server.restart()).rejects.toMatchObject({ reason: 'stopped' })
})

test('a stop ends a restart that is under way', async () => {
  const server = await startPocketBase()
  await Promise.all([
    expect(server.restart()).rejects.toMatchObject({ reason: 'stopped' }),
    server.stop(),
  ])
  expect(await isServing(server)).toBe(false)
})

test('a server that died by itself can be restarted or stopped', async () => {
  await using server = await startPocketBase()
  process.kill(server.pid ?? 0, 'SIGKILL')
  await vi.waitFor(() => expect(server.pid).toBeUndefined(), 20_000)
  await server.restart()
  expect(await isServing(server)).toBe(true)
})

test('a start that is given up leaves nothing', async () => {
  const controller = new AbortController()
  const giveUp = async () => {
    await vi.waitFor(() => expect(processesMentioning(temporary)).not.toEqual([]), 20_000)
    controller.abort(new Error('enough'))
  }
  const { signal } = controller
  await Promise.all([expect(startPocketBase({ signal })).rejects.toThrow('enough'), giveUp()])
})

test('a server that does not answer in time is ended', async () => {
  pretendServer(`console.log('thinking'); setInterval(() => {}, 1000)`)
  await expect(startPocketBase({ superuser: false, startTimeoutMs: 300 })).rejects.toMatchObject({
    reason: 'start-timeout',
    message: expect.stringMatching(/within 0.3 seconds \(startTimeoutMs\)/),
  })
})

test('a build that prints nothing is believed by its answers', async () => {
  pretendServer(`http.createServer((_, response) => response.end()).listen(port)`)
  await using server = await startPocketBase({ superuser: false })
  expect(server.version).toBe('1.2.3')
  expect(server.logs).toBe('')
})

test('a server that ignores the request to stop is killed', async () => {
  pretendServer(`
    process.on('SIGTERM', () => console.log('no'))
    http.createServer((_, response) => response.end()).listen(port, () => console.log('Server started at'))
  `)
  const server = await startPocketBase({ superuser: false })
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const stopping = server.stop()
    await vi.advanceTimersByTimeAsync(5000)
    await stopping
  } finally {
    vi.useRealTimers()
  }
  expect(await isServing(server)).toBe(false)
})
