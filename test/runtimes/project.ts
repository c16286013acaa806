import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

import { pack } from '../../scripts/pack.ts'
import { installed } from './install.ts'

/** What a program has printed and how it ended. */
export interface Ended {
  readonly exitCode: number | null
  readonly stdout: string
  /** Standard output, then standard error. */
  readonly output: string
}

/** A temporary folder where the packed package is installed as users install it, and nothing of this repository is in reach. */
export interface Project extends AsyncDisposable {
  readonly folder: string
  /** Runs a program there. It is killed after three minutes. */
  run(command: string, args: readonly string[], env?: Record<string, string>): Promise<Ended>
}

/** Packs the package, with `dist` as it is, and installs it. */
export async function createProject(): Promise<Project> {
  const folder = mkdtempSync(join(tmpdir(), 'pocketbase-runtimes-'))
  const project: Project = {
    folder,
    run: async (command, args, env = {}) => {
      const child = spawn(command, args, {
        cwd: folder,
        env: { ...process.env, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: 180_000,
      })
      const exitCode = new Promise<number | null>((resolve, reject) => {
        child.once('error', reject).once('close', resolve)
      })
      const [stdout, stderr, code] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        exitCode,
      ])
      return { exitCode: code, stdout, output: stdout + stderr }
    },
    [Symbol.asyncDispose]: async () => rmSync(folder, { recursive: true, force: true }),
  }
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  const options = ['--offline', '--no-audit', '--no-fund']
  const { exitCode, output } = await project.run('npm', [
    'install',
    ...options,
    pack(folder).tarball,
  ])
  if (exitCode !== 0) throw new Error(`npm could not install the package:\n${output}`)
  // What TypeScript projects that run on Node have besides.
  for (const name of ['@types', 'undici-types']) {
    symlinkSync(installed(name), join(folder, 'node_modules', name))
  }
  // The peer of one of its entry points.
  symlinkSync(
    join(import.meta.dirname, '../../node_modules/@opentelemetry'),
    join(folder, 'node_modules/@opentelemetry'),
  )
  return project
}
