import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { execFile, execFileSync } from 'node:child_process'

import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'

import { cachedExecutable } from '../../src/testing/cache.ts'
import { downloadRelease } from '../../src/testing/download.ts'
import {
  findPocketBase,
  isPocketBaseServerError,
  newestPocketBase,
  PocketBaseServerError,
  startPocketBase,
} from '../../src/testing/index.ts'
import type { FindOptions, ServerProgress } from '../../src/testing/index.ts'
import { runScript, temporaryFolder } from '../support/processes.ts'
import { archiveName, checksumLine, hostRelease, zipOf } from '../support/release-host.ts'
import type { Answer } from '../support/release-host.ts'
import { newest } from '../support/versions.ts'

const version = newestPocketBase
const downloadPath = `/v${version}/${archiveName(version)}`

/** Where Go is and keeps its caches, which follow HOME; undefined where it is not installed or has no network. */
const goSettings = await readGoSettings()

let executable: Uint8Array
let goodZip: Uint8Array
let realPath: string
let unreachable: string
let folder: Awaited<ReturnType<typeof temporaryFolder>>

beforeAll(async () => {
  realPath = await findPocketBase()
  executable = readFileSync(realPath)
  const host = await hostRelease(version, 404)
  unreachable = host.url
  await host[Symbol.asyncDispose]()
  goodZip = zipOf({ pocketbase: executable, 'LICENSE.md': new TextEncoder().encode('MIT') })
})

// Each test has an empty cache, no Go and no network; it adds what it is about.
beforeEach(async () => {
  folder = await temporaryFolder()
  vi.stubEnv('XDG_CACHE_HOME', folder.path)
  vi.stubEnv('HOME', folder.path)
  vi.stubEnv('PATH', join(folder.path, 'bin'))
  vi.stubEnv('POCKETBASE_BIN', undefined)
  vi.stubEnv('POCKETBASE_DOWNLOAD_URL', unreachable)
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await folder[Symbol.asyncDispose]()
})

/** Puts a program on PATH that is a shell script. */
function install(name: string, script: string): string {
  const file = join(folder.path, 'bin', name)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return file
}

async function hostOf(archive: Answer, checksums?: Answer) {
  const host = await hostRelease(version, archive, checksums)
  vi.stubEnv('POCKETBASE_DOWNLOAD_URL', host.url)
  return host
}

async function failure(options: FindOptions = {}): Promise<PocketBaseServerError> {
  const error: unknown = await findPocketBase({ onProgress: () => {}, ...options }).catch(
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(PocketBaseServerError)
  return error as PocketBaseServerError
}

/** What the cache holds of the version, locks and half-done work included. */
function cached(): string[] {
  const cache = dirname(cachedExecutable(version))
  return existsSync(cache) ? readdirSync(cache) : []
}

test('the default version is the newest that the suites run against', () => {
  expect(newestPocketBase).toBe(newest)
})

test('something that is not a version is refused at once', async () => {
  await expect(findPocketBase({ version: '../0.40.4' })).rejects.toThrow(TypeError)
  await expect(findPocketBase({ version: 'latest' })).rejects.toThrow("'latest' is not a version")
})

test('POCKETBASE_BIN wins over the cache', async () => {
  mkdirSync(dirname(cachedExecutable(version)), { recursive: true })
  writeFileSync(cachedExecutable(version), '', { mode: 0o755 })
  vi.stubEnv('POCKETBASE_BIN', realPath)
  expect(await findPocketBase()).toBe(realPath)
})

test('a server run by POCKETBASE_BIN tells its real version', async () => {
  vi.stubEnv('POCKETBASE_BIN', realPath)
  await using server = await startPocketBase({ version: '0.30.0' })
  expect(server.version).toBe(newest)
})

test('POCKETBASE_BIN must exist and be executable', async () => {
  vi.stubEnv('POCKETBASE_BIN', join(folder.path, 'nothing'))
  expect(await failure()).toMatchObject({
    reason: 'bad-executable',
    message: expect.stringContaining(`${folder.path}/nothing, which does not exist`),
  })
  const file = install('plain', '')
  chmodSync(file, 0o644)
  vi.stubEnv('POCKETBASE_BIN', file)
  expect((await failure()).reason).toBe('bad-executable')
  vi.stubEnv('POCKETBASE_BIN', folder.path)
  expect((await failure()).reason).toBe('bad-executable')
})

test('a file that is no program for this system is named', async () => {
  const file = install('broken', '')
  writeFileSync(file, '\x7fELF of another machine')
  vi.stubEnv('POCKETBASE_BIN', file)
  await expect(startPocketBase()).rejects.toMatchObject({
    reason: 'bad-executable',
    message: expect.stringContaining(file),
  })
})

test('a cached executable needs neither network nor Go', async () => {
  mkdirSync(dirname(cachedExecutable('0.30.0')), { recursive: true })
  writeFileSync(cachedExecutable('0.30.0'), executable, { mode: 0o755 })
  expect(await findPocketBase({ version: '0.30.0' })).toBe(
    join(folder.path, 'pocketbase-typescript/servers/0.30.0/pocketbase'),
  )
})

test('a relative XDG_CACHE_HOME is ignored', () => {
  vi.stubEnv('XDG_CACHE_HOME', 'relative')
  expect(cachedExecutable(version)).toBe(
    join(folder.path, `.cache/pocketbase-typescript/servers/${version}/pocketbase`),
  )
})

test('a release is downloaded, verified and cached', async () => {
  await using host = await hostOf(goodZip)
  const reports: ServerProgress[] = []
  const file = await findPocketBase({ onProgress: (progress) => reports.push(progress) })

  expect(file).toBe(cachedExecutable(version))
  expect(execFileSync(file, ['--version'], { encoding: 'utf8' })).toContain(version)
  expect(cached()).toEqual(['pocketbase'])
  expect(reports.map(({ percent }) => percent)).toContain(100)
  expect(reports.at(-1)).toMatchObject({ step: 'download', done: true })

  await findPocketBase()
  expect(host.requests).toEqual([`/v${version}/checksums.txt`, downloadPath])
})

test('a corrupt download is refused, with both checksums, and nothing is cached', async () => {
  const corrupt = goodZip.slice()
  corrupt[corrupt.length >> 1]! ^= 1
  install('go', 'exit 1')
  await using _host = await hostOf(corrupt, checksumLine(version, goodZip))
  const error = await failure()
  expect(error.reason).toBe('corrupt-download')
  expect(error.message).toContain(checksumLine(version, corrupt).slice(0, 64))
  expect(error.message).toContain(checksumLine(version, goodZip).slice(0, 64))
  expect(cached()).toEqual([])
})

test('a download that is no zip, or one without the executable, is refused', async () => {
  await using _html = await hostOf('<html>Sign in to the hotel network</html>')
  expect(await failure()).toMatchObject({
    reason: 'corrupt-download',
    message: expect.stringContaining('cannot be unzipped'),
    cause: expect.any(Error),
  })
  await using _empty = await hostOf(zipOf({ 'README.md': executable.slice(0, 9) }))
  expect((await failure()).message).toContain('it holds no pocketbase')
})

test('without network and Go the error says what was tried and what to do', async () => {
  const error = await failure()
  expect(error.reason).toBe('not-found')
  expect(error.message.split('\n')).toEqual([
    `PocketBase ${version} is neither here nor could it be fetched.`,
    `  cache: there is no ${cachedExecutable(version)}`,
    expect.stringContaining(`  download: ${unreachable}/v${version}/checksums.txt: `),
    '  build: there is no `go` on PATH',
    expect.stringMatching(/install Go .* or set POCKETBASE_BIN/),
  ])
  expect(error.cause).toBeInstanceOf(AggregateError)
  expect(isPocketBaseServerError(error)).toBe(true)
})

test('a release that does not exist is named', async () => {
  await using _host = await hostOf(404, 404)
  expect((await failure()).message).toMatch(/checksums\.txt: 404 Not Found/)
})

test('a release without a file for this platform is named', async () => {
  await using _host = await hostOf(goodZip, `${'0'.repeat(64)}  pocketbase_other.zip\n`)
  expect((await failure()).message).toContain(`lists no ${archiveName(version)}`)
})

test.for<[string, Answer]>([
  ['does not answer', () => {}],
  ['stops in the middle', (response) => response.writeHead(200).write(goodZip.slice(0, 1000))],
])('a host that %s is given up', async ([, archive]) => {
  await using _host = await hostOf(archive)
  const options = { version, folder: folder.path, onProgress: () => {}, silenceMs: 100 }
  await expect(downloadRelease(options)).rejects.toThrow('no data for 0.1 seconds')
})

test('without a download the Go module is built', async () => {
  install('go', 'echo "$@" > "$GOBIN/base" && /bin/chmod 755 "$GOBIN/base"')
  const reports: ServerProgress[] = []
  const file = await findPocketBase({ onProgress: (progress) => reports.push(progress) })
  expect(readFileSync(file, 'utf8')).toBe(
    'install -ldflags -s -w -X github.com/pocketbase/pocketbase.Version=' +
      `${version} github.com/pocketbase/pocketbase/examples/base@v${version}\n`,
  )
  expect(cached()).toEqual(['pocketbase'])
  expect(reports.map(({ step, done }) => `${step} ${done}`)).toEqual([
    'download false',
    'download true',
    'build false',
    'build true',
  ])
})

test.runIf(goSettings)(
  'the build of the Go module is the server, with its version',
  async () => {
    for (const [name, value] of Object.entries(goSettings ?? {})) vi.stubEnv(name, value)
    const file = await findPocketBase()
    expect(execFileSync(file, ['--version'], { encoding: 'utf8' })).toContain(version)
    expect(cached()).toEqual(['pocketbase'])
  },
  15 * 60_000,
)

test('what Go says about a failed build is in the error', async () => {
  install('go', 'echo "unknown revision v9.9.9" >&2; exit 1')
  expect((await failure()).message).toContain('  build: unknown revision v9.9.9')
})

test('callers at the same time share one download', async () => {
  await using host = await hostOf(goodZip)
  const onProgress = () => {}
  await Promise.all(Array.from({ length: 5 }, async () => findPocketBase({ onProgress })))
  expect(host.requests.filter((path) => path === downloadPath)).toHaveLength(1)
})

test('processes at the same time share one download', async () => {
  await using host = await hostOf(goodZip)
  const scripts = Array.from({ length: 3 }, () =>
    runScript('console.log(await findPocketBase({ onProgress() {} }))'),
  )
  for (const script of scripts) {
    expect(await script.ended, script.output()).toBe(0)
    expect(script.output()).toBe(`${cachedExecutable(version)}\n`)
  }
  expect(host.requests.filter((path) => path === downloadPath)).toHaveLength(1)
})

test('a process that was killed while downloading is not waited for', async () => {
  await using silent = await hostOf(() => {}, checksumLine(version, goodZip))
  const script = runScript('await findPocketBase()')
  await vi.waitFor(() => expect(silent.requests).toContain(downloadPath), 20_000)
  script.child.kill('SIGKILL')
  await script.ended
  expect(cached()).toEqual(['.lock', expect.stringMatching(/^\.staging-/)])

  await using _good = await hostOf(goodZip)
  await findPocketBase({ onProgress: () => {} })
  expect(cached()).toEqual(['pocketbase'])
})

test('a lock without a heartbeat is taken over, whoever has its process number now', async () => {
  await using _host = await hostOf(goodZip)
  const lock = join(dirname(cachedExecutable(version)), '.lock')
  mkdirSync(dirname(lock), { recursive: true })
  writeFileSync(lock, JSON.stringify({ pid: process.pid, host: hostname(), id: 'crashed' }))
  utimesSync(lock, 0, 0)
  await findPocketBase({ onProgress: () => {} })
  expect(cached()).toEqual(['pocketbase'])
})

test('waiting for another process is reported, and can be given up', async () => {
  const lock = join(dirname(cachedExecutable(version)), '.lock')
  mkdirSync(dirname(lock), { recursive: true })
  writeFileSync(lock, JSON.stringify({ pid: process.pid, host: hostname(), id: 'another' }))
  const controller = new AbortController()
  const onProgress = ({ message }: ServerProgress) => controller.abort(new Error(message))
  await expect(findPocketBase({ onProgress, signal: controller.signal })).rejects.toThrow(
    `Waiting for process ${process.pid}, which is fetching PocketBase ${version}`,
  )
  expect(cached()).toEqual(['.lock'])
})

test('a download can be given up', async () => {
  const controller = new AbortController()
  await using _host = await hostOf(() => controller.abort(new Error('enough')))
  const options = { onProgress: () => {}, signal: controller.signal }
  await expect(findPocketBase(options)).rejects.toThrow('enough')
  expect(cached()).toEqual([])
})

test('a cache that cannot be written is named, with the way out', async () => {
  const file = install('a-file', '')
  vi.stubEnv('XDG_CACHE_HOME', file)
  const error = await failure()
  expect(error.reason).toBe('cache')
  expect(error.message).toMatch(/a-file.* cannot be written: .*Set XDG_CACHE_HOME/)
})

async function readGoSettings(): Promise<Record<string, string> | undefined> {
  try {
    const names = ['GOCACHE', 'GOMODCACHE', 'GOPATH', 'GOPROXY', 'GOSUMDB', 'GOFLAGS']
    const run = promisify(execFile)
    const { stdout } = await run('go', ['env', ...names])
    const values = stdout.split('\n')
    const settings = names.map((name, index) => [name, values[index] ?? ''])
    // Even what is cached is built only where the modules' proxy answers: Go asks it for its own newest version.
    await run('go', ['list', '-m', 'github.com/pocketbase/pocketbase@latest'], { cwd: tmpdir() })
    return { ...Object.fromEntries(settings), PATH: process.env['PATH'] ?? '' }
  } catch {
    return undefined
  }
}
