import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { runStep } from './progress.ts'
import type { OnProgress, Step } from './progress.ts'

/** Settings of {@link buildModule}. */
export interface BuildOptions {
  version: string
  /** Where the executable is written to. */
  folder: string
  onProgress: OnProgress
  signal?: AbortSignal | undefined
}

const modulePath = 'github.com/pocketbase/pocketbase'
const longestBuildMs = 15 * 60_000

/**
 * Builds the executable from its Go module. The module's `examples/base` is the official executable's
 * main package.
 *
 * @returns the executable's path.
 */
export async function buildModule(options: BuildOptions): Promise<string> {
  await runStep('build', options.onProgress, async (step) => install(options, step))
  return join(options.folder, process.platform === 'win32' ? 'base.exe' : 'base')
}

async function install({ version, folder, signal }: BuildOptions, step: Step): Promise<void> {
  const building = `Building PocketBase ${version} from its Go module`
  step.report(`${building} (a minute or two the first time)`)
  const ticker = setInterval(() => step.report(`${building}: ${step.elapsed()}`), 1000)
  const flags = `-s -w -X ${modulePath}.Version=${version}`
  try {
    await promisify(execFile)(
      'go',
      ['install', '-ldflags', flags, `${modulePath}/examples/base@v${version}`],
      { env: buildEnvironment(folder), signal, timeout: longestBuildMs, maxBuffer: 2 ** 26 },
    )
  } catch (error) {
    signal?.throwIfAborted()
    throw new Error(explain(error), { cause: error })
  } finally {
    clearInterval(ticker)
  }
  step.report(`Built PocketBase ${version} in ${step.elapsed()}`, { done: true })
}

function buildEnvironment(folder: string): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    GOBIN: folder,
    // A release asks for a newer Go than the one installed: Go then fetches that one by itself.
    GOTOOLCHAIN: 'auto',
    CGO_ENABLED: '0',
  }
  // `go install` refuses GOBIN when it is told to build for another system.
  delete environment['GOOS']
  delete environment['GOARCH']
  return environment
}

function explain(error: unknown): string {
  const {
    code,
    killed,
    stderr = '',
  } = error as NodeJS.ErrnoException & {
    killed?: boolean
    stderr?: string
  }
  if (code === 'ENOENT') return 'there is no `go` on PATH'
  if (killed) return `\`go install\` took longer than ${longestBuildMs / 60_000} minutes`
  const lines = stderr.split('\n').filter((line) => line && !line.startsWith('go: downloading'))
  return lines.slice(-5).join('\n') || String(error)
}
