import fc from 'fast-check'
import { expect, test } from 'vitest'

import { PocketBase } from '../../src/index.ts'
import type { Filter } from '../../src/index.ts'
import { anyText, hostileText, isPossible, reasonToRefuse } from '../support/hostile.ts'
import { json, observed } from '../support/observed.ts'
import { seed } from '../support/seed.ts'

/** How servers read backslashes: `old` up to 0.39.8, `new` since. The server suite asks the servers themselves. */
type Syntax = 'old' | 'new'
type Token = { text: string } | string
type Row = { readonly [field: string]: string }

const clients = {
  old: new PocketBase('/', { serverVersion: '0.39.8' }),
  new: new PocketBase('/', { serverVersion: '0.39.9' }),
  unknown: new PocketBase('/'),
}

const expressions = [
  't = {:t}',
  't={:t} && u = {:u}',
  'u = {:u} && (t = {:t} || 1 = 2)',
  't = {:t} // the whole text',
  '{:t} = t',
  't >= {:t} && t <= {:t}',
]

const anyExpression = fc.constantFrom(...expressions)
const anyRow = fc.record({ t: anyText, u: hostileText })

test('a filter leaves the row with the text and no other, in the syntax of the server or in both', () => {
  fc.assert(
    fc.property(
      anyExpression,
      anyRow,
      fc.array(hostileText, { maxLength: 3 }),
      fc.constantFrom('old', 'new', 'unknown'),
      (expression, row, others, known) => {
        const filter = textOf(() => clients[known].filter(expression, row))
        if (filter === undefined) return reasonToRefuse(expression, row, known) !== undefined
        const texts = [row.t, ...others, ...similarTo(row.t)]
        for (const syntax of known === 'unknown' ? (['old', 'new'] as const) : [known]) {
          const left = texts.filter((t) => isLeft(filter, syntax, { ...row, t }))
          expect(new Set(left), `${filter} in the ${syntax} syntax`).toEqual(new Set([row.t]))
        }
        return true
      },
    ),
    { seed, numRuns: 3_000 },
  )
})

test('the tagged template sends what is right in both syntaxes, else asks, and sends what the server reads', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyExpression,
      anyRow,
      fc.constantFrom('old', 'new'),
      async (expression, row, syntax) => {
        const { client, requests } = observed(({ url }) => {
          const isRefused = url.includes('/_authOrigins/') && syntax === 'old'
          return isRefused
            ? json({ status: 400, message: 'Something went wrong.', data: {} }, { status: 400 })
            : json({ items: [] })
        })
        const [start, ...rest] = expression.split(/\{:(\w)\}/)
        const strings = [start!, ...rest.filter((_, index) => index % 2 === 1)]
        const values = rest
          .filter((_, index) => index % 2 === 0)
          .map((name) => row[name as 't' | 'u'])
        const both = textOf(() => clients.unknown.filter(expression, row))
        const expected = both ?? textOf(() => clients[syntax].filter(expression, row))
        const sent = await outcome(async () => {
          const filter = client.filter(Object.assign(strings, { raw: strings }), ...values)
          await client.collection('c').getList(1, 1, { filter })
        })
        if (sent) expect(sent).toBeInstanceOf(TypeError)
        expect(sent === undefined).toBe(expected !== undefined)
        const isOpen =
          both === undefined && values.every(isPossible) && values.join().includes('\\')
        const filters = requests.map(({ url }) => new URL(url).searchParams.get('filter'))
        const question = String.raw`"\\"="\\"`
        expect(filters).toEqual([...(isOpen ? [question] : []), ...(sent ? [] : [expected])])
      },
    ),
    { seed, numRuns: 1_000 },
  )
})

test('values change nothing around them, in templates, by placeholders and within filters', () => {
  const term = fc.record({
    operator: fc.constantFrom('=', '!=', '~', '?=', '>'),
    value: fc.oneof(hostileText, fc.constantFrom('{:0}', '{:1}', '{:2}{:2}')),
    isNested: fc.boolean(),
  })
  fc.assert(
    fc.property(
      fc.array(term, { minLength: 1, maxLength: 4 }),
      fc.constantFrom('old', 'new'),
      (terms, syntax) => {
        const client = clients[syntax]
        // For old servers these have another form, which the first property is about.
        const texts = terms.map(({ value }) =>
          syntax === 'old' ? value.replace(/\\+$/, '') : value,
        )
        const values = terms.map(({ isNested }, index): string | Filter => {
          return isNested ? client.filter`f = ${texts[index]}` : texts[index]!
        })
        const strings = terms.map(({ isNested, operator }, index) => {
          return `${index > 0 ? ' && ' : ''}${isNested ? '' : `f ${operator} `}`
        })
        const expected = terms.flatMap(({ isNested, operator }, index): Token[] => {
          const text = { text: texts[index]! }
          const tokens = isNested ? ['(', 'f', '=', text, ')'] : ['f', operator, text]
          return index > 0 ? ['&&', ...tokens] : tokens
        })

        const expression = strings.map((text, index) => `${text}{:${index}}`).join('')
        expect(
          tokensOf(client.filter(expression, Object.fromEntries(values.entries())), syntax),
        ).toEqual(expected)
        const template = client.filter(Object.assign([...strings, ''], { raw: strings }), ...values)
        const around = client.filter('{:template}', { template })
        expect(tokensOf(around, syntax)).toEqual(['(', ...expected, ')'])
      },
    ),
    { seed, numRuns: 1_000 },
  )
})

test('every number is written so that it reads back as itself', () => {
  const double = fc.double({ noNaN: true, noDefaultInfinity: true })
  fc.assert(
    fc.property(double, (number) => {
      const text = clients.unknown.filter('{:number}', { number })
      expect(text).toMatch(/^-?\d+(\.\d+)?$/)
      expect(Number(text)).toBe(number === 0 ? 0 : number)
    }),
    { seed, numRuns: 3_000 },
  )
})

/** What a call writes, unless it refuses to. */
function textOf(write: () => string): string | undefined {
  try {
    return write()
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError)
    return undefined
  }
}

async function outcome(call: () => Promise<void>): Promise<unknown> {
  try {
    await call()
    return undefined
  } catch (error) {
    return error
  }
}

/** Texts that a careless filter takes for this one. */
function similarTo(text: string): string[] {
  const similar = [
    `${text}\\`,
    `${text}\\\\`,
    `\\${text}`,
    `${text}x`,
    `${text}]`,
    text.slice(0, -1),
    text.toUpperCase(),
    text.toLowerCase(),
    text.replaceAll('\\', ''),
    text.replaceAll('\\', '\\\\'),
    text.replaceAll('\\\\', '\\'),
    text.replaceAll('%', 'x'),
    text.replaceAll('_', 'x'),
    text.trim(),
    '',
  ]
  return similar.filter((other) => !/\p{Surrogate}/u.test(other))
}

/** Whether a filter leaves a row. Knows of the language what the expressions of this file need. */
function isLeft(filter: string, syntax: Syntax, row: Row): boolean {
  const tokens = tokensOf(filter, syntax)
  const next = (): Token => {
    const token = tokens.shift()
    if (token === undefined) throw new SyntaxError(`${filter} ends too early`)
    return token
  }
  const or = (): boolean => {
    let result = and()
    while (tokens[0] === '||') {
      next()
      result = and() || result
    }
    return result
  }
  const and = (): boolean => {
    let result = term()
    while (tokens[0] === '&&') {
      next()
      result = term() && result
    }
    return result
  }
  const term = (): boolean => {
    if (tokens[0] !== '(') return compare(value(next()), next(), value(next()))
    next()
    const result = or()
    if (next() !== ')') throw new SyntaxError(`${filter} has an open group`)
    return result
  }
  const value = (token: Token): string => {
    if (typeof token === 'object') return token.text
    const known = row[token] ?? /^\d+$/.exec(token)?.[0]
    if (known === undefined) throw new SyntaxError(`${filter} has ${token} where a value stands`)
    return known
  }
  const result = or()
  if (tokens.length > 0) throw new SyntaxError(`${filter} goes on too long`)
  return result
}

function compare(left: string, operator: Token, right: string): boolean {
  const order = Buffer.compare(Buffer.from(left), Buffer.from(right))
  if (operator === '=') return order === 0
  if (operator === '>') return order > 0
  if (operator === '>=') return order >= 0
  if (operator === '<') return order < 0
  if (operator === '<=') return order <= 0
  if (operator === '~') return isLike(left, right)
  if (operator === '!~') return !isLike(left, right)
  throw new SyntaxError(`${JSON.stringify(operator)} is no operator`)
}

/** SQLite's LIKE, with a backslash as its escape; ignores the case of ASCII letters. Without `%` it means "contains". */
function isLike(text: string, pattern: string): boolean {
  const lower = (all: string): string => all.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
  const parts: string[] = lower(pattern).match(/\\[^]|[^]/gu) ?? []
  const isPattern = parts.includes('%')
  const source = parts.map((part) => {
    if (part === '%') return '[^]*'
    if (part === '_' && isPattern) return '[^]'
    return part.replace(/^\\(?=[^])/u, '').replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
  })
  const whole = isPattern ? `^${source.join('')}$` : source.join('')
  return new RegExp(whole, 'u').test(lower(text))
}

/** Cuts a filter up as the server does. Throws for what it answers by a 400. */
function tokensOf(filter: string, syntax: Syntax): Token[] {
  const tokens: Token[] = []
  for (let rest = filter; rest;) {
    const token = /^(?:[ \t\n]+|\/\/[^\n]*|&&|\|\||[?!=<>~]+|[()]|-?\d+(?:\.\d+)?|[a-z_@]\w*)/.exec(
      rest,
    )
    const mark = rest[0]!
    if (token) {
      rest = rest.slice(token[0].length)
      if (!/^[ \t\n/]/.test(token[0])) tokens.push(token[0])
    } else if (mark === `'` || mark === `"`) {
      const end = endOfText(rest, syntax)
      tokens.push({ text: unquoted(rest.slice(1, end), mark, syntax) })
      rest = rest.slice(end + 1)
    } else {
      throw new SyntaxError(`${filter} has ${JSON.stringify(mark)} outside quotes`)
    }
  }
  return tokens
}

/** Old: the first quote without a backslash before it. New: the first that no backslash escapes. */
function endOfText(text: string, syntax: Syntax): number {
  for (let index = 1; index < text.length; index++) {
    if (syntax === 'new' && text[index] === '\\') index++
    else if (text[index] === text[0] && (syntax === 'new' || text[index - 1] !== '\\')) return index
  }
  throw new SyntaxError(`${text} is left open`)
}

function unquoted(text: string, mark: string, syntax: Syntax): string {
  if (text.includes('\0')) throw new SyntaxError('NUL ends the filter')
  if (syntax === 'old') return text.replaceAll(`\\${mark}`, mark)
  const escapes: { [escape: string]: string } = { n: '\n', t: '\t', r: '\r' }
  return text.replace(/\\([\\'"ntr])/g, (_, escape: string) => escapes[escape] ?? escape)
}
