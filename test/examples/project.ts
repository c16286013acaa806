import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import getPort from 'get-port'

/** How long an example may take to be installed, checked and built. */
const stepMs = 600_000

/** How long an example may take to answer. */
const startMs = 60_000

/** A running example, in a temporary copy that has what its lockfile says and the packed package. */
export interface Example extends AsyncDisposable {
  readonly url: string
  /** What it has printed so far. */
  readonly output: () => string
}

/**
 * Copies an example, installs its lockfile and the package into the copy, has its types checked, builds and starts it.
 *
 * @throws Error with what was printed when a step fails.
 */
export async function startExample(
  folder: string,
  tarball: string,
  pocketBaseUrl: string,
): Promise<Example> {
  const copy = mkdtempSync(join(tmpdir(), `pocketbase-example-${basename(folder)}-`))
  let server: ChildProcess | undefined
  const dispose = async (): Promise<void> => {
    if (server) await stop(server)
    rmSync(copy, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    const isSource = (path: string): boolean =>
      !/^(node_modules|dist|build|\.(next|nuxt|output|svelte-kit|astro))$/.test(basename(path))
    cpSync(folder, copy, { recursive: true, filter: isSource })
    const port = await getPort()
    const url = `http://127.0.0.1:${port}`
    const env = {
      ...process.env,
      POCKETBASE_URL: pocketBaseUrl,
      HOST: '127.0.0.1',
      PORT: `${port}`,
      ORIGIN: url,
      // Each framework has a name of its own for it.
      ASTRO_TELEMETRY_DISABLED: '1',
      NEXT_TELEMETRY_DISABLED: '1',
      NUXT_TELEMETRY_DISABLED: '1',
    }
    await npm(copy, ['ci', ...quiet], env)
    const home = join(copy, 'node_modules/pocketbase-typescript')
    mkdirSync(home)
    execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', home])
    const { scripts } = JSON.parse(readFileSync(join(copy, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>
    }
    for (const script of ['build', 'check'])
      if (script in scripts) await npm(copy, ['run', script], env)
    // A group of its own: npm starts a shell, which starts the server.
    server = spawn('npm', ['start'], { cwd: copy, env, detached: true })
    const output = printed(server)
    await answers(url, server, output)
    return { url, output, [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}

/** For whatever npm installs. */
export const quiet = ['--prefer-offline', '--no-audit', '--no-fund']

/** Runs npm in a folder. */
export async function npm(cwd: string, args: readonly string[], env = process.env): Promise<void> {
  const child = spawn('npm', args, { cwd, env, timeout: stepMs })
  const output = printed(child)
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`npm ${args.join(' ')} failed:\n${output()}`)
}

/** Waits until a server answers. */
async function answers(url: string, server: ChildProcess, output: () => string): Promise<void> {
  const startedAt = performance.now()
  for (;;) {
    const isUp = await fetch(url).then(
      () => true,
      () => false,
    )
    if (isUp) return
    if (server.exitCode !== null || performance.now() - startedAt > startMs) {
      throw new Error(`npm start does not answer at ${url}:\n${output()}`)
    }
    await sleep(100)
  }
}

/** Ends a process with all that it has started. */
async function stop(server: ChildProcess): Promise<void> {
  try {
    process.kill(-server.pid!, 'SIGKILL')
  } catch {
    // It has ended.
  }
  if (server.exitCode === null && server.signalCode === null) await once(server, 'exit')
}

function printed({ stdout, stderr }: ChildProcess): () => string {
  let output = ''
  for (const stream of [stdout!, stderr!]) {
    stream.on('data', (data: Buffer) => {
      output += data.toString()
    })
  }
  return () => output
}
