import { createRequire } from 'node:module'

import { entryPoints } from '../../scripts/entry-points.ts'
import type { PublicMethod } from './rows.ts'

/** Exported interfaces with methods that callers implement, or that a class has already. */
const notOfTheirOwn = new Set([
  'CookieJar',
  'EventSourceLike',
  'FastifyReplyLike',
  'HeadersLike',
  'NodeResponseLike',
  'OAuth2Storage',
  'ProgressOutput',
  'TypedBatchService',
  'TypedRecordAuthService',
  'TypedRecordService',
  'TypedSubBatchService',
])

/**
 * The public methods that the built declarations of all entry points show: of classes their methods, accessors and hooks (properties
 * that hold a function), of interfaces their methods, and functions. What a class inherits is listed with the class that has it,
 * and once for each heir where that class is abstract.
 *
 * @param root - the folder of package.json.
 * @param blocking - of the blocking client, instead of all other entry points.
 */
export function publicMethods(root: string, blocking?: 'blocking'): PublicMethod[] {
  // Aliases hand on what others have.
  const files = entryPoints(root)
    .filter(({ isAlias, subpath }) => !isAlias && (subpath === './sync') === !!blocking)
    .map(({ declarations }) => declarations)
  const { options } = ts.convertCompilerOptionsFromJson(
    { target: 'es2022', module: 'nodenext', types: ['node'] },
    root,
  )
  const program = ts.createProgram(files, options)
  const checker = program.getTypeChecker()
  const seen = new Set<TsSymbol>()

  const functions: PublicMethod[] = []
  const members: PublicMethod[] = []
  for (const file of files) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(file)!)!
    for (const exported of checker.getExportsOfModule(module)) {
      const symbol = is(exported, 'Alias') ? checker.getAliasedSymbol(exported) : exported
      if (seen.has(symbol)) continue
      seen.add(symbol)
      if (is(symbol, 'Function')) functions.push({ owner: undefined, name: symbol.name })
      if (is(symbol, 'Class')) {
        if (!isAbstract(symbol))
          members.push(...named(symbol, [...membersOfClass(symbol).values()]))
      } else if (is(symbol, 'Interface') && !notOfTheirOwn.has(symbol.name)) {
        members.push(
          ...named(
            symbol,
            ownMembers(symbol).filter((member) => is(member, 'Method')),
          ),
        )
      }
    }
  }
  return [...members, ...functions]

  /** Own members, and those of abstract classes below. */
  function membersOfClass(symbol: TsSymbol): Map<string, TsSymbol> {
    const [base] = checker.getBaseTypes(checker.getDeclaredTypeOfSymbol(symbol))
    const inherited = base && isAbstract(base.symbol) ? membersOfClass(base.symbol) : new Map()
    const statics = [...(symbol.exports?.values() ?? [])]
    for (const member of [...ownMembers(symbol), ...statics]) {
      if (is(member, 'Method') || is(member, 'Accessor') || isHook(member)) {
        inherited.set(member.name, member)
      }
    }
    return inherited
  }

  /** Without what other classes, or the platform's types, have declared. */
  function ownMembers(symbol: TsSymbol): TsSymbol[] {
    const all = checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol))
    return all.filter(({ declarations }) =>
      declarations!.every(
        (declaration) =>
          symbol.declarations!.includes(declaration.parent!) &&
          !hasModifier(declaration, 'Private') &&
          !hasModifier(declaration, 'Protected'),
      ),
    )
  }

  function isHook(member: TsSymbol): boolean {
    if (!is(member, 'Property')) return false
    const type = checker.getNonNullableType(checker.getTypeOfSymbol(member))
    return type.getCallSignatures().length > 0
  }
}

function named(symbol: TsSymbol, members: readonly TsSymbol[]): PublicMethod[] {
  return members.map(({ declarations }) => ({
    owner: symbol.name,
    name: declarations![0]!.name!.getText(),
  }))
}

function isAbstract(symbol: TsSymbol): boolean {
  return symbol.declarations?.some((declaration) => hasModifier(declaration, 'Abstract')) ?? false
}

function is(symbol: TsSymbol, flag: keyof TypeScript['SymbolFlags']): boolean {
  return (symbol.flags & ts.SymbolFlags[flag]) !== 0
}

function hasModifier(declaration: TsNode, flag: keyof TypeScript['ModifierFlags']): boolean {
  return (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags[flag]) !== 0
}

// TypeScript 7 has no stable API yet; api-extractor brings the last version that has one.
const requireFromExtractor = createRequire(import.meta.resolve('@microsoft/api-extractor'))
const ts = requireFromExtractor('typescript') as TypeScript

/** The members of TypeScript's API that are used here. */
interface TypeScript {
  convertCompilerOptionsFromJson(options: object, basePath: string): { options: object }
  createProgram(files: readonly string[], options: object): TsProgram
  getCombinedModifierFlags(declaration: TsNode): number
  readonly SymbolFlags: Record<
    'Alias' | 'Class' | 'Interface' | 'Function' | 'Method' | 'Accessor' | 'Property',
    number
  >
  readonly ModifierFlags: Record<'Abstract' | 'Private' | 'Protected', number>
}

interface TsProgram {
  getTypeChecker(): TsChecker
  getSourceFile(file: string): TsNode | undefined
}

interface TsChecker {
  getSymbolAtLocation(node: TsNode): TsSymbol | undefined
  getExportsOfModule(module: TsSymbol): TsSymbol[]
  getAliasedSymbol(symbol: TsSymbol): TsSymbol
  getDeclaredTypeOfSymbol(symbol: TsSymbol): TsType
  getTypeOfSymbol(symbol: TsSymbol): TsType
  getPropertiesOfType(type: TsType): TsSymbol[]
  getBaseTypes(type: TsType): TsType[]
  getNonNullableType(type: TsType): TsType
}

interface TsType {
  readonly symbol: TsSymbol
  getCallSignatures(): readonly unknown[]
}

interface TsSymbol {
  readonly name: string
  readonly flags: number
  readonly declarations?: readonly TsNode[]
  readonly exports?: ReadonlyMap<string, TsSymbol>
}

interface TsNode {
  readonly name?: TsNode
  readonly parent?: TsNode
  getText(): string
}
