import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { cacheFolder } from '../../src/testing/cache.ts'
import { takeLock } from '../../src/testing/lock.ts'

const run = promisify(execFile)
const longestMs = 20 * 60_000

/** Builds the collector of the folder beside this file, once, and returns its executable. */
export async function findCollector(): Promise<string> {
  const source = join(import.meta.dirname, 'collector')
  const folder = await cacheFolderOf('collector', [join(source, 'main.go'), join(source, 'go.sum')])
  const executable = join(folder, process.platform === 'win32' ? 'collector.exe' : 'collector')
  await once(folder, executable, async () => {
    console.log('Building an OpenTelemetry Collector from its Go modules (minutes, once) ...')
    const building = `${executable}.${process.pid}`
    await run('go', ['build', '-ldflags', '-s -w', '-o', building, '.'], {
      cwd: source,
      env: { ...process.env, GOTOOLCHAIN: 'auto', CGO_ENABLED: '0' },
      timeout: longestMs,
      maxBuffer: 2 ** 26,
    })
    await rename(building, executable)
  })
  return executable
}

/** Installs ClickHouse's engine for Python, once, and returns that Python. */
export async function findClickHouse(): Promise<string> {
  const requirements = join(import.meta.dirname, 'requirements.txt')
  const folder = await cacheFolderOf('clickhouse', [requirements])
  const isWindows = process.platform === 'win32'
  const python = join(folder, isWindows ? 'venv/Scripts/python.exe' : 'venv/bin/python')
  await once(folder, join(folder, 'installed'), async () => {
    console.log('Installing chdb, the embedded ClickHouse (600 MB, once) ...')
    // It cannot be moved, so it is made where it stays, and the file comes last.
    await rm(join(folder, 'venv'), { recursive: true, force: true })
    const limits = { timeout: longestMs, maxBuffer: 2 ** 26 }
    await run(isWindows ? 'python' : 'python3', ['-m', 'venv', join(folder, 'venv')], limits)
    const install = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--requirement', requirements]
    await run(python, install, limits)
    await writeFile(join(folder, 'installed'), '')
  })
  return python
}

/** One for each content of the files. */
async function cacheFolderOf(name: string, files: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const file of files) hash.update(await readFile(file))
  const folder = join(cacheFolder(), name, hash.digest('hex').slice(0, 12))
  await mkdir(folder, { recursive: true })
  return folder
}

async function once(folder: string, result: string, make: () => Promise<void>): Promise<void> {
  if (existsSync(result)) return
  const release = await takeLock(join(folder, 'lock'))
  try {
    if (!existsSync(result)) await make()
  } finally {
    await release()
  }
}
