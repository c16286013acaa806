import { formatDate } from './dates.ts'
import { decimal, equals, quote } from './literal.ts'
import type { Reading, Syntax } from './literal.ts'

declare const brand: unique symbol

/**
 * A finished filter, made by the tagged template {@link PocketBase.filter}. At run time it is a `String` object, so it
 * passes wherever a filter text does; calls that send it write its values in the syntax of the server at hand.
 */
export type Filter = string & { readonly [brand]: true }

/** A value of a filter. Lists become one comma-separated text, other objects their JSON. */
export type FilterValue =
  | string
  | number
  | bigint
  | boolean
  | Date
  | null
  | Filter
  | readonly unknown[]
  | object

/** A piece of a filter: expression text as it is, or a text to be quoted. */
export type Part = string | { text: string }

/** The server refuses a longer filter. */
const maxFilterBytes = 3500

/** True under the old reading alone: there `\\a` is three characters, in the new one two. */
const readsOld = `'\\\\a' ~ '___%'`

/** The run-time side of {@link Filter}. */
export class FilterText extends String {
  readonly parts: readonly Part[]
  readonly #problem: unknown

  constructor(parts: readonly Part[]) {
    let text = ''
    let problem: unknown
    try {
      text = render(parts)
    } catch (error) {
      problem = error
    }
    super(text)
    this.parts = parts
    this.#problem = problem
  }

  /** Whether its text depends on the server's syntax. */
  get needsSyntax(): boolean {
    return this.parts.some(hasBackslash)
  }

  /** Tells one filter from another, whatever the syntax. */
  get key(): string {
    return this.parts.map((part) => (typeof part === 'string' ? part : JSON.stringify(part.text))).join('')
  }

  /** The text, right under either syntax; throws where there is none. */
  override toString(): string {
    if (this.#problem) throw this.#problem
    return super.toString()
  }

  override valueOf(): string {
    return this.toString()
  }
}

/**
 * Splits an expression at its `{:name}` placeholders and fills them in one pass: a value is never scanned again.
 *
 * @throws TypeError for a missing parameter, a placeholder inside quotes or a comment, and a value that no filter can hold.
 */
export function bind(expression: string, params: { [name: string]: unknown } = {}): Part[] {
  const parts: Part[] = []
  let open = ''
  let text = ''
  let end = 0
  for (const { 0: hole, 1: name, index } of expression.matchAll(/\{:([^{}\s'"\\/]+)\}/g)) {
    const before = expression.slice(end, index)
    text += before
    open = openAfter(before, open)
    end = index + hole.length
    const value = Object.hasOwn(params, name!) ? params[name!] : undefined
    if (value !== undefined) {
      parts.push(text, ...fill(hole, value, open))
      text = ''
    } else if (open) {
      text += hole
    } else {
      throw problem(`the parameter ${JSON.stringify(name)} is missing`)
    }
  }
  return [...parts, text + expression.slice(end)]
}

/** The parts of a tagged template. */
export function template(strings: readonly string[], values: readonly unknown[]): Part[] {
  let open = ''
  return strings.flatMap((text, index) => {
    open = openAfter(text, open)
    return index < values.length ? [text, ...fill(`value ${index + 1}`, values[index], open)] : [text]
  })
}

/**
 * Writes a filter. Without a syntax and where the two differ, the text holds both forms and a guard that lets the server
 * choose, so that it is right on every version.
 *
 * @throws TypeError where no exact form exists, or the text is longer than servers read.
 */
export function render(parts: readonly Part[], syntax?: Syntax): string {
  let text: string
  if (syntax || !parts.some(hasBackslash)) {
    text = join(parts, { syntax: syntax ?? 'new', neutral: false })
  } else {
    const end = lineEnd(parts)
    const older = join(parts, { syntax: 'old', neutral: true })
    const newer = join(parts, { syntax: 'new', neutral: true })
    text = `((${readsOld} && (${older}${end})) || (${readsOld.replace('~', '!~')} && (${newer}${end})))`
  }
  const bytes = text.length * 3 > maxFilterBytes ? new TextEncoder().encode(text).length : 0
  if (bytes > maxFilterBytes) {
    throw problem(`it has ${bytes} bytes and the server reads at most ${maxFilterBytes}`)
  }
  return text
}

function join(parts: readonly Part[], reading: Reading): string {
  let text = ''
  for (const part of parts) {
    if (typeof part === 'string') {
      text += part
      continue
    }
    const literal = quote(part.text, reading)
    const comparison = literal ? null : /(^|[\s(&|])([A-Za-z_]\w*)\s*=\s*$/.exec(text)
    const whole = comparison && equals(comparison[2]!, part.text, reading)
    if (literal) text += literal
    else if (whole) text = text.slice(0, comparison.index) + comparison[1]! + whole
    else {
      throw problem(
        reading.neutral
          ? 'its backslashes cannot be written before the server is known. Use the tagged template, or the option serverVersion'
          : 'servers before 0.39.9 cannot read a text that ends in a backslash here; only "field = value" can be asked',
      )
    }
  }
  return text
}

function fill(where: string, value: unknown, open: string): readonly Part[] {
  if (open) {
    throw problem(`${where} stands inside ${open === '/' ? 'a comment' : 'quotes'}. Take it out: values are quoted already`)
  }
  try {
    return literals(value)
  } catch (cause) {
    throw problem(`${where}: ${(cause as Error).message}`, cause)
  }
}

function literals(value: unknown): readonly Part[] {
  switch (typeof value) {
    case 'number':
      return [decimal(value)]
    case 'boolean':
    case 'bigint':
      return [String(value)]
    case 'string':
      return [{ text: checked(value) }]
  }
  if (value === null) return ['null']
  if (value instanceof FilterText) return ['(', ...value.parts, `${lineEnd(value.parts)})`]
  if (value instanceof Date) return [{ text: formatDate(value) }]
  if (Array.isArray(value)) return [{ text: checked(value.map(listItem).join()) }]
  return [{ text: checked(JSON.stringify(value)) }]
}

function listItem(value: unknown): string {
  if (typeof value === 'number') return decimal(value)
  if (value instanceof Date) return formatDate(value)
  return typeof value === 'object' && value ? JSON.stringify(value) : String(value ?? '')
}

function checked(text: string | undefined): string {
  if (text === undefined) throw new TypeError('a filter cannot hold undefined, a function or a symbol')
  if (text.includes('\0')) throw new TypeError('a filter cannot hold a NUL character')
  if (/\p{Surrogate}/u.test(text)) throw new TypeError('the text holds half a character (a lone surrogate)')
  return text
}

function hasBackslash(part: Part): boolean {
  return typeof part === 'object' && part.text.includes('\\')
}

/** A comment would swallow the parenthesis behind it. */
function lineEnd(parts: readonly Part[]): string {
  return parts.some((part) => typeof part === 'string' && part.includes('//')) ? '\n' : ''
}

/** What a stretch of expression leaves open: a quote, a comment (`/`), or nothing. */
function openAfter(text: string, open: string): string {
  for (const [mark] of text.matchAll(/\\.|["'\n]|\/\//gs)) {
    if (open === '/') open = mark.endsWith('\n') ? '' : open
    else if (open) open = mark === open ? '' : open
    else if (mark === '//') open = '/'
    else if (mark === `'` || mark === `"`) open = mark
  }
  return open
}

function problem(reason: string, cause?: unknown): TypeError {
  return new TypeError(`pb.filter: ${reason}.`, { cause })
}
