import { readdirSync } from 'node:fs'
import { join, posix, relative, resolve, sep } from 'node:path'

import type { BuildOptions, Plugin } from 'esbuild'

/** What building the program `pbts` needs besides what entry points need. */
export function programOptions(root: string): Pick<BuildOptions, 'banner' | 'plugins'> {
  return {
    plugins: [listOfCommands(root), otherEntryPointsOutside(root)],
    // A library of CommonJS asks for Node's modules by it.
    banner: {
      js: "import { createRequire } from 'node:module'\nconst require = createRequire(import.meta.url)",
    },
  }
}

/** A command of the program is a file in `src/cli/commands`, and nothing else. */
function listOfCommands(root: string): Plugin {
  return {
    name: 'list-of-commands',
    setup(build) {
      build.onLoad({ filter: /[\\/]src[\\/]cli[\\/]commands\.ts$/ }, () => {
        const folder = join(root, 'src/cli/commands')
        const names = readdirSync(folder).sort()
        return {
          loader: 'ts' as const,
          contents: [
            ...names.map((name, index) => `import * as c${index} from './commands/${name}'`),
            `export const commands = [${names.map((_, index) => `c${index}`).join(', ')}]`,
          ].join('\n'),
        }
      })
    },
  }
}

/** The program is beside the entry points that it uses. */
function otherEntryPointsOutside(root: string): Plugin {
  const sources = join(root, 'src')
  return {
    name: 'other-entry-points-outside',
    setup(build) {
      build.onResolve({ filter: /\/index\.ts$/ }, ({ path, resolveDir }) => {
        const file = relative(sources, resolve(resolveDir, path)).split(sep)
        return { path: posix.join('..', ...file).replace(/ts$/, 'js'), external: true }
      })
    },
  }
}
