import { decimal, equals, quote } from './literal.ts'
import type { Syntax } from './literal.ts'
import { toText } from './query.ts'

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

  constructor(parts: readonly Part[]) {
    let text = ''
    try {
      text = render(parts)
    } catch {
      // Only its own server can read it: see toString.
    }
    super(text)
    this.parts = parts
  }

  /** The text, right under either syntax; throws where there is none. */
  override toString(): string {
    return render(this.parts)
  }

  override valueOf(): string {
    return render(this.parts)
  }
}

/**
 * Splits an expression at its `{:name}` placeholders and fills them in one pass: a value is never scanned again.
 *
 * @throws TypeError for a missing parameter, a placeholder inside quotes or a comment, and a value that no filter can hold.
 */
export function bind(expression: string, params: object = {}): Part[] {
  const parts: Part[] = []
  let open = ''
  let text = ''
  let end = 0
  for (const { 0: hole, 1: name, index } of expression.matchAll(/\{:([^{}\s'"\\/]+)\}/g)) {
    const before = expression.slice(end, index)
    text += before
    open = openAfter(before, open)
    end = index + hole.length
    const value = Object.hasOwn(params, name!) ? (params as { [name: string]: unknown })[name!] : undefined
    if (open && value === undefined) {
      text += hole
    } else {
      parts.push(text, ...fill(hole, value, open))
      text = ''
    }
  }
  return [...parts, text + expression.slice(end)]
}

/** The parts of a tagged template: its values get placeholders of their own. */
export function template(strings: readonly string[], values: readonly unknown[]): Part[] {
  return bind(strings.reduce((text, next, index) => `${text}{:${index}}${next}`), ['', ...values])
}

/** Tells one filter from another, also one that has no text before its server is known. */
export function filterKey(filter: string | FilterText): string {
  return filter instanceof FilterText ? JSON.stringify(filter.parts) : filter
}

/** Whether the text depends on the server's syntax. */
export function needsSyntax(parts: readonly Part[]): boolean {
  return parts.some((part) => typeof part === 'object' && part.text.includes('\\'))
}

/**
 * Writes a filter. Without a syntax and where the two differ, the text holds both forms and a guard that lets the server
 * choose, so that it is right on every version.
 *
 * @throws TypeError where no exact form exists, or the text is longer than servers read.
 */
export function render(parts: readonly Part[], syntax?: Syntax): string {
  const both = !syntax && needsSyntax(parts)
  let text = join(parts, syntax ?? 'new', both)
  if (both) {
    const older = join(parts, 'old', both)
    text = `((${readsOld} && ${older}) || (${readsOld.replace('~', '!~')} && ${text}))`
  }
  const bytes = new TextEncoder().encode(text).length
  if (bytes > maxFilterBytes) throw problem(`${bytes} bytes are more than the ${maxFilterBytes} that servers read`)
  return text
}

function join(parts: readonly Part[], syntax: Syntax, neutral: boolean): string {
  let text = ''
  for (const part of parts) {
    if (typeof part === 'string') {
      text += part
      continue
    }
    const literal = quote(part.text, syntax, neutral)
    const [end, before, field] = /(^|[\s(&|])([A-Za-z_]\w*)\s*=\s*$/.exec(text) ?? []
    const comparison = literal || (field && equals(field, part.text, syntax, neutral))
    if (!comparison) {
      throw problem(
        neutral
          ? 'these backslashes need a known server: use the tagged template or the option serverVersion'
          : 'servers before 0.39.9 can compare a text that ends in a backslash by "field = value" alone',
      )
    }
    text = literal ? text + literal : text.slice(0, -end!.length) + before + comparison
  }
  return neutral ? group(text) : text
}

/** A comment at the end would swallow the parenthesis. */
function group(text: string): string {
  return `(${text}${text.includes('//') ? '\n' : ''})`
}

function fill(where: string, value: unknown, open: string): readonly Part[] {
  const refuse = (why: string): never => {
    throw problem(`${where} ${why}`)
  }
  if (open) refuse('stands inside quotes or a comment: take it out, values are quoted already')
  if (/undefined|function|symbol/.test(typeof value)) refuse(`is ${typeof value}`)
  if (typeof value === 'number') return [Number.isFinite(value) ? decimal(value) : refuse(`is ${value}`)]
  if (value === null || /^b/.test(typeof value)) return [String(value)]
  if (value instanceof FilterText) return ['(', ...value.parts, value.includes('//') ? '\n)' : ')']
  const text = Array.isArray(value) ? value.map(toText).join() : toText(value)
  if (/\0|\p{Surrogate}/u.test(text)) refuse('holds NUL or half a character, which servers cannot store')
  return [{ text }]
}

/** What a stretch of expression leaves open: a quote, a comment (`/`), or nothing. */
function openAfter(text: string, open: string): string {
  for (const [mark] of text.matchAll(/\\.|["'\n]|\/\//gs)) {
    if (open === '/') open = mark.endsWith('\n') ? '' : open
    else if (open) open = mark === open ? '' : open
    else open = /["'/]$/.exec(mark)?.[0] ?? ''
  }
  return open
}

function problem(reason: string): TypeError {
  return new TypeError(`pb.filter: ${reason}.`)
}
