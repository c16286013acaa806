import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { build, type BuildOptions, type Plugin } from 'esbuild'

const root = resolve(import.meta.dirname, '../..')
const casesFolder = join(root, 'test/methods/cases')

/** The files of cases, or those of them that ask for nothing of Node but `node:assert`. */
export function caseFiles(isPortable: boolean): string[] {
  const all = readdirSync(casesFolder)
    .sort()
    .map((file) => join(casesFolder, file))
  if (!isPortable) return all
  return all.filter(
    (file) => !/'node:(?!assert)|\/src\/\w+\/index|\/peers\.ts/.test(readFileSync(file, 'utf8')),
  )
}

/**
 * Writes one file with the method suite for a runtime.
 *
 * @param entry - the file of `entries` whose `run` gets the cases.
 * @param files - of {@link caseFiles}.
 * @param core - what cases get for the core.
 */
export async function bundleSuite(
  entry: string,
  files: readonly string[],
  options: BuildOptions,
  core = 'pocketbase-typescript',
): Promise<void> {
  const lines = files.map((file, index) => `import * as file${index} from ${JSON.stringify(file)}`)
  const names = files.map((_, index) => `file${index}`)
  await build({
    absWorkingDir: root,
    stdin: {
      contents: `${lines.join('\n')}
        import { run } from ${JSON.stringify(join(import.meta.dirname, 'entries', entry))}
        export default run([${names.join(', ')}])`,
      resolveDir: root,
    },
    bundle: true,
    format: 'esm',
    target: 'es2022',
    logLevel: 'warning',
    ...options,
    plugins: [fromThePackage(core)],
  })
}

/** What the cases import from `src` becomes an import of the package by its name. */
function fromThePackage(core: string): Plugin {
  return {
    name: 'from-the-package',
    setup(building) {
      building.onResolve({ filter: /\/src\/(\w+\/)?index\.ts$/ }, ({ path }) => {
        const subpath = /\/src\/(?:(\w+)\/)?index\.ts$/.exec(path)?.[1]
        return {
          path: subpath ? `pocketbase-typescript/${subpath}` : core,
          external: true,
          sideEffects: false,
        }
      })
    },
  }
}
