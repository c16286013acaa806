import { decimal, equals, quoteFor } from './literal.ts'
import type { Quote, Syntax } from './literal.ts'
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
  declare readonly parts: readonly Part[]

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
 * The parts of an expression with `{:name}` placeholders, each filled in one pass: a value is never scanned again. Within
 * quotes and comments a placeholder that has no parameter is text.
 *
 * @throws TypeError for a missing parameter, one inside quotes or a comment, and a value that no filter can hold.
 */
export function bind(expression: string, params: object = {}): Part[] {
  const parts: Part[] = []
  let text = ''
  let open = ''
  for (const [index, piece] of expression.split(/\{:([^{}\s'"\\/]+)\}/).entries()) {
    const hole = `{:${piece}}`
    const value = Object.hasOwn(params, piece) ? params[piece as keyof typeof params] : undefined
    if (index % 2 === 0) {
      text += piece
      open = openAfter(piece, open)
    } else if (open && value === undefined) {
      text += hole
    } else {
      parts.push(text, ...fill(hole, value, open))
      text = ''
    }
  }
  return [...parts, text]
}

/** The parts of a tagged template. */
export function template(strings: readonly string[], values: readonly unknown[]): Part[] {
  let open = ''
  const parts = strings.flatMap((piece, index) => {
    open = openAfter(piece, open)
    return index < values.length ? [piece, ...fill(`\${${index}}`, values[index], open)] : [piece]
  })
  if (open && open !== '/') throw problem('a quoted text is left open, or has no certain end')
  return parts
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
  let text: string
  if (syntax || !needsSyntax(parts)) {
    text = join(parts, quoteFor(syntax ?? 'new'))
  } else {
    const [older, newer] = (['old', 'new'] as const).map((each) =>
      join(group(parts), quoteFor(each, true)),
    )
    text = `((${readsOld} && ${older}) || (${readsOld.replace('~', '!~')} && ${newer}))`
    if (text.split(/[=~<>]+/).length > 201)
      throw problem('it has too many comparisons to be there twice')
  }
  const bytes = new TextEncoder().encode(text).length
  if (bytes > maxFilterBytes)
    throw problem(`${bytes} bytes are more than the ${maxFilterBytes} that servers read`)
  return text
}

function join(parts: readonly Part[], quote: Quote): string {
  let text = ''
  for (const part of parts) {
    if (typeof part === 'string') {
      text += part
      continue
    }
    const literal = quote(part.text)
    const [end, before, field] = /(^|[\s(&|])([A-Za-z_]\w*)\s*=\s*$/.exec(text) ?? []
    const comparison = literal || (field && equals(field, part.text, quote))
    if (!comparison) {
      throw problem(
        'servers before 0.39.9 can compare a text that ends in a backslash by "field = value" alone: ' +
          'use the tagged template or the option serverVersion',
      )
    }
    text = literal ? text + literal : text.slice(0, -end!.length) + before + comparison
  }
  return text
}

/** In parentheses, and without comments: within a group servers take their quotes and parentheses for real ones. */
function group(parts: readonly Part[]): readonly Part[] {
  const bare = parts.map((part) =>
    typeof part === 'string'
      ? part.replace(/(["'])(\\[^]|(?!\1)[^])*\1|\/\/[^\n]*/g, (all, mark) => (mark ? all : ''))
      : part,
  )
  return ['(', ...bare, ')']
}

function fill(where: string, value: unknown, open: string): readonly Part[] {
  const refuse = (why: string): never => {
    throw problem(`${where} ${why}`)
  }
  if (open) refuse('stands inside quotes or a comment: values are quoted already')
  if (/undefined|function|symbol/.test(typeof value)) refuse(`is ${typeof value}`)
  if (typeof value === 'number')
    return [Number.isFinite(value) ? decimal(value) : refuse(`is ${value}`)]
  if (value === null || (typeof value).startsWith('b')) return [String(value)]
  if (value instanceof FilterText) return group(value.parts)
  const text = Array.isArray(value) ? value.map(toText).join() : toText(value)
  if (/\0|\p{Surrogate}/u.test(text))
    refuse('holds NUL or half a character, which servers cannot store')
  return [{ text }]
}

/**
 * What a stretch of expression leaves open: a quote, a comment (`/`), nothing, or `?` from where servers do not agree whether a
 * quote ends.
 */
function openAfter(text: string, open: string): string {
  for (const [mark] of text.matchAll(/\\\\["']|\\.|["'\n]|\/\//gs)) {
    if (open === '/') open = mark.endsWith('\n') ? '' : open
    else if (open) open = mark === open ? '' : mark[2] ? '?' : open
    else open = /["'/]$/.exec(mark)?.[0] ?? ''
  }
  return open
}

function problem(reason: string): TypeError {
  return new TypeError(`pb.filter: ${reason}.`)
}
