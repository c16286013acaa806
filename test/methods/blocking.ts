import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { bundleSuite, caseFiles } from '../runtimes/bundle.ts'
import type { Report } from '../runtimes/report.ts'

const root = resolve(import.meta.dirname, '../..')

/** Longer than a case of any method takes, on a slow computer. */
const maxSilenceMs = 60_000

/** Writes one file with the cases of the blocking client. */
export async function bundleBlockingSuite(outfile: string): Promise<void> {
  const files = caseFiles(false).filter(
    (file) =>
      !/\/src\/(analytics|live|node|opentelemetry|testing)\/index/.test(readFileSync(file, 'utf8')),
  )
  const options = { platform: 'node', outfile } as const
  await bundleSuite('blocking.ts', files, options, 'pocketbase-typescript/sync')
}

/**
 * Runs the cases with the blocking client, in a process of their own: one that waits for what never comes would take this one along.
 *
 * @returns what came of them; the reason is that of those which are missing.
 */
export async function runBlocking(
  version: string,
): Promise<Pick<Report, 'outcomes'> & { reason: string }> {
  mkdirSync(join(root, 'temp'), { recursive: true })
  // Within the package, where its own name leads to what is built.
  const folder = mkdtempSync(join(root, 'temp/blocking-'))
  try {
    const [suite, report] = [join(folder, 'suite.mjs'), join(folder, 'report.json')]
    await bundleBlockingSuite(suite)
    const child = spawn(process.execPath, [suite, version, report], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let last = 'nothing'
    let timer: ReturnType<typeof setTimeout> | undefined
    const watch = (): void => {
      clearTimeout(timer)
      timer = setTimeout(() => child.kill('SIGKILL'), maxSilenceMs)
    }
    watch()
    child.stdout.on('data', (chunk: Buffer) => {
      last = chunk.toString().trim().split('\n').at(-1)!
      watch()
    })
    const [code, signal] = await new Promise<[number | null, string | null]>((done, fail) => {
      child.once('error', fail)
      child.once('close', (...end) => done(end))
    })
    clearTimeout(timer)
    if (code === 0) {
      const { outcomes } = JSON.parse(readFileSync(report, 'utf8')) as Report
      return { outcomes, reason: 'no case tests it' }
    }
    return { outcomes: {}, reason: `the suite ended with ${code ?? signal} in ${last}` }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
