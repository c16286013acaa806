import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Builds `dist` when it is missing or older than the sources. */
export function buildIfNeeded(root: string): void {
  const built = join(root, 'dist/index.d.ts')
  if (existsSync(built) && changedAtMs(join(root, 'src')) <= statSync(built).mtimeMs) return
  const { status } = spawnSync(process.execPath, [join(root, 'scripts/build.ts')], {
    stdio: 'inherit',
  })
  if (status !== 0) process.exit(1)
}

/** Folders count too: their time changes with files that are added and removed. */
function changedAtMs(folder: string): number {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return Math.max(...['', ...paths].map((path) => statSync(join(folder, path)).mtimeMs))
}
