/**
 * Builds `dist`: declarations by `tsc`, one for each source, and one JavaScript file for each entry point by esbuild, so that
 * importing the package opens one file. The libraries that an entry point uses are in its file, so that installing the package
 * installs nothing else.
 *
 * The work happens in a folder of its own and takes the place of `dist` at the end, so that a test that is
 * reading `dist` meanwhile finds the old build or the new one, never half of one.
 */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join, posix, relative, resolve, sep } from 'node:path'

import { build as bundle, type BuildOptions, type Metafile, type Plugin } from 'esbuild'

import { stamped } from '../src/cli/pack/stamp.ts'
import { writeCommonJS } from './commonjs.ts'
import { buildDashboard } from './dashboard.ts'
import { programOptions } from './program.ts'
import { writeSync } from './sync.ts'

const root = resolve(import.meta.dirname, '..')
const building = join(root, `dist.${process.pid}`)

const common = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  sourcemap: 'linked',
  metafile: true,
  logLevel: 'warning',
} satisfies BuildOptions

/** The import of the core points at its built file: a second copy of a class would fail `instanceof`. */
const keepCoreOutside: Plugin = {
  name: 'keep-core-outside',
  setup(build) {
    const index = join(root, 'src/index.ts')
    build.onResolve({ filter: /\/index\.ts$/ }, ({ path, importer, resolveDir }) => {
      if (resolve(resolveDir, path) !== index) return undefined
      const [folder = ''] = relative(join(root, 'src'), importer).split(sep)
      return { path: posix.relative(folder, 'index.js'), external: true, sideEffects: false }
    })
  },
}

process.on('exit', () => rmSync(building, { recursive: true, force: true }))

writeDeclarations()
const core = await bundleCore()
for (const entry of readdirSync(join(root, 'src'), { withFileTypes: true })) {
  const isEntryPoint = existsSync(join(entry.parentPath, entry.name, 'index.ts'))
  if (isEntryPoint) await bundleFolder(entry.name)
}
await bundleHooks()
await bundleFolder('cli', 'bin', programOptions(root))
chmodSync(join(building, 'cli/bin.js'), 0o755)
await writeSync(root, building, common)
await writeCommonJS(root, building)
replaceDist()

function writeDeclarations(): void {
  const { status } = spawnSync(
    join(root, 'node_modules/.bin/tsc'),
    ['-p', 'tsconfig.build.json', '--outDir', building],
    {
      cwd: root,
      stdio: 'inherit',
    },
  )
  if (status === 0) return
  stop('tsc reports the errors above')
}

async function bundleCore(): Promise<Metafile> {
  const outfile = join(building, 'index.js')
  const { metafile } = await bundle({
    ...common,
    entryPoints: ['src/index.ts'],
    outfile,
    platform: 'neutral',
    target: 'es2022',
    // The package has the sources.
    sourcesContent: false,
  })
  writeFileSync(outfile, removableWhereUnused(readFileSync(outfile, 'utf8')))
  return metafile
}

/**
 * Within one file bundlers keep what they cannot tell to be without effect, used or not: classes with a key that they do
 * not know, and sets. A function that is marked as pure around them tells. Lines stay where the source map has them.
 */
function removableWhereUnused(code: string): string {
  return code
    .replace(/^var (\w+) = class( [^]*?\n\});$/gm, (whole, name: string, rest: string) =>
      /^ {2}\[\/\*/m.test(rest) ? markedAsPure(name, `class ${name}${rest}`) : whole,
    )
    .replace(/^var (\w+) = (new Set\([^]*?\));$/gm, (_, name: string, value: string) =>
      markedAsPure(name, value),
    )
}

function markedAsPure(name: string, value: string): string {
  return `var ${name} = /* @__PURE__ */ (() => ${value})();`
}

async function bundleFolder(
  folder: string,
  name = 'index',
  options: Pick<BuildOptions, 'banner' | 'plugins'> = {},
): Promise<void> {
  const outdir = join(building, folder)
  const { metafile } = await bundle({
    ...common,
    ...options,
    entryPoints: [join('src', folder, `${name}.ts`)],
    outfile: join(outdir, `${name}.js`),
    platform: 'node',
    target: 'node20.19',
    // Applications have it, and there must be one of it.
    external: ['@opentelemetry/api'],
    // The libraries' sources are not in the package, so the map carries them.
    sourcesContent: true,
    plugins: [...(options.plugins ?? []), keepCoreOutside],
  })
  refuseCopiesOfClasses(folder, metafile)
  const texts = licences(metafile)
  if (texts.length > 0) writeFileSync(join(outdir, 'LICENSES.txt'), licenceFile(name, texts))
}

/** The pack for PocketBase's hooks folder: the entry as it is, and one file for its engine, goja, which has no ES modules. */
async function bundleHooks(): Promise<void> {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    version: string
  }
  const folder = join(building, 'hooks/pb_hooks')
  const { dashboard, metafile } = await buildDashboard(root)
  await bundle({
    ...common,
    entryPoints: ['hooks/index.ts'],
    outfile: join(folder, 'pbts/index.js'),
    format: 'cjs',
    platform: 'neutral',
    target: 'es2020',
    // What parses, or works, in newer engines alone.
    supported: {
      'async-generator': false,
      'for-await': false,
      'regexp-named-capture-groups': false,
      'regexp-match-indices': false,
    },
    sourcemap: false,
    define: { packVersion: JSON.stringify(version), dashboard: JSON.stringify(dashboard) },
    banner: { js: `// The hooks pack of pocketbase-typescript ${version}. MIT, see LICENSE.` },
  })
  copyFileSync(join(root, 'hooks/pbts.pb.js'), join(folder, 'pbts.pb.js'))
  const own = readFileSync(join(root, 'LICENSE'), 'utf8')
  writeFileSync(join(folder, 'pbts/LICENSE'), `${own}\n${licenceFile('index', licences(metafile))}`)
  for (const script of ['pbts/index.js', 'pbts.pb.js']) {
    const path = join(folder, script)
    writeFileSync(path, stamped(readFileSync(path, 'utf8'), version))
  }
}

/** A function of the core may be in two files, a class may not. */
function refuseCopiesOfClasses(folder: string, { inputs }: Metafile): void {
  const copies = Object.keys(inputs).filter(
    (file) =>
      file in core.inputs &&
      /^(export )?(abstract )?class /m.test(readFileSync(join(root, file), 'utf8')),
  )
  if (copies.length === 0) return
  stop(`src/${folder} would get copies of the classes in ${copies.join(', ')}: import ../index.ts`)
}

function stop(reason: string): never {
  console.error(`The build stopped: ${reason}. dist is as it was.`)
  process.exit(1)
}

/** The licence texts of the npm packages that went into a bundle. */
function licences(metafile: Metafile): string[] {
  const names = new Set<string>()
  for (const file of Object.keys(metafile.inputs)) {
    const name = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1]
    if (name !== undefined) names.add(name)
  }
  return [...names].sort().map((name) => {
    const folder = join(root, 'node_modules', name)
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      version: string
    }
    const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.\w+)?$/i.test(entry))
    if (file === undefined) throw new Error(`${name} is bundled but has no licence file`)
    return `${name} ${version}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`
  })
}

function licenceFile(name: string, texts: readonly string[]): string {
  return [`The file ${name}.js beside this one contains these packages.\n`, ...texts].join(
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
