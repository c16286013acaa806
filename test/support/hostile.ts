import fc from 'fast-check'

/** Servers refuse a longer filter. */
const maxFilterBytes = 3_500

/** Pieces of text that have broken some quoting somewhere. */
const pieces = [
  `'`,
  `"`,
  '\\',
  '\\\\',
  `\\'`,
  `\\"`,
  `\\\\'`,
  '\\n',
  '\\t',
  '\\r',
  '\\b',
  '\\x01',
  '\\u0041',
  '\\/',
  // What `replace` and placeholders read.
  '$&',
  '$$',
  '$1',
  '$`',
  `$'`,
  '{:v}',
  '{:w}',
  '{:0}',
  '{:x}',
  // What filters read.
  '//',
  '// ',
  ' || 1=1 //',
  `' || 1=1 //`,
  `" || 1=1 //`,
  `\\' || 1=1 //`,
  `\\" || 1=1 //`,
  `') || (1=1`,
  ' && ',
  '||',
  '=',
  '?=',
  '~',
  '(',
  ')',
  ',',
  '%',
  '_',
  '\\%',
  '@now',
  '@request',
  'null',
  'true',
  't',
  '1',
  '-',
  '--',
  ';',
  '/*',
  '`',
  '[',
  ']',
  '^',
  // White space, ends of lines, and what is not seen.
  ' ',
  '\t',
  '\n',
  '\r',
  '\r\n',
  '\u0001',
  '\b',
  '\f',
  '\u001f',
  '\u007f',
  '\u0085',
  '\u00a0',
  '\u200b',
  '\u2028',
  '\u2029',
  '\ufeff',
  // Letters that are more than one byte, or look like others.
  'é',
  'e\u0301',
  'ß',
  'İ',
  '文',
  '\ufffd',
  '\uffff',
  '\u{1f600}',
  '\u{10ffff}',
  '“',
  '’',
  '＂',
]

/** Servers ask superusers alone for these, also within quotes. */
const guarded = ['@request.', '@collection.', '@request.auth.id', 'joe@request.org']

/** What no filter can hold. */
const impossible = ['\0', '\ud83d', '\ude00', '\ud800\\', `'\udfff`]

const piece = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...pieces) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }) },
)
const mix = fc.array(piece, { maxLength: 10 }).map((parts) => parts.join(''))
const control = fc.integer({ min: 1, max: 0x20 }).map((code) => String.fromCharCode(code))

/** A run of one piece, up to what a filter of 3,500 bytes has room for, and a little more. */
const long = fc
  .record({
    start: mix,
    repeated: fc.constantFrom('a', `'`, `"`, '\\', '\\a', '%', 'é', '\u{1f600}', '\u0001'),
    bytes: fc.oneof(
      fc.integer({ min: 300, max: 3_600 }),
      fc.constantFrom(...Array.from({ length: 24 }, (_, index) => 3_482 + index)),
    ),
  })
  .map(({ start, repeated, bytes }) => {
    const left = bytes - byteLength(start)
    return start + repeated.repeat(Math.max(0, left / byteLength(repeated)))
  })

/** A text that may try to leave its literal. Every one can be stored, and a guest may ask for it. */
export const hostileText: fc.Arbitrary<string> = fc
  .oneof(
    { weight: 50, arbitrary: mix },
    { weight: 12, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
    { weight: 8, arbitrary: fc.tuple(mix, control, mix).map((parts) => parts.join('')) },
    {
      weight: 12,
      arbitrary: fc.tuple(mix, fc.integer({ min: 1, max: 4 })).map(([text, count]) => {
        return text + '\\'.repeat(count)
      }),
    },
  )
  .filter((text) => isPossible(text) && !isGuarded(text))

/** Texts of all kinds: hostile ones, very long ones, and those that clients or servers refuse. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  { weight: 82, arbitrary: hostileText },
  { weight: 7, arbitrary: long },
  { weight: 5, arbitrary: withOneOf(guarded) },
  { weight: 4, arbitrary: withOneOf(impossible) },
)

/** Whether a filter, and a field, can hold a text: no NUL and no half characters. */
export function isPossible(text: string): boolean {
  return !/\0|\p{Surrogate}/u.test(text)
}

/** Whether servers answer 403 when anyone but a superuser asks for a text. */
export function isGuarded(text: string): boolean {
  return text.includes('@request.') || text.includes('@collection.')
}

/**
 * Why a filter may be refused, if it may: everything else must be written, and exactly.
 *
 * @param syntax - how the server reads backslashes: `old` up to 0.39.8, `new` since 0.39.9, `unknown` before the client
 * knows.
 */
export function reasonToRefuse(
  expression: string,
  values: { readonly [name: string]: string },
  syntax: 'old' | 'new' | 'unknown',
): string | undefined {
  const texts = [...expression.matchAll(/\{:(\w+)\}/g)].map(([, name]) => values[name!]!)
  if (texts.some((text) => text.includes('\0'))) return 'NUL'
  if (!texts.every(isPossible)) return 'half a character'
  const isOpen = syntax === 'unknown' && texts.some((text) => text.includes('\\'))
  if (isOpen && texts.some((text) => text.includes(`\\'`) && text.includes('\\"'))) {
    return 'server unknown, and both quotes stand behind backslashes'
  }
  const isNew = !isOpen && syntax !== 'old'
  // The form for both syntaxes has the filter twice, once as each of them writes it, and a guard.
  const forms = isOpen
    ? [write(expression, values, false), write(expression, values, true, false)]
    : [write(expression, values, isNew)]
  if (forms.includes(undefined)) return `server ${syntax}, and a backslash at the end`
  const bytes = byteLength(forms.join('')) + (isOpen ? 80 : 0)
  return bytes > maxFilterBytes ? `over ${maxFilterBytes} bytes` : undefined
}

/** Different texts, the same ones for the same seed. */
export function sampleTexts(count: number, seed: number): string[] {
  const texts = new Set(fc.sample(anyText, { seed, numRuns: count * 2 }))
  if (texts.size < count) throw new Error(`${texts.size} different texts of ${count}`)
  return [...texts].slice(0, count)
}

function withOneOf(parts: readonly string[]): fc.Arbitrary<string> {
  return fc.tuple(mix, fc.constantFrom(...parts), mix).map((all) => all.join(''))
}

/**
 * The filter as the reference writes it, by hand, with the kind of quote that makes it longer; `undefined` where a backslash at the
 * end has no form.
 */
function write(
  expression: string,
  values: { readonly [name: string]: string },
  isNew: boolean,
  canEndInBackslash = isNew,
): string | undefined {
  const quote = (text: string): string => {
    const escaped = isNew ? text.replaceAll('\\', '\\\\') : text
    const [one, two] = [`'`, `"`].map((mark) => mark + escaped.replaceAll(mark, `\\${mark}`) + mark)
    return one!.length > two!.length ? one! : two!
  }
  let isWritten = true
  const filter = expression.replace(/(?:(\w+)\s*=\s*)?\{:(\w+)\}/g, (match, field, name) => {
    const value = values[name]!
    if (canEndInBackslash || !value.endsWith('\\')) return match.replace(/\{.*/, () => quote(value))
    isWritten &&= field !== undefined
    const start = value.replace(/\\+$/, '')
    const like = start.replace(/[\\%_]/g, '\\$&') + '\\\\'.repeat(value.length - start.length)
    const [from, to, inside, longer] = [start, `${start}]`, `${like}%`, `${like}_%`].map(quote)
    return `(${field} > ${from} && ${field} < ${to} && ${field} ~ ${inside} && ${field} !~ ${longer})`
  })
  return isWritten ? filter : undefined
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length
}
