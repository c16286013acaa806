import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { chromium } from 'playwright-core'

import { findChromium } from '../../scripts/chromium.ts'
import { startPocketBase } from '../../src/testing/index.ts'
import type { Cell } from '../methods/table.ts'
import { serverOptions } from '../methods/context.ts'
import { newest } from '../support/versions.ts'
import { bundleSuite, caseFiles } from './bundle.ts'
import { pageProjects } from './consumers.ts'
import type { PageSuite } from './entries/page.ts'
import type { Project } from './project.ts'
import { reported } from './report.ts'
import type { Report } from './report.ts'

/** What the pages ask for, from the package as a CDN serves it. */
const pages = {
  'import map': `<!doctype html><title>Modules</title>
    <script type="importmap">
      { "imports": { "pocketbase-typescript": "/package/dist/index.js" } }
    </script>
    <script type="module">
      import { use } from '/browser.js'
      import suite from '/suite.js'
      Object.assign(globalThis, { use, suite })
    </script>`,
  script: `<!doctype html><title>Script</title>
    <script src="/package/dist/umd/index.js"></script>
    <script src="/script.js"></script>`,
}

/** What scripts of the pages have put there. */
interface PageGlobals {
  /** Of the project for such a page. */
  readonly use: (url: string, email: string, password: string) => Promise<string>
  readonly suite: PageSuite
}

/**
 * Runs the smaller suite in a page that finds the package by an import map.
 *
 * @param cells - gets what the projects for pages did.
 */
export async function runInChromium(project: Project, cells: Map<string, Cell>): Promise<Report> {
  return reported('Chromium', async () => run(project, cells))
}

async function run(project: Project, cells: Map<string, Cell>): Promise<Report> {
  const executablePath = findChromium()
  if (!executablePath)
    throw new Error('No Chromium found: `node scripts/chromium.ts` says how to get one')
  const { folder } = project
  const publicDir = join(folder, 'public')
  mkdirSync(publicDir)
  cpSync(join(folder, 'node_modules/pocketbase-typescript'), join(publicDir, 'package'), {
    recursive: true,
  })
  for (const [name, text] of Object.entries(pages)) {
    writeFileSync(join(publicDir, `${name}.html`), text)
  }
  for (const [name, file] of Object.entries(pageProjects(project))) {
    cpSync(file, join(publicDir, `${name}.js`))
  }
  await bundleSuite('page.ts', caseFiles(true), {
    platform: 'browser',
    outfile: join(publicDir, 'suite.js'),
    alias: { 'node:assert/strict': join(import.meta.dirname, 'entries/assert.ts') },
  })

  await using server = await startPocketBase({ version: newest, publicDir, ...serverOptions })
  const browser = await chromium.launch({ executablePath })
  try {
    const page = await browser.newPage()
    for (const name of ['script', 'import map']) {
      await page.goto(`${server.url}/${name}.html`)
      const { email, password } = server.superuser!
      const result = await page
        .evaluate(
          async ([url, ...credentials]) =>
            (globalThis as unknown as PageGlobals).use(url, ...credentials),
          [server.url, email, password] as const,
        )
        .catch(String)
      const isGood = result === 'ok'
      cells.set(`page with ${name}`, { text: isGood ? 'ok' : 'FAILED', isGood, reason: result })
    }
    const { url, version } = server
    const outcomes = await page.evaluate(
      async (remote) => (globalThis as unknown as PageGlobals).suite(remote),
      { url, version, ...server.superuser! },
    )
    return { runtime: `Chromium ${browser.version()}`, outcomes }
  } finally {
    await browser.close()
  }
}
