import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { startPocketBase } from '../../src/testing/index.ts'
import type { PocketBaseServer } from '../../src/testing/index.ts'
import type { Cell } from '../methods/table.ts'
import { newest } from '../support/versions.ts'
import { installed } from './install.ts'
import type { Ended, Project } from './project.ts'

const compilers = ['typescript54', 'typescript59', 'typescript7']
const node20 = installed('node20/bin/node')

/** Projects of `consumers` that run on Node as they were compiled, and the file that has their `use`. */
const programs = { modules: 'index.mjs', commonjs: 'index.cjs', interop: 'index.cjs' }

/** Projects for pages; see {@link pageProjects}. */
const forPages = ['browser', 'script']

/** What bundlers are given: ES modules, and modules that call `require()`. */
const bundled = { browser: 'index.js', interop: 'index.cjs' }

/** Where the compiled projects for pages are, for the browser to load. */
export function pageProjects({ folder }: Project): Record<'browser' | 'script', string> {
  const compiled = join(folder, 'consumers-typescript7')
  return { browser: join(compiled, 'browser/index.js'), script: join(compiled, 'script/index.js') }
}

/**
 * Compiles each project of `consumers` by each compiler in its strictest settings, and runs what comes out: on Node 20.19, in
 * Jest, and from each bundler. (What is for pages is run by the browser.)
 */
export async function tryConsumers(project: Project): Promise<Map<string, Cell>> {
  const cells = new Map<string, Cell>()
  await using server = await startPocketBase({ version: newest })
  const admin = await server.superuserClient()
  const fields = [{ name: 'title', type: 'text' }]
  await admin.collections.create({ name: 'posts', type: 'base', fields })

  for (const compiler of compilers) {
    const { version, folder } = await copyFor(compiler, project)
    for (const name of [...Object.keys(programs), ...forPages]) {
      const path = join(folder, name)
      cells.set(
        `${name}, compiled by TypeScript ${version}`,
        cellOf(await project.run(process.execPath, [installed(compiler, 'bin/tsc'), '-p', path])),
      )
    }
    for (const [name, file] of Object.entries(programs)) {
      const path = join(folder, name, file)
      cells.set(`${name}, run as compiled by TypeScript ${version}`, await use(path))
    }
  }

  const folder = join(project.folder, 'consumers-typescript7')
  for (const [name, file] of Object.entries(bundled)) {
    for (const [bundler, bundle] of Object.entries(bundlers)) {
      const outfile = join(folder, name, bundler, 'bundle.cjs')
      const made = cellOf(await bundle(project, join(folder, name, file), outfile))
      cells.set(`${name}, bundled by ${bundler}`, made.isGood ? await use(outfile) : made)
    }
  }
  const jest = [installed('jest/bin/jest.js'), '--rootDir', folder, '--config', '{}']
  cells.set(
    'interop, in Jest',
    cellOf(await project.run(process.execPath, jest, credentials(server))),
  )
  return cells

  async function use(path: string): Promise<Cell> {
    const script = `import(${JSON.stringify(path)})
      .then((module) => (module.use ?? module.default.use)(process.env.PB_URL, process.env.PB_EMAIL, process.env.PB_PASSWORD))
      .then(console.log)`
    return cellOf(await project.run(node20, ['--eval', script], credentials(server)), 'ok\n')
  }
}

async function copyFor(
  compiler: string,
  project: Project,
): Promise<{ version: string; folder: string }> {
  const folder = join(project.folder, `consumers-${compiler}`)
  cpSync(join(import.meta.dirname, 'consumers'), folder, { recursive: true })
  const tsc = installed(compiler, 'bin/tsc')
  const { stdout } = await project.run(process.execPath, [tsc, '--version'])
  return { version: stdout.replace('Version', '').trim(), folder }
}

/** How a bundler makes a CommonJS file of its own. */
type Bundle = (project: Project, input: string, outfile: string) => Promise<Ended>

const bundlers: Record<string, Bundle> = {
  esbuild: async (project, input, outfile) => {
    const options = ['--bundle', '--platform=node', '--format=cjs', `--outfile=${outfile}`]
    return project.run(installed('.bin/esbuild'), [input, ...options])
  },
  webpack: async (project, entry, outfile) =>
    runScript(
      project,
      `${outfile}.webpack.cjs`,
      `const { webpack } = require(${JSON.stringify(installed('webpack'))})
      const [path, filename] = [${JSON.stringify(join(outfile, '..'))}, 'bundle.cjs']
      const output = { path, filename, library: { type: 'commonjs2' } }
      const entry = ${JSON.stringify(entry)}
      webpack({ mode: 'production', target: 'node', entry, output }, (error, stats) => {
        if (!error && !stats.hasErrors()) return
        console.error(error ?? stats.toString())
        process.exitCode = 1
      })`,
    ),
  vite: async (project, entry, outfile) =>
    runScript(
      project,
      `${outfile}.vite.mjs`,
      `import { build } from ${JSON.stringify(installed('vite/dist/node/index.js'))}
      const lib = { entry: ${JSON.stringify(entry)}, formats: ['cjs'], fileName: () => 'bundle.cjs' }
      const outDir = ${JSON.stringify(join(outfile, '..'))}
      const root = ${JSON.stringify(project.folder)}
      await build({ configFile: false, root, logLevel: 'warn', build: { lib, outDir, emptyOutDir: false } })`,
    ),
}

async function runScript(project: Project, path: string, code: string): Promise<Ended> {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, code)
  return project.run(process.execPath, [path])
}

function credentials({ url, superuser }: PocketBaseServer): Record<string, string> {
  return { PB_URL: url, PB_EMAIL: superuser!.email, PB_PASSWORD: superuser!.password }
}

function cellOf({ exitCode, stdout, output }: Ended, wanted?: string): Cell {
  const isGood = exitCode === 0 && (wanted === undefined || stdout === wanted)
  return isGood
    ? { text: 'ok', isGood }
    : { text: 'FAILED', isGood, reason: output || `exit code ${exitCode}` }
}
