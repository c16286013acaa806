import { join } from 'node:path'

import { installFolder } from '../../scripts/install-folder.ts'

const folder = import.meta.dirname

/** The path of a file of what `package.json` beside this file installs. */
export function installed(...path: string[]): string {
  return join(folder, 'node_modules', ...path)
}

/** Installs the runtimes, compilers and bundlers when they are missing or others than the lockfile says. */
export function installIfNeeded(): void {
  const notice =
    'Installing Node 20.19 and 22, Bun, Deno, workerd, compilers and bundlers into test/runtimes/node_modules: ' +
    'a minute or two, 1 GB, once ...'
  try {
    installFolder(folder, [], notice)
  } catch {
    console.error(
      '\nThat failed, see above. They come from the npm registry, some of them by install scripts, which must not be switched off.\n' +
        'To try again: npm run test:runtimes',
    )
    process.exit(1)
  }
}
