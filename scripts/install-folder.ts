import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Installs by `npm ci` what the lockfile in a folder lists, unless just that is installed there.
 *
 * @param flags - npm's, besides.
 * @param notice - what to print before it begins.
 * @throws Error when npm fails, which says itself why.
 */
export function installFolder(folder: string, flags: readonly string[] = [], notice = ''): void {
  const lockfile = readFileSync(join(folder, 'package-lock.json'), 'utf8')
  // `npm ci` removes it with all the rest before it installs anything.
  const record = join(folder, 'node_modules/.installed-lockfile.json')
  if (existsSync(record) && readFileSync(record, 'utf8') === lockfile) return
  if (notice) console.error(notice)
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', ...flags], {
    cwd: folder,
    // Standard output may be for something else.
    stdio: ['ignore', 2, 2],
  })
  if (status !== 0) throw new Error(`npm ci failed in ${folder}`)
  writeFileSync(record, lockfile)
}
