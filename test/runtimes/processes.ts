import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { bundleBlockingSuite } from '../methods/blocking.ts'
import { newest } from '../support/versions.ts'
import { bundleSuite, caseFiles } from './bundle.ts'
import { installed } from './install.ts'
import type { Project } from './project.ts'
import { reported } from './report.ts'
import type { Report } from './report.ts'

/** A runtime that programs run in as processes. */
interface Runtime {
  /** What it must say it is. */
  readonly name: string
  readonly command: string
  readonly args?: readonly string[]
}

const processes: readonly Runtime[] = [
  { name: 'Node 20.19', command: installed('node20/bin/node') },
  { name: 'Node 22', command: installed('node22/bin/node') },
  // That of this repository, which runs this file.
  { name: 'Node 24', command: process.execPath },
  { name: 'Bun 1', command: installed('bun/bin/bun.exe') },
  { name: 'Deno 2', command: installed('deno/deno'), args: ['run', '--allow-all', '--quiet'] },
]

/** Runs the whole method suite; the package itself starts the servers, in each runtime. */
export async function runInProcesses(project: Project): Promise<Report[]> {
  const suite = join(project.folder, 'suite.mjs')
  await bundleSuite('process.ts', caseFiles(false), { platform: 'node', outfile: suite })
  return runEverywhere(suite, project)
}

/** The same with the blocking client. */
export async function runBlockingInProcesses(project: Project): Promise<Report[]> {
  const suite = join(project.folder, 'blocking.mjs')
  await bundleBlockingSuite(suite)
  return runEverywhere(suite, project)
}

async function runEverywhere(suite: string, project: Project): Promise<Report[]> {
  const reports: Report[] = []
  for (const runtime of processes) {
    reports.push(await reported(runtime.name, async () => runIn(runtime, suite, project)))
  }
  return reports
}

async function runIn(
  { name, command, args = [] }: Runtime,
  suite: string,
  project: Project,
): Promise<Report> {
  const reportFile = join(project.folder, `${name}.json`)
  const { exitCode, output } = await project.run(command, [...args, suite, newest, reportFile])
  if (exitCode !== 0) throw new Error(`It ended with ${exitCode}:\n${output}`)
  const report = JSON.parse(readFileSync(reportFile, 'utf8')) as Report
  if (!`${report.runtime}.`.startsWith(`${name}.`)) throw new Error(`It was ${report.runtime}`)
  return report
}
