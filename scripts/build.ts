/**
 * Builds `dist`: plain `tsc` for everything, then one bundle for each folder that uses libraries, so that
 * installing the package installs nothing else.
 *
 * The work happens in a folder of its own and takes the place of `dist` at the end, so that a test that is
 * reading `dist` meanwhile finds the old build or the new one, never half of one.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'

import { build as bundle, type Metafile, type Plugin } from 'esbuild'

const root = resolve(import.meta.dirname, '..')
const building = join(root, `dist.${process.pid}`)

/** Folders of `src` whose npm libraries go into the built file. */
const bundledFolders = ['testing']

process.on('exit', () => rmSync(building, { recursive: true, force: true }))

compile()
for (const folder of bundledFolders) {
  if (existsSync(join(root, 'src', folder, 'index.ts'))) await bundleFolder(folder)
}
replaceDist()

function compile(): void {
  const { status } = spawnSync(
    join(root, 'node_modules/.bin/tsc'),
    ['-p', 'tsconfig.build.json', '--outDir', building],
    {
      cwd: root,
      stdio: 'inherit',
    },
  )
  if (status === 0) return
  console.error('The build stopped: tsc reports the errors above. dist is as it was.')
  process.exit(1)
}

async function bundleFolder(folder: string): Promise<void> {
  const outdir = join(building, folder)
  const { metafile } = await bundle({
    absWorkingDir: root,
    entryPoints: [join('src', folder, 'index.ts')],
    outfile: join(outdir, 'index.js'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    sourcemap: 'linked',
    // The libraries' sources are not in the package, so the map carries them.
    sourcesContent: true,
    metafile: true,
    logLevel: 'warning',
    plugins: [keepOutside(folder)],
  })

  // tsc wrote one file for each source; the bundle holds them all now. Declarations stay.
  for (const file of readdirSync(outdir, { recursive: true, encoding: 'utf8' })) {
    const replaced = /\.js(\.map)?$/.test(file) && !/^index\.js(\.map)?$/.test(file)
    if (replaced) rmSync(join(outdir, file))
  }
  writeFileSync(join(outdir, 'LICENSES.txt'), licences(metafile))
}

/**
 * Keeps the rest of `src` out of a folder's bundle: a second copy of a class would fail `instanceof`. The
 * import points at the file that `tsc` has built instead.
 */
function keepOutside(folder: string): Plugin {
  const inside = join(root, 'src', folder) + sep
  return {
    name: 'keep-outside',
    setup(build) {
      build.onResolve({ filter: /^\.{1,2}\// }, ({ path, importer, resolveDir }) => {
        const target = resolve(resolveDir, path)
        if (!importer.startsWith(inside) || target.startsWith(inside)) return undefined
        const fromBundle = relative(inside, target).replaceAll(sep, '/')
        return { path: fromBundle.replace(/\.ts$/, '.js'), external: true }
      })
    },
  }
}

/** The licence texts of the npm packages that went into a bundle. */
function licences(metafile: Metafile): string {
  const names = new Set<string>()
  for (const file of Object.keys(metafile.inputs)) {
    const name = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1]
    if (name !== undefined) names.add(name)
  }
  const texts = [...names].sort().map((name) => {
    const folder = join(root, 'node_modules', name)
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      version: string
    }
    const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.\w+)?$/i.test(entry))
    if (file === undefined) throw new Error(`${name} is bundled but has no licence file`)
    return `${name} ${version}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`
  })
  return ['The file index.js beside this one contains these packages.\n', ...texts].join(
    `\n${'-'.repeat(80)}\n\n`,
  )
}

function replaceDist(): void {
  const dist = join(root, 'dist')
  const old = `${building}.old`
  if (existsSync(dist)) renameSync(dist, old)
  renameSync(building, dist)
  rmSync(old, { recursive: true, force: true })
}
