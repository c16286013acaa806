/** Finds a Chromium for the browser tests. Run by itself, it says where it is, or how to get one. */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

import { chromium } from 'playwright-core'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/**
 * The path of `$CHROMIUM_BIN`, else of the first Chromium or Chrome on the `PATH`, else of the one that Playwright
 * has installed; `undefined` when there is none.
 */
export function findChromium(): string | undefined {
  const named = process.env['CHROMIUM_BIN']
  if (named) return named
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const places = names.flatMap((name) => folders.map((folder) => join(folder, name)))
  return [...places, chromium.executablePath()].find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

if (import.meta.main) {
  const path = findChromium()
  if (path === undefined || !isExecutable(path)) {
    console.error(
      (path === undefined
        ? 'The browser tests need Chromium or Chrome and found none on the PATH.\n'
        : `The browser tests cannot run $CHROMIUM_BIN: ${path}\n`) +
        '  Debian:           apt-get install --no-install-recommends chromium\n' +
        '  elsewhere:        npx playwright-core install chromium\n' +
        '  one you have:     CHROMIUM_BIN=/path/to/chrome npm run test:browser',
    )
    process.exit(1)
  }
  console.log(`Browser: ${path}`)
}
