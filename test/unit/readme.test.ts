import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { expect, test } from 'vitest'

import { entryPoints } from '../../scripts/entry-points.ts'
import { readmeBlocks, root, sources } from '../support/readme.ts'
import { newest, oldest, versions } from '../support/versions.ts'

const readme = readFileSync(join(root, 'README.md'), 'utf8')
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  engines: { node: string }
  scripts: Record<string, string>
}

test('the code of the README compiles, each block as a module of its own', async () => {
  const blocks = readmeBlocks()
  expect(blocks.length).toBeGreaterThan(8)
  const errors = await compile(blocks.map(({ code }) => code))
  expect(errors).toEqual([])
})

test('a mistake in a block would be found', async () => {
  const errors = await compile([
    `import PocketBase from 'pocketbase-typescript'\nnew PocketBase(1)`,
  ])
  expect(errors).toEqual([expect.stringContaining('block-1.ts(2,16): error TS2769')])
})

test('the README lists the entry points that there are', () => {
  const listed = readme.matchAll(/^\| `(pocketbase-typescript[/\w]*)` +\|/gm)
  const exported = entryPoints(root).map(({ subpath, isAlias }) => ({
    name: subpath.replace('.', 'pocketbase-typescript'),
    isAlias,
  }))
  expect([...listed].map(([, name]) => name)).toEqual(exported.map(({ name }) => name))
  const own = exported.filter(({ isAlias }) => !isAlias)
  expect(Object.keys(sources)).toEqual(own.map(({ name }) => name))
})

test('the README names the versions that are tested, the oldest Node, and scripts that exist', () => {
  const text = readme.replaceAll(/\s+/g, ' ')
  expect(text).toContain(`from ${oldest} to ${newest}`)
  expect(text).toContain(`${versions.slice(0, -1).join(', ')} and ${newest}`)
  expect(text).toContain(`Node ${manifest.engines.node.replace('>=', '')} or newer`)
  const named = [...readme.matchAll(/npm run ([\w:]+)/g)].map(([, script]) => script)
  expect(Object.keys(manifest.scripts)).toEqual(expect.arrayContaining(named))
})

test('the links of the README lead somewhere', () => {
  const headings = [...readme.matchAll(/^#+ (.*)$/gm)].map(([, title]) => title!.toLowerCase())
  const anchors = new Set(headings.map((title) => `#${title.replaceAll(' ', '-')}`))
  const links = [...readme.matchAll(/\]\(([^)]*)\)/g)].map(([, target]) => target!)
  const broken = links.filter((target) =>
    target.startsWith('#')
      ? !anchors.has(target)
      : !target.startsWith('https://') && !existsSync(join(root, target)),
  )
  expect(links.length).toBeGreaterThan(3)
  expect(broken).toEqual([])
})

/** What the code finds in scope: it goes on from the first block. */
const scope = `
  import type { PocketBase } from 'pocketbase-typescript'
  declare global {
    const pb: PocketBase
  }`

/** Compiles modules as a user's strict project would, the package's names leading to its sources. */
async function compile(modules: readonly string[]): Promise<string[]> {
  // Inside the project, so that imports of the sources find their types.
  mkdirSync(join(root, 'temp'), { recursive: true })
  const folder = mkdtempSync(join(root, 'temp/readme-'))
  try {
    const config = {
      extends: join(root, 'tsconfig.json'),
      compilerOptions: {
        paths: Object.fromEntries(Object.entries(sources).map(([name, file]) => [name, [file]])),
        noPropertyAccessFromIndexSignature: false,
        noUnusedLocals: false,
      },
      include: ['*.ts'],
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
    writeFileSync(join(folder, 'scope.ts'), scope)
    for (const [index, code] of modules.entries()) {
      writeFileSync(join(folder, `block-${index + 1}.ts`), code)
    }
    return await errorsOf(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function errorsOf(folder: string): Promise<string[]> {
  const tsc = join(root, 'node_modules/.bin/tsc')
  try {
    await promisify(execFile)(tsc, ['-p', folder, '--pretty', 'false'], { cwd: folder })
    return []
  } catch (error) {
    const { stdout } = error as { stdout: string }
    return stdout.split('\n').filter((line) => line.includes('error TS'))
  }
}
