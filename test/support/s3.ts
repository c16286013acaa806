import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

import getPort from 'get-port'

import type { S3Config } from '../../src/index.ts'
import { cachedExecutable, isExecutable } from '../../src/testing/cache.ts'
import { temporaryFolder } from './processes.ts'

const version = '1.2.0'
const bucket = 'files'

/** An S3 storage of this test. It takes any key. */
export interface S3Server extends AsyncDisposable {
  /** What a PocketBase's settings say of it. */
  readonly settings: S3Config
  /** Where it stores what it gets, each object a file. */
  readonly folder: string
}

/** Starts an S3 server on a free port. The first time it is built by Go, into the cache where PocketBase's executables are. */
export async function startS3(): Promise<S3Server> {
  const executable = await findServer()
  const own = await temporaryFolder()
  const port = await getPort({ host: '127.0.0.1' })
  const flags = { host: `127.0.0.1:${port}`, backend: 'fs', 'fs.path': own.path }
  const args = Object.entries(flags).map(([name, value]) => `-${name}=${value}`)
  const child = spawn(executable, [...args, '-fs.create', `-initialbucket=${bucket}`, '-quiet'])
  const ended = once(child, 'close')
  const endpoint = `http://127.0.0.1:${port}`
  while (!(await answers(endpoint))) {
    if (child.exitCode !== null) throw new Error(`gofakes3 ended with ${child.exitCode}.`)
    await sleep(20)
  }
  return {
    folder: join(own.path, 'buckets', bucket),
    settings: {
      enabled: true,
      bucket,
      region: 'us-east-1',
      endpoint,
      accessKey: 'key',
      secret: 'secret',
      forcePathStyle: true,
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
      await own[Symbol.asyncDispose]()
    },
  }
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  )
}

async function findServer(): Promise<string> {
  const servers = dirname(dirname(cachedExecutable(version)))
  const folder = join(dirname(servers), 'tools', `gofakes3-${version}`)
  const name = process.platform === 'win32' ? 'gofakes3.exe' : 'gofakes3'
  const file = join(folder, name)
  if (await isExecutable(file)) return file
  await mkdir(folder, { recursive: true })
  const staging = await mkdtemp(join(folder, '.staging-'))
  try {
    await promisify(execFile)(
      'go',
      ['install', `github.com/johannesboyne/gofakes3/cmd/gofakes3@v${version}`],
      { env: { ...process.env, GOBIN: staging, CGO_ENABLED: '0', GOTOOLCHAIN: 'auto' } },
    )
    // In one step: others may look for it at the same time.
    await rename(join(staging, name), file)
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
  return file
}
