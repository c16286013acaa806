import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { entryPoints } from '../../scripts/entry-points.ts'
import { compile } from '../support/compilers.ts'
import type { CompileError } from '../support/compilers.ts'
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
  expect(await errorsOf(blocks.map(({ code }) => code))).toEqual([])
})

test('a mistake in a block would be found', async () => {
  const mistake = `import PocketBase from 'pocketbase-typescript'\nnew PocketBase(1)`
  expect(await errorsOf([mistake])).toMatchObject([
    { file: 'block-1.ts', line: 2, message: expect.stringContaining('TS2769') },
  ])
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
  const named = [...readme.matchAll(/npm run ([\w:-]+)/g)].map(([, script]) => script)
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

/** Compiles modules as a user's strict project for Node would, the package's names leading to its sources. */
async function errorsOf(modules: readonly string[]): Promise<CompileError[]> {
  const blocks = modules.map((code, index) => [`block-${index + 1}.ts`, code] as const)
  const paths = Object.fromEntries(Object.entries(sources).map(([name, file]) => [name, [file]]))
  const files = { 'scope.ts': scope, ...Object.fromEntries(blocks) }
  return compile('7', files, { types: ['node'], paths })
}
