/**
 * Compares the declarations of the official client with ours, and writes the table of `docs/migrating.md`: every public member,
 * and ours beside it. `--update` writes it; without, it is an error when the table there is not up to date.
 *
 * `same`: the compiler takes ours wherever the official one is declared. What it does not take, and what is better, has a sentence in
 * `scripts/migration-notes.ts`; a member without either is an error, and so is a sentence about nothing.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import ts from 'typescript-5.9'

import { notes } from './migration-notes.ts'

/** What a file exports. */
function exported(file: string, program: ts.Program): ts.Symbol[] {
  const checker = program.getTypeChecker()
  return checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file)!)!)
}

/** A member of the official client. */
interface Row {
  name: string
  isThere: boolean
  isSame: boolean
}

const root = fileURLToPath(new URL('..', import.meta.url))
const page = `${root}docs/migrating.md`
const [begin, end] = ['<!-- table -->', '<!-- end of the table -->']

const { table, problems } = migrationTable()
const text = readFileSync(page, 'utf8')
const updated = text.replace(
  text.slice(text.indexOf(begin), text.indexOf(end)),
  `${begin}\n\n${table}\n\n`,
)
if (process.argv.includes('--update')) writeFileSync(page, updated)
else if (updated !== text) problems.push('docs/migrating.md is not up to date: npm run migrating')
if (problems.length > 0) {
  console.error(problems.join('\n'))
  process.exitCode = 1
}

function migrationTable(): { table: string; problems: string[] } {
  const found: string[] = []
  const rows = compare()
  const names = new Set(rows.map(({ name }) => name))
  for (const name of Object.keys(notes)) {
    if (!names.has(name)) found.push(`${name}: a sentence about nothing`)
  }
  const lines = rows.map(({ name, isThere, isSame }) => {
    const [verdict = 'same', why = ''] = Object.entries(notes[name] ?? {})[0] ?? []
    if (!isThere) found.push(`${name} is missing`)
    else if (!isSame && verdict === 'same') found.push(`${name} is declared differently: say why`)
    return [`\`${name}\``, isThere ? verdict : 'missing', why]
  })
  const cells = [['Official client', 'Here', 'Why'], ...lines]
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => row[column]!.length)))
  const line = (row: readonly string[], filler = ' '): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column]!, filler)).join(' | ')} |`
  const [head, ...body] = cells
  return {
    table: [line(head!), line(['', '', ''], '-'), ...body.map((row) => line(row))].join('\n'),
    problems: found,
  }
}

/** Every export of the official client with its public members, as the compiler sees ours in its place. */
function compare(): Row[] {
  const official = `${root}official.d.ts`
  const ours = `${root}dist/index.d.ts`
  const texts: { [file: string]: string } = { [official]: officialText() }
  const first = createProgram([official, ours], texts)
  const own = new Set(exported(ours, first).map(({ name }) => name))
  const names = exported(official, first).map((symbol) => ({ symbol, name: symbol.name }))

  // An instance of each, with `any` for type parameters.
  const declarations = names.flatMap(({ symbol, name }) => {
    const original = resolved(symbol, first)
    const isType = (original.flags & (ts.SymbolFlags.Type | ts.SymbolFlags.Class)) !== 0
    const parameters = (original.declarations![0] as ts.InterfaceDeclaration).typeParameters ?? []
    const args = parameters.length > 0 ? `<${parameters.map(() => 'any').join()}>` : ''
    return ['O', 'T'].map((module) =>
      module === 'T' && !own.has(name)
        ? ''
        : `export const ${module}_${name}: ${isType ? '' : 'typeof '}${module}.${name}${isType ? args : ''}`,
    )
  })
  texts[`${root}compared.d.ts`] = [
    "import * as O from './official.js'",
    "import * as T from './dist/index.js'",
    ...declarations,
  ].join('\n')
  const program = createProgram([`${root}compared.d.ts`], texts)
  const checker = program.getTypeChecker()
  const types = new Map(
    exported(`${root}compared.d.ts`, program).map((symbol) => [
      symbol.name,
      checker.getTypeOfSymbol(symbol),
    ]),
  )

  return names.flatMap(({ symbol, name }): Row[] => {
    const { flags } = resolved(symbol, first)
    const label = name === 'default' ? 'PocketBase' : name
    const theirs = types.get(`O_${name}`)!
    const mine = types.get(`T_${name}`)
    if (!mine) return [{ name: label, isThere: false, isSame: false }]
    if (!(flags & ts.SymbolFlags.Class)) {
      const isType = !(flags & ts.SymbolFlags.Function)
      const isSame =
        checker.isTypeAssignableTo(mine, theirs) &&
        (!isType || checker.isTypeAssignableTo(theirs, mine))
      return [{ name: isType ? label : `${label}()`, isThere: true, isSame }]
    }
    const rows = theirs
      .getProperties()
      .filter(isPublic)
      .map((member): Row => {
        const found = mine.getProperty(member.name)
        const [a, b] = [found, member].map(
          (one) => one && checker.getNonNullableType(checker.getTypeOfSymbol(one)),
        )
        return {
          name: `${label}.${member.name}${b!.getCallSignatures().length > 0 ? '()' : ''}`,
          isThere: !!found,
          isSame: !!a && checker.isTypeAssignableTo(a, b!),
        }
      })
    return [{ name: label, isThere: true, isSame: true }].concat(rows)
  })
}

/**
 * The official declarations, where a member that names a class or a type means ours: each has a row of its own. What is private or
 * protected has no place in a comparison, and would make every class another one.
 */
function officialText(): string {
  const file = `${root}node_modules/pocketbase/dist/pocketbase.es.d.ts`
  const declared = readFileSync(file, 'utf8').replaceAll(/^ +(private|protected) [^;]*;$/gm, '')
  // Those that only the client's members name are public too.
  const classes = [...declared.matchAll(/^declare (?:abstract )?class (\w+)/gm)].map(
    ([, name]) => name!,
  )
  const [, list = ''] = /^export \{(.*)\};$/m.exec(declared) ?? []
  const names = list.split(', ').map((name) => name.replace(/ as .*/, '').trim())
  const types = names.filter((name) => /^[A-Z]/.test(name))
  const mentioned = new RegExp(`(?<![.\\w])(${types.join('|')})(?![\\w?(:])`, 'g')
  const members = declared.replaceAll(/^ {4}.*$/gm, (line) =>
    line.replace(mentioned, (name) => `T.${name === 'Client' ? 'default' : name}`),
  )
  const others = classes.filter((name) => !names.includes(name))
  return `import type * as T from './dist/index.js'\n${members}\nexport { ${others.join(', ')} };`
}

function createProgram(files: string[], texts: { [file: string]: string }): ts.Program {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    strict: true,
    types: [],
  }
  const host = ts.createCompilerHost(options)
  const onDisk = { ...host }
  host.readFile = (file) => texts[file] ?? onDisk.readFile(file)
  host.fileExists = (file) => file in texts || onDisk.fileExists(file)
  host.getSourceFile = (file, language, ...rest) =>
    file in texts
      ? ts.createSourceFile(file, texts[file]!, language)
      : onDisk.getSourceFile(file, language, ...rest)
  return ts.createProgram(files, options, host)
}

function resolved(symbol: ts.Symbol, program: ts.Program): ts.Symbol {
  const isAlias = symbol.flags & ts.SymbolFlags.Alias
  return isAlias ? program.getTypeChecker().getAliasedSymbol(symbol) : symbol
}

/** Not what only heirs see, nor what the platform's own classes have. */
function isPublic(member: ts.Symbol): boolean {
  return member.declarations!.every(
    (declaration) =>
      !(ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Protected) &&
      !declaration.getSourceFile().fileName.includes('typescript'),
  )
}
