import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

import { build } from 'esbuild'
import { chromium } from 'playwright-core'
import type { Browser, BrowserContext } from 'playwright-core'
import type * as official from 'pocketbase'

import { findChromium } from '../../scripts/chromium.ts'
import type * as analytics from '../../src/analytics/index.ts'
import type * as pocketbase from '../../src/index.ts'
import type { PocketBase } from '../../src/index.ts'
import type * as live from '../../src/live/index.ts'
import { startPocketBase } from '../../src/testing/index.ts'
import type { PocketBaseServer, StartOptions } from '../../src/testing/index.ts'
import type * as tracing from './tracing.ts'

/** What scripts find in the pages. */
export interface PageGlobals {
  pocketbase: typeof pocketbase
  analytics: typeof analytics
  live: typeof live
  tracing: typeof tracing
  /** The official client. */
  official: typeof official
  /** What the tests keep there from one script to the next. */
  pb: PocketBase
  told: unknown[]
}

/** A real PocketBase whose pages have the package, as a bundler makes it for apps, and a browser to open them in. */
export interface BrowserTests extends AsyncDisposable {
  readonly server: PocketBaseServer
  /** Signed in as superuser. */
  readonly admin: PocketBase
  readonly browser: Browser
  /** A browser of its own whose users have forbidden sites to store anything. */
  launchWithoutStorage(): Promise<BrowserContext>
}

const root = resolve(import.meta.dirname, '../..')

/** Starts the server and the browser. */
export async function startBrowserTests(options: StartOptions = {}): Promise<BrowserTests> {
  const executablePath = findChromium()
  if (!executablePath)
    throw new Error('No Chromium found: `node scripts/chromium.ts` says how to get one')
  await using cleanUp = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'pocketbase-browser-'))
  cleanUp.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))

  const publicDir = join(folder, 'public')
  await writePages(publicDir)
  const server = cleanUp.use(await startPocketBase({ publicDir, ...options }))
  const browser = await chromium.launch({ executablePath })
  cleanUp.defer(() => browser.close())

  const whole = cleanUp.move()
  return {
    server,
    admin: await server.superuserClient(),
    browser,
    async launchWithoutStorage() {
      const profile = await mkdtemp(join(folder, 'profile-'))
      await mkdir(join(profile, 'Default'))
      // "Don't allow sites to save data on your device", as the settings page writes it.
      const preferences = { profile: { default_content_setting_values: { cookies: 2 } } }
      await writeFile(join(profile, 'Default/Preferences'), JSON.stringify(preferences))
      const context = await chromium.launchPersistentContext(profile, { executablePath })
      whole.defer(() => context.close())
      return context
    },
    [Symbol.asyncDispose]: () => whole.disposeAsync(),
  }
}

/** Watches the pages of a context. Returns what closes it after a test, and throws when something went wrong in one of them. */
export function closing(context: BrowserContext): () => Promise<void> {
  const uncaught: string[] = []
  context.on('weberror', (error) => uncaught.push(error.error().message))
  return async () => {
    await context.close()
    assert.deepEqual(uncaught, [])
  }
}

async function writePages(publicDir: string): Promise<void> {
  const entries = {
    pocketbase: 'src/index.ts',
    analytics: 'src/analytics/index.ts',
    live: 'src/live/index.ts',
    tracing: 'test/support/tracing.ts',
    official: 'node_modules/pocketbase/dist/pocketbase.es.mjs',
  }
  for (const [name, entry] of Object.entries(entries)) {
    await build({
      absWorkingDir: root,
      entryPoints: [entry],
      outfile: join(publicDir, `${name}.js`),
      bundle: true,
      minify: true,
      format: 'iife',
      globalName: name,
      platform: 'browser',
      logLevel: 'warning',
    })
  }
  const scripts = Object.keys(entries).map((name) => `<script src="/${name}.js"></script>`)
  await writeFile(
    join(publicDir, 'index.html'),
    `<!doctype html><title>Test</title>${scripts.join('')}`,
  )
  // No allow-same-origin: the page inside belongs to nobody, and may not store.
  const frame =
    '<!doctype html><title>Test</title><iframe sandbox="allow-scripts" src="/"></iframe>'
  await writeFile(join(publicDir, 'sandbox.html'), frame)
}
