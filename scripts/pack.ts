import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')

/** Packs the package as npm would, with `dist` as it is, into a folder. Files are named by their paths in the package. */
export function pack(folder: string): { tarball: string; files: Set<string> } {
  // The build has just been made; the package's own scripts would make it again.
  const { status, stdout, stderr } = spawnSync(
    'npm',
    ['pack', '--ignore-scripts', '--json', '--pack-destination', folder],
    { cwd: root, encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`npm pack failed: ${stderr}`)
  const [packed] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[]
  if (packed === undefined) throw new Error('npm pack did not say what it packed')
  return {
    tarball: join(folder, packed.filename),
    files: new Set(packed.files.map(({ path }) => path)),
  }
}
