/**
 * Packs the package as npm would and looks at what users would get: the exports lead to files that are there
 * (publint), types resolve in every module mode (attw), and the rules below hold. What works in programs is for
 * `npm run test:runtimes` to say.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, posix, resolve } from 'node:path'

import { build } from 'esbuild'

import { entryPoints } from './entry-points.ts'
import { pack } from './pack.ts'

interface Manifest {
  readonly name: string
  readonly exports: object
  readonly bin: object
  readonly dependencies?: Record<string, string>
  readonly peerDependencies?: Record<string, string>
}

const root = resolve(import.meta.dirname, '..')
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest
const folder = mkdtempSync(join(tmpdir(), 'pocketbase-typescript-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

const { tarball, files } = pack(folder)
const complaints = [
  ...filesThatShouldNotBeThere(),
  ...filesThatAreMissing(),
  ...sourcesThatMapsMiss(),
  ...(await importsNobodyInstalls()),
]
for (const complaint of complaints) console.error(complaint)

/** The core in its forms, which programs without ES modules can `require` too, in every tool; the others are ES modules. */
const everywhere = entryPoints(root)
  .filter(({ subpath, isAlias }) => subpath === '.' || isAlias)
  .map(({ subpath }) => subpath)
const attw = [tarball, '--no-emoji']
const tools = [
  run('publint', ['run', tarball, '--strict']),
  run('attw', [...attw, '--profile', 'node16', '--entrypoints', ...everywhere]),
  run('attw', [...attw, '--profile', 'esm-only', '--exclude-entrypoints', ...everywhere]),
]
process.exitCode = complaints.length > 0 || tools.includes(false) ? 1 : 0

function filesThatShouldNotBeThere(): string[] {
  const expected = /^(dist|src)\/|^(LICENSE|README\.md|CHANGELOG\.md|package\.json)$/
  const unwanted = /\.(test|test-d|bench)\.ts$|\.tsbuildinfo$|\.env/
  // One file for each entry point, and the program.
  const exported = JSON.stringify([manifest.exports, manifest.bin])
  const isUnreachable = (file: string): boolean =>
    /^dist\/.*\.c?js$/.test(file) && !isOfHooksPack(file) && !exported.includes(`"./${file}"`)
  return [...files]
    .filter((file) => !expected.test(file) || unwanted.test(file) || isUnreachable(file))
    .map((file) => `${file} should not be in the package`)
}

function filesThatAreMissing(): string[] {
  const hooks = ['pbts.pb.js', 'pbts/index.js', 'pbts/LICENSE']
  const wanted = [
    'LICENSE',
    'README.md',
    'package.json',
    ...hooks.map((file) => `dist/hooks/pb_hooks/${file}`),
  ]
  for (const file of files) {
    if (!file.startsWith('dist/') || isOfHooksPack(file)) continue
    if (file.endsWith('.js')) wanted.push(`${file}.map`)
    // Nothing imports the program.
    if (/^(?!dist\/cli\/).*\.js$/.test(file)) wanted.push(file.replace(/\.js$/, '.d.ts'))
    // That of the file for pages is three lines long, and has no source.
    if (file.endsWith('.d.ts') && !file.startsWith('dist/umd/')) wanted.push(`${file}.map`)
    if (isBundle(file)) wanted.push(posix.join(dirname(file), 'LICENSES.txt'))
  }
  return wanted.filter((file) => !files.has(file)).map((file) => `${file} is not in the package`)
}

/** Copied into a server, and never imported. */
function isOfHooksPack(file: string): boolean {
  return file.startsWith('dist/hooks/pb_hooks/')
}

/** A bundle is the one file whose map names sources of npm packages. */
function isBundle(file: string): boolean {
  return file.endsWith('.js') && readMap(`${file}.map`).sources.some(isLibrary)
}

function sourcesThatMapsMiss(): string[] {
  return [...files]
    .filter((file) => file.startsWith('dist/') && file.endsWith('.map'))
    .flatMap((file) => {
      const { sources, sourcesContent } = readMap(file)
      return sources
        .map((source) => posix.join(dirname(file), source))
        .filter((source, index) => !files.has(source) && sourcesContent?.[index] == null)
        .map((source) => `${file} points at ${source}, which is not in the package`)
    })
}

function readMap(file: string): { sources: string[]; sourcesContent?: (string | null)[] } {
  return JSON.parse(readFileSync(join(root, file), 'utf8')) as ReturnType<typeof readMap>
}

function isLibrary(source: string): boolean {
  return source.includes('node_modules/')
}

/** Imports of built files and their declarations that an install of the package would not satisfy. */
async function importsNobodyInstalls(): Promise<string[]> {
  const installed = new Set([
    manifest.name,
    ...Object.keys(manifest.dependencies ?? {}),
    ...Object.keys(manifest.peerDependencies ?? {}),
  ])
  const readable = [...files].filter(
    (file) => /^dist\/.*\.(js|d\.ts)$/.test(file) && !isOfHooksPack(file),
  )
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: readable.filter((file) => file.endsWith('.js')),
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    outdir: folder,
    write: false,
    metafile: true,
    logLevel: 'error',
  })
  const fromCode = Object.entries(metafile.inputs).flatMap(([file, { imports }]) =>
    imports.filter(({ external }) => external).map(({ path }) => ({ file, path })),
  )
  const fromTypes = readable
    .filter((file) => file.endsWith('.d.ts'))
    .flatMap((file) =>
      [
        ...readFileSync(join(root, file), 'utf8').matchAll(
          /\b(?:from|import\()\s*['"]([^'"]+)['"]/g,
        ),
      ]
        .map(([, path]) => ({ file, path: path ?? '' }))
        .filter(({ path }) => !path.startsWith('.')),
    )
  return [...fromCode, ...fromTypes]
    .filter(({ path }) => !isBuiltin(path) && !installed.has(packageName(path)))
    .map(({ file, path }) => `${file} imports ${path}, which an install does not bring`)
}

function packageName(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

/** Runs a tool and shows its words only when it complains. */
function run(command: string, args: string[]): boolean {
  const path = join(root, 'node_modules/.bin', command)
  const { status, stdout, stderr } = spawnSync(path, args, { cwd: root, encoding: 'utf8' })
  if (status === 0) return true
  console.error(`${command}:\n${stdout}${stderr}`)
  return false
}
