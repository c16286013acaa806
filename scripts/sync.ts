/**
 * Builds the blocking client, `pocketbase-typescript/sync`, from the client itself: there is no second list of its methods.
 *
 * Engines run what follows an `await` from their event loop alone, which a script that blocks never comes to. So the client's code is
 * built once more, with `async` functions as generators, and with a `Promise`, timers and a `fetch` of our own in the place of the globals
 * (`src/sync/globals.ts`): those do their work while the script is blocked. Classes that wait for nothing, errors and stores,
 * stay the core's, so that `instanceof` knows them.
 */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { build, transform, type BuildOptions, type Plugin } from 'esbuild'

import { sharedFiles, writeSyncDeclarations } from './sync-declarations.ts'

/** What `src/sync/promise.ts` has. */
const knownPromiseMembers = /^(resolve|reject|all|allSettled|race)$/

/**
 * Writes `sync/index.js` with its source map, and the declarations beside it.
 *
 * @param root - the folder of package.json.
 * @param dist - the folder with the core's built file and the declarations of all sources.
 */
export async function writeSync(root: string, dist: string, common: BuildOptions): Promise<void> {
  const outdir = join(dist, 'sync')
  const promisingMethods = writeSyncDeclarations(dist)
  const everything = (await import(pathToFileURL(join(dist, 'index.js')).href)) as object
  const classes = Object.entries(everything).flatMap(([name, value]) =>
    /^class\b/.test(String(value)) ? [name] : [],
  )
  const shared = new Set<string>()
  const core = join(outdir, 'core.js')
  await bundleCore(root, core, common, classes, shared)

  const own = classes.filter(
    (name) => !shared.has(name) && !/^(default|AsyncPocketBase)$/.test(name),
  )
  const same = Object.keys(everything).filter(
    (name) => !own.includes(name) && !/^(default|AsyncPocketBase)$/.test(name),
  )
  await build({
    ...common,
    stdin: {
      contents: `import * as core from './core.js'
        import { blockingClass } from ${JSON.stringify(join(root, 'src/sync/views.ts'))}
        export { ${same.join(', ')} } from '../index.js'
        ${own.map((name) => `export const ${name} = blockingClass(core.${name})`).join('\n')}
        export default PocketBase`,
      resolveDir: outdir,
    },
    outfile: join(outdir, 'index.js'),
    inject: [join(root, 'src/sync/globals.ts')],
    define: {
      promisingMethods: JSON.stringify(promisingMethods),
      workerCode: JSON.stringify(await workerCode(root, common)),
    },
    platform: 'node',
    target: 'node20.19',
    // Some of its parts are no files.
    sourcesContent: true,
    plugins: [takeCoreFrom('./core.js')],
  })
  for (const file of [core]) rmSync(file)
}

/** The client's code with generators in the place of `async` functions. */
async function bundleCore(
  root: string,
  outfile: string,
  common: BuildOptions,
  classes: readonly string[],
  shared: Set<string>,
): Promise<void> {
  await build({
    ...common,
    entryPoints: [join(root, 'src/index.ts')],
    outfile,
    sourcemap: 'inline',
    sourcesContent: false,
    platform: 'neutral',
    target: 'es2022',
    supported: { 'async-await': false, 'async-generator': false, 'for-await': false },
    plugins: [takeCoreFrom('../index.js'), shareClasses(classes, shared), uploadInTheWorker],
  })
  for (const [use, member] of readFileSync(outfile, 'utf8').matchAll(/\bPromise\.(\w+)/g)) {
    if (knownPromiseMembers.test(member!)) continue
    throw new Error(`The client uses ${use}, which src/sync/promise.ts does not have yet`)
  }
}

/** Classes that wait for nothing are imported from the core's file. */
function shareClasses(classes: readonly string[], shared: Set<string>): Plugin {
  return {
    name: 'share-classes',
    setup(building) {
      building.onLoad({ filter: sharedFiles }, async ({ path }) => {
        const { code } = await transform(readFileSync(path, 'utf8'), {
          loader: 'ts',
          target: 'es2022',
        })
        const names: string[] = []
        const rest = code.replace(/^(?:export )?class (\w+)[^]*?^\}$/gm, (text, name: string) => {
          if (!classes.includes(name)) return text
          names.push(name)
          return ''
        })
        for (const name of names) shared.add(name)
        const list = `{ ${names.join(', ')} }`
        const contents = `import ${list} from '../index.js'; export ${list}; ${rest}`
        return { contents, loader: 'js' }
      })
    },
  }
}

/** Bodies become streams in the worker. */
const uploadInTheWorker: Plugin = {
  name: 'upload-in-the-worker',
  setup(building) {
    building.onResolve({ filter: /^\.\/upload\.ts$/ }, ({ resolveDir }) => ({
      path: join(resolveDir, '../sync/upload.ts'),
    }))
  },
}

function takeCoreFrom(path: string): Plugin {
  return {
    name: 'take-core-from',
    setup(building) {
      building.onResolve({ filter: /^\.\.\/index\.js$/ }, () => ({
        path: '../index.js',
        external: true,
        sideEffects: false,
      }))
      building.onResolve({ filter: /^\.\.\/index\.ts$/ }, ({ importer }) =>
        /\/src\/sync\//.test(importer)
          ? { path: join(building.initialOptions.outfile!, '..', path) }
          : undefined,
      )
    },
  }
}

/** One text with all that the worker needs: it works wherever the file that holds it is, bundled into a program too. */
async function workerCode(root: string, common: BuildOptions): Promise<string> {
  const { outputFiles } = await build({
    ...common,
    entryPoints: [join(root, 'src/sync/worker.ts')],
    format: 'cjs',
    minify: true,
    sourcemap: false,
    platform: 'node',
    target: 'node20.19',
    write: false,
  })
  return outputFiles[0]!.text
}
