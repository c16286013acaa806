import ts from 'typescript-5.9'

/** What a type says of its values. */
export type Shape =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'string' | 'number' | 'boolean' }
  | { readonly kind: 'value'; readonly value: string | number | boolean | null }
  | { readonly kind: 'union'; readonly options: readonly Shape[] }
  | { readonly kind: 'list'; readonly items: Shape }
  | { readonly kind: 'object'; readonly members: ReadonlyMap<string, Member> }

/** A member of an object. */
interface Member {
  readonly isOptional: boolean
  readonly shape: Shape
}

/**
 * What the exported functions of a module promise to answer, by their names, as the compiler understands them.
 *
 * @throws Error when the module does not compile.
 */
export function answersOf(file: string, compilerOptions: object): Map<string, Shape> {
  const { options } = ts.convertCompilerOptionsFromJson(compilerOptions, '.')
  const program = ts.createProgram([file], options)
  const source = program.getSourceFile(file)!
  const [error] = program.getSemanticDiagnostics(source)
  if (error) throw new Error(ts.flattenDiagnosticMessageText(error.messageText, '\n'))
  const checker = program.getTypeChecker()
  const answers = new Map<string, Shape>()
  for (const symbol of checker.getExportsOfModule(checker.getSymbolAtLocation(source)!)) {
    const [signature] = checker.getTypeOfSymbol(symbol).getCallSignatures()
    answers.set(symbol.name, shapeOf(checker.getAwaitedType(signature!.getReturnType())!))
  }
  return answers

  function shapeOf(type: ts.Type): Shape {
    const has = (flag: ts.TypeFlags): boolean => (type.flags & flag) !== 0
    if (has(ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return { kind: 'unknown' }
    if (has(ts.TypeFlags.String)) return { kind: 'string' }
    if (has(ts.TypeFlags.Number)) return { kind: 'number' }
    if (has(ts.TypeFlags.Boolean)) return { kind: 'boolean' }
    if (has(ts.TypeFlags.Null)) return { kind: 'value', value: null }
    if (type.isStringLiteral() || type.isNumberLiteral())
      return { kind: 'value', value: type.value }
    if (type.isUnion()) {
      const defined = type.types.filter(({ flags }) => !(flags & ts.TypeFlags.Undefined))
      if (defined.length === 1) return shapeOf(defined[0]!)
      return { kind: 'union', options: defined.map(shapeOf) }
    }
    if (checker.isArrayType(type))
      return {
        kind: 'list',
        items: shapeOf(checker.getTypeArguments(type as ts.TypeReference)[0]!),
      }
    const text = checker.typeToString(type)
    if (!has(ts.TypeFlags.Object | ts.TypeFlags.Intersection)) throw new Error(`What is ${text}?`)
    if (checker.getIndexInfosOfType(type).length > 0) throw new Error(`${text} is open`)
    const members = checker.getPropertiesOfType(type).map((member): [string, Member] => {
      const isOptional = (member.flags & ts.SymbolFlags.Optional) !== 0
      return [member.name, { isOptional, shape: shapeOf(checker.getTypeOfSymbol(member)) }]
    })
    return { kind: 'object', members: new Map(members) }
  }
}

/** In what a value is not as its type says: nothing, or one sentence for each place. */
export function differences(shape: Shape, value: unknown, at = 'it'): string[] {
  const wrong = [`${at} is ${JSON.stringify(value)}, not ${shape.kind}`]
  switch (shape.kind) {
    case 'unknown':
      return []
    case 'value':
      return value === shape.value ? [] : wrong
    case 'union':
      return shape.options.some((option) => differences(option, value).length === 0) ? [] : wrong
    case 'list':
      if (!Array.isArray(value)) return wrong
      return value.flatMap((item, index) => differences(shape.items, item, `${at}[${index}]`))
    case 'object':
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrong
      return memberDifferences(shape.members, value, at)
    default:
      return typeof value === shape.kind ? [] : wrong
  }
}

function memberDifferences(
  members: ReadonlyMap<string, Member>,
  value: object,
  at: string,
): string[] {
  const missing = [...members].flatMap(([name, { isOptional }]) =>
    isOptional || Object.hasOwn(value, name) ? [] : [`${at}.${name} is missing`],
  )
  const others = Object.entries(value).flatMap(([name, item]) => {
    const member = members.get(name)
    if (!member) return [`${at}.${name} is not in the type`]
    return differences(member.shape, item, `${at}.${name}`)
  })
  return [...missing, ...others]
}

/** Every member of every object in a shape, with its name. */
export function membersOf(shape: Shape): [name: string, member: Member][] {
  if (shape.kind === 'list') return membersOf(shape.items)
  if (shape.kind === 'union') return shape.options.flatMap(membersOf)
  if (shape.kind !== 'object') return []
  const inner = [...shape.members.values()].flatMap((member) => membersOf(member.shape))
  return [...shape.members, ...inner]
}
