import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')

/** Builds `dist` when it is missing or older than the sources. */
export function ensureDist(): void {
  const built = join(root, 'dist/index.js')
  if (existsSync(built) && statSync(built).mtimeMs >= newestSourceMs()) return
  console.error('Building dist, which is missing or older than src.')
  const tools = join(root, 'node_modules/.bin')
  const { status } = spawnSync(process.execPath, ['scripts/build.ts'], {
    cwd: root,
    stdio: 'inherit',
    // Where npm has not put them.
    env: { ...process.env, PATH: `${tools}${delimiter}${process.env['PATH']}` },
  })
  if (status !== 0) process.exit(1)
}

/** Folders count too: theirs is the time at which a file went. */
function newestSourceMs(): number {
  const src = join(root, 'src')
  const entries = readdirSync(src, { recursive: true, encoding: 'utf8' })
  return Math.max(...entries.map((entry) => statSync(join(src, entry)).mtimeMs))
}
