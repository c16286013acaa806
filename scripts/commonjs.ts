/**
 * Writes the files for programs without ES modules. What they have is what `src/index.ts` exports:
 *
 * - `index.cjs`: hands on `index.js`, so that `import` and `require()` in one process share one copy of every class;
 * - `umd/index.js`: everything in one file, for pages without modules and for tools that cannot `require` an ES module (Jest);
 * - their declarations, which hand on `index.d.ts`: types are shared in any case.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { build } from 'esbuild'

/**
 * @param root - the folder of package.json.
 * @param dist - where `index.js` is.
 */
export async function writeCommonJS(root: string, dist: string): Promise<void> {
  const { values, types } = exportedNames(readFileSync(join(root, 'src/index.ts'), 'utf8'))
  const umd = join(dist, 'umd')
  mkdirSync(umd, { recursive: true })

  writeFileSync(join(dist, 'index.cjs'), handOn(values))
  writeFileSync(join(dist, 'index.d.cts'), declarations(values, types, typeParameters(dist)))
  writeFileSync(join(umd, 'index.d.ts'), globalDeclarations)
  // Not a module by its name: servers of files send `.cjs` with a type that browsers refuse to run.
  writeFileSync(join(umd, 'package.json'), '{ "type": "commonjs" }\n')
  await build({
    absWorkingDir: root,
    stdin: { contents: inOneFile, resolveDir: join(root, 'src'), sourcefile: 'umd.js' },
    outfile: join(umd, 'index.js'),
    bundle: true,
    minify: true,
    // Of classes above all: consoles and test runners print them.
    keepNames: true,
    format: 'iife',
    globalName: 'built',
    banner: { js: universalStart },
    footer: { js: `return built.default\n})\n${namesForImport(values)}` },
    platform: 'neutral',
    target: 'es2022',
    sourcemap: 'linked',
    sourcesContent: true,
    logLevel: 'warning',
  })
}

function exportedNames(index: string): { values: string[]; types: string[] } {
  const values: string[] = []
  const types: string[] = []
  for (const [, type, list] of index.matchAll(/^export (type )?\{([^}]*)\}/gm)) {
    const names = list!.split(',').map((name) => name.trim().replace(/.* as /, ''))
    ;(type ? types : values).push(...names.filter((name) => name !== '' && name !== 'default'))
  }
  return { values, types }
}

/** `PocketBase.default` and `__esModule` are what compilers of `import` to `require()` look for. */
const addStatics = `
Object.assign(all.PocketBase, all)
Object.defineProperty(all.PocketBase, '__esModule', { value: true })
`

function handOn(values: readonly string[]): string {
  return `'use strict'
const all = require('./index.js')
${addStatics.trim()}
module.exports = all.PocketBase
${namesForImport(values)}`
}

const inOneFile = `
import * as all from './index.ts'
${addStatics}
export default all.PocketBase
`

/** What a page without modules finds as `PocketBase`. */
const universalStart = `(make => {
  if (typeof module === 'object' && typeof exports === 'object') module.exports = make()
  else if (typeof define === 'function' && define.amd) define(make)
  else globalThis.PocketBase = make()
})(() => {`

/** Never runs. Node reads from it which names an `import` of the file may name. */
function namesForImport(values: readonly string[]): string {
  return `0 && (module.exports = { ${values.join(', ')} })\n`
}

/**
 * The class, with all values as its statics, and all types in the namespace of its name. Every type is an alias with the
 * parameters of the original: older compilers (5.4) can hand on types of an ES module, and in a namespace, in no shorter way.
 */
function declarations(
  values: readonly string[],
  types: readonly string[],
  parameters: ReadonlyMap<string, TypeParameters>,
): string {
  const client = parameters.get('PocketBase')!
  const aliases = [...values, ...types].flatMap((name) => {
    const own = name === 'AsyncPocketBase' ? client : parameters.get(name)
    if (own) return [`  export type ${name}${own.list} = all.${name}${own.passedOn}\n`]
    // Functions are no types.
    if (values.includes(name)) return []
    throw new Error(`The declaration of the type ${name} is not where src/index.ts has it from`)
  })
  return `import type * as all from './index.js' with { 'resolution-mode': 'import' }

type PocketBase${client.list.replace(/\bUntyped\b/, 'all.$&')} = all.PocketBase${client.passedOn}
declare const PocketBase: typeof all.PocketBase & typeof all
declare namespace PocketBase {
${aliases.join('')}}
export = PocketBase
`
}

/** What stands in angle brackets after a type's name, such as `<A, B extends C<A> = D>`, and what passes it on, `<A, B>`. */
interface TypeParameters {
  readonly list: string
  readonly passedOn: string
}

/** Of every exported type of the core. */
function typeParameters(dist: string): Map<string, TypeParameters> {
  const found = new Map<string, TypeParameters>()
  const index = readFileSync(join(dist, 'index.d.ts'), 'utf8')
  for (const [, path] of index.matchAll(/ from '(.*)\.ts'/g)) {
    const text = readFileSync(join(dist, `${path}.d.ts`), 'utf8')
    const declared = /^export (?:declare )?(?:abstract )?(?:class|interface|type) (\w+)/gm
    for (const match of text.matchAll(declared)) {
      found.set(match[1]!, readTypeParameters(text.slice(match.index + match[0].length)))
    }
  }
  return found
}

function readTypeParameters(text: string): TypeParameters {
  if (!text.startsWith('<')) return { list: '', passedOn: '' }
  const names: string[] = []
  let depth = 0
  let end = 0
  do {
    if (/[<([{]/.test(text.charAt(end))) depth += 1
    if (/[>)\]}]/.test(text.charAt(end)) && !text.startsWith('=>', end - 1)) depth -= 1
    // Where one starts: after the first bracket, and after each comma inside it.
    const start = depth === 1 && /^[<,]\s*(?:(?:const|in|out)\s+)*(\w+)/.exec(text.slice(end))
    if (start) names.push(start[1]!)
    end += 1
  } while (depth > 0)
  return { list: text.slice(0, end).replaceAll(/\s+/g, ' '), passedOn: `<${names.join(', ')}>` }
}

const globalDeclarations = `import PocketBase = require('../index.cjs')
export = PocketBase
export as namespace PocketBase
`
