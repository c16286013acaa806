import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { startPocketBase } from '../../src/testing/index.ts'
import { serverOptions } from '../methods/context.ts'
import { newest } from '../support/versions.ts'
import { bundleSuite, caseFiles } from './bundle.ts'
import { installed } from './install.ts'
import type { Project } from './project.ts'
import { reported } from './report.ts'
import type { Report } from './report.ts'

/** The members of miniflare's API that are used here. */
interface MiniflareModule {
  readonly Miniflare: new (options: object) => {
    dispatchFetch(url: string): Promise<Response>
    dispose(): Promise<void>
  }
}

/** Runs the smaller suite in workerd, with the package bundled in, as Cloudflare's tools do. */
export async function runInWorkerd(project: Project): Promise<Report> {
  return reported('workerd', async () => run(project))
}

async function run(project: Project): Promise<Report> {
  const worker = join(project.folder, 'worker.mjs')
  const bundled = join(project.folder, 'suite-worker.mjs')
  await bundleSuite('worker.ts', caseFiles(true), {
    platform: 'neutral',
    outfile: bundled,
    external: ['node:*'],
  })
  await project.run(installed('.bin/esbuild'), [
    bundled,
    '--bundle',
    '--format=esm',
    '--external:node:*',
    '--conditions=workerd,worker,browser',
    `--outfile=${worker}`,
  ])

  await using server = await startPocketBase({ version: newest, ...serverOptions })
  const entry = pathToFileURL(installed('miniflare/dist/src/index.js')).href
  const { Miniflare } = (await import(entry)) as MiniflareModule
  const miniflare = new Miniflare({
    modules: true,
    script: readFileSync(worker, 'utf8'),
    compatibilityDate: '2026-07-01',
    // For `node:assert`, which the cases use; the package needs nothing of it.
    compatibilityFlags: ['nodejs_compat'],
    bindings: { url: server.url, version: server.version, ...server.superuser },
  })
  try {
    const response = await miniflare.dispatchFetch('http://suite.test/')
    if (!response.ok) throw new Error(`workerd: ${await response.text()}`)
    const report = (await response.json()) as Report
    if (report.runtime !== 'Cloudflare-Workers') throw new Error(`It was ${report.runtime}`)
    const printed = execFileSync(installed('workerd/bin/workerd'), ['--version'], {
      encoding: 'utf8',
    })
    return { ...report, runtime: printed.trim() }
  } finally {
    await miniflare.dispose()
  }
}
