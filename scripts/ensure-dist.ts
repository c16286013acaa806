import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')

/** What `dist` is made of, and by: files, and folders with all that is in them. */
const inputs = [
  'src',
  'hooks',
  'scripts/build.ts',
  'scripts/commonjs.ts',
  'scripts/dashboard.ts',
  'scripts/program.ts',
  'scripts/sync.ts',
  'scripts/sync-declarations.ts',
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
]

/** Builds `dist` when it is missing or older than what it is made of. Ends the process when that fails. */
export function ensureDist(): void {
  // Of what a build writes, the first.
  const built = join(root, 'dist/index.d.ts')
  if (existsSync(built) && changedAtMs() <= statSync(built).mtimeMs) return
  console.error('Building dist, which is missing or older than what it is made of.')
  const tools = join(root, 'node_modules/.bin')
  const { status } = spawnSync(process.execPath, ['scripts/build.ts'], {
    cwd: root,
    stdio: 'inherit',
    // Where npm has not put them.
    env: { ...process.env, PATH: `${tools}${delimiter}${process.env['PATH']}` },
  })
  if (status !== 0) process.exit(1)
}

/** Folders count too: their time changes with files that are added and removed. */
function changedAtMs(): number {
  const paths = inputs.flatMap((input) => withContents(join(root, input)))
  return Math.max(...paths.map((path) => statSync(path).mtimeMs))
}

function withContents(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path]
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' })
  return [path, ...names.map((name) => join(path, name))]
}
