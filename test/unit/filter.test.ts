import { describe, expect, test } from 'vitest'

import { AbortError, MemoryAuthStore, NetworkError, PocketBase } from '../../src/index.ts'
import { json, observed } from '../support/observed.ts'
import type { SentRequest } from '../support/observed.ts'
import { eventually } from '../support/wait.ts'

const pb = new PocketBase('http://pb.test')

/** Both forms and a guard, of which the server's syntax leaves one. */
const neutral = String.raw`(('\\a' ~ '___%' && (t = 'x\y')) || ('\\a' !~ '___%' && (t = 'x\\y')))`
const older = String.raw`t = 'x\y'`
const newer = String.raw`t = 'x\\y'`

/** A text that no filter holds in both syntaxes at once. */
const unclear = String.raw`\' and \"`
const unclearOld = String.raw`t ~ '\\' and \"'`
const unclearNew = String.raw`t ~ '\\\' and \\"'`

describe('placeholders', () => {
  test('are filled with their values, as often as they stand there', () => {
    const filter = pb.filter('a = {:a} && (b > {:b} || c ~ {:a})', { a: `it's`, b: 5 })
    expect(filter).toBe(String.raw`a = 'it\'s' && (b > 5 || c ~ 'it\'s')`)
  })

  test('can be named by anything but white space, quotes, slashes and braces', () => {
    const filter = pb.filter('a = {:user.name-1} || b = {:ü}', { 'user.name-1': 1, ü: 2 })
    expect(filter).toBe('a = 1 || b = 2')
  })

  test.each(['$&', '$$', '$1', '$`', '$<a>'])('are replaced by %s as it is', (v) => {
    expect(pb.filter('v = {:v} && {:v} = v', { v })).toBe(`v = '${v}' && '${v}' = v`)
  })

  test('are not looked for in values', () => {
    const values = { x: '{:y}', y: ' || 1=1 || id != ', z: '{:x}{:z}' }
    expect(pb.filter('x = {:x} && y = {:y} && z = {:z}', values)).toBe(
      `x = '{:y}' && y = ' || 1=1 || id != ' && z = '{:x}{:z}'`,
    )
    expect(String(pb.filter`x = ${'{:y}'} && y = ${'{:1}'}`)).toBe(`x = '{:y}' && y = '{:1}'`)
  })

  test.each(['missing', 'constructor', 'toString', 'hasOwnProperty', '__proto__'])(
    'without a parameter of the name %s are refused',
    (name) => {
      for (const params of [undefined, {}, { other: 1 }, { [`${name}2`]: 1 }]) {
        expect(() => pb.filter(`a = {:${name}}`, params)).toThrow(TypeError)
      }
      expect(() => pb.filter(`a = {:${name}}`)).toThrow(name)
    },
  )

  test('take the names that objects inherit where they are given', () => {
    const params = Object.assign(Object.create(null) as object, { constructor: 'a', toString: 'b' })
    expect(pb.filter('a = {:constructor} && b = {:toString}', params)).toBe(`a = 'a' && b = 'b'`)
  })

  test.each([
    ['in double quotes', 'a = "{:v}"'],
    ['in single quotes', `a = 'x {:v} y'`],
    ['behind an escaped quote', String.raw`a = "say \"{:v}"`],
    ['behind the other quote', `a = "it's {:v}"`],
    ['behind what is no comment within quotes', 'a = "http://{:v}"'],
    ['in a comment', 'a = 1 // {:v}'],
    ['in a comment that ends in a backslash', 'a = 1 // \\{:v}'],
  ])('%s are refused, because values are quoted already', (_, expression) => {
    expect(() => pb.filter(expression, { v: 'x' })).toThrow(TypeError)
    const strings = expression.split('{:v}')
    expect(() => pb.filter(Object.assign(strings, { raw: strings }), 'x')).toThrow(TypeError)
  })

  test.each([
    ['behind quotes', `a = "it's" && b = {:v}`],
    ['behind an escaped quote', String.raw`a = 'it\'s "' && b = {:v}`],
    ['behind slashes within quotes', 'a = "http://a.test" && b = {:v}'],
    ['behind a comment', `a = 1 // it's "so"\n && b = {:v}`],
    ['behind a comment that ends in a backslash', `a = 1 // it's \\\n && b = {:v}`],
  ])('%s are filled', (_, expression) => {
    expect(pb.filter(expression, { v: 'x' })).toBe(expression.replace('{:v}', `'x'`))
  })

  test('that nobody fills stay text within quotes and comments', () => {
    const expression = 'a = "{:v}" // {:w}'
    expect(pb.filter(expression)).toBe(expression)
    expect(String(pb.filter`a = "{:v}" // {:w}`)).toBe(expression)
  })

  test('stay text within the quotes of a template, whatever their names', () => {
    expect(String(pb.filter`a = "{:0} {:1} {:length}" && b = ${1}`)).toBe(
      'a = "{:0} {:1} {:length}" && b = 1',
    )
  })
})

describe('a value', () => {
  test.each<[unknown, string]>([
    ['', `''`],
    [`it's "so"`, String.raw`'it\'s "so"'`],
    ['a // b', `'a // b'`],
    ['\u0001\t\n\r\u007f\u2028\ufeff', `'\u0001\t\n\r\u007f\u2028\ufeff'`],
    ['\u{1f600} é e\u0301 \uffff', `'\u{1f600} é e\u0301 \uffff'`],
    ['null', `'null'`],
    ['5', `'5'`],
    [0, '0'],
    [-0, '0'],
    [-1.5, '-1.5'],
    [1e21, '1000000000000000000000'],
    [-1e21, '-1000000000000000000000'],
    [1e-7, '0.0000001'],
    [2 ** 53, '9007199254740992'],
    [10n ** 21n, '1000000000000000000000'],
    [-5n, '-5'],
    [true, 'true'],
    [false, 'false'],
    [null, 'null'],
    [new Date('2026-01-31T10:20:30.456Z'), `'2026-01-31 10:20:30.456Z'`],
    [[1, 'a'], `'1,a'`],
    [[], `''`],
    [{ b: 1, a: [null, 'x'] }, `'{"b":1,"a":[null,"x"]}'`],
  ])('%s is written as %s', (value, text) => {
    expect(pb.filter('a = {:value}', { value })).toBe(`a = ${text}`)
    expect(String(pb.filter`a = ${value}`)).toBe(`a = ${text}`)
  })

  test.each([5e-324, -5e-324, 2 ** -1022, Number.MAX_VALUE, 1.5e-300 / 7])(
    'of %d is written with all its digits and no exponent',
    (value) => {
      const text = pb.filter('{:value}', { value })
      expect(text).toMatch(/^-?\d+(\.\d+)?$/)
      expect(Number(text)).toBe(value)
    },
  )

  test.each<[string, unknown]>([
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    ['an invalid date', new Date(Number.NaN)],
    ['an invalid date in a list', [new Date(Number.NaN)]],
    ['undefined', undefined],
    ['a function', () => 'x'],
    ['a symbol', Symbol('x')],
    ['NUL', 'a\0b'],
    ['NUL in a list', ['a\0b']],
    ['the first half of a character', '\ud83d'],
    ['the second half of a character', 'a\ude00b'],
    ['two halves in the wrong order', '\ude00\ud83d'],
    ['half a character in a list', ['\ud83d']],
    ['a bigint within an object', { a: 1n }],
  ])('of %s is refused at once', (_, value) => {
    expect(() => pb.filter('a = {:value}', { value })).toThrow(TypeError)
    expect(() => pb.filter`a = ${value}`).toThrow(TypeError)
  })

  test('within the quotes of a template is refused, even when there is none', () => {
    expect(() => pb.filter`a = "${undefined}"`).toThrow(TypeError)
  })

  test('of very many backslashes is refused without trying them all', { timeout: 5_000 }, () => {
    const value = `${'\\'.repeat(50_000)}x\\`
    expect(() => pb.filter('a = {:value}', { value })).toThrow(TypeError)
  })

  test('that is an object within itself is refused', () => {
    const value: { self?: object } = {}
    value.self = value
    expect(() => pb.filter('a = {:value}', { value })).toThrow(TypeError)
  })

  test.each(['a', 'é', '\u{1f600}', `'`, '\\a'])(
    'that makes the filter longer than 3,500 bytes is refused, and nothing is sent: %s',
    async (letter) => {
      const { client, requests } = observed(list, { serverVersion: '0.40.4' })
      const letters = letter.repeat(800)
      const left = 3_500 - bytesOf(client.filter('t = {:letters}', { letters }))
      const most = letters + 'a'.repeat(left)
      expect(bytesOf(client.filter('t = {:most}', { most }))).toBe(3_500)
      const more = `${most}a`
      expect(() => client.filter('t = {:more}', { more })).toThrow(TypeError)
      const send = async (text: string): Promise<unknown> => {
        return client.collection('c').getList(1, 1, { filter: client.filter`t = ${text}` })
      }
      await expect(send(more)).rejects.toThrow(TypeError)
      expect(requests).toEqual([])
      await send(most)
      expect(bytesOf(filterOf(requests[0])!)).toBe(3_500)
    },
  )
})

describe('a text with a backslash', () => {
  const knowing = (serverVersion?: string): PocketBase => new PocketBase('/', { serverVersion })

  test.each([
    ['0.23.0', older],
    ['0.39.8', older],
    ['v0.39.8', older],
    ['0.39.9', newer],
    ['0.39.10', newer],
    ['0.40.0', newer],
    ['v0.100.1', newer],
    ['1.0.0', newer],
    ['', neutral],
  ])('is written for the version that the client was told: %s', (version, expected) => {
    expect(knowing(version).filter('t = {:v}', { v: String.raw`x\y` })).toBe(expected)
  })

  test.each(['latest', '(untracked)', 'dev', 'unknown', '0.39', '0', 'v'])(
    'is written for both syntaxes when the version that the client was told is %s',
    (version) => {
      expect(knowing(version).filter('t = {:v}', { v: String.raw`x\y` })).toBe(neutral)
    },
  )

  test('before one kind of quote stands within the other in both syntaxes', () => {
    expect(pb.filter('t = {:v}', { v: String.raw`x\' || 1=1` })).toBe(
      String.raw`(('\\a' ~ '___%' && (t = "x\' || 1=1")) || ('\\a' !~ '___%' && (t = "x\\' || 1=1")))`,
    )
    expect(pb.filter('t = {:v}', { v: String.raw`x\" || 1=1` })).toBe(
      String.raw`(('\\a' ~ '___%' && (t = 'x\" || 1=1')) || ('\\a' !~ '___%' && (t = 'x\\" || 1=1')))`,
    )
  })

  test('stands before a comment, also one with a placeholder, which swallows nothing behind it', () => {
    const filter = pb.filter('t = {:t} // {:who} says', { t: String.raw`x\y` })
    expect(withoutComments(filter)).toBe(neutral)
  })

  test('before both quotes has no form that is right in both syntaxes', () => {
    const v = String.raw`\' and \"`
    expect(() => pb.filter('t = {:v}', { v })).toThrow(/serverVersion/)
    expect(knowing('0.39.8').filter('t = {:v}', { v })).toBe(String.raw`t = '\\' and \"'`)
    expect(knowing('0.40.4').filter('t = {:v}', { v })).toBe(String.raw`t = '\\\' and \\"'`)
  })

  test('at its end is a literal in the new syntax', () => {
    const v = 'x\\'
    expect(knowing('0.40.4').filter('t != {:v}', { v })).toBe(String.raw`t != 'x\\'`)
  })

  test('at its end is compared in the old one, where the filter asks for equality', () => {
    const bounds = String.raw`(t > '50%' && t < '50%]' && t ~ '50\%\\%' && t !~ '50\%\\_%')`
    expect(knowing('0.39.8').filter('(a = 1 || t={:v}) && b = 2', { v: '50%\\' })).toBe(
      `(a = 1 || ${bounds}) && b = 2`,
    )
  })

  test.each([
    't != {:v}',
    't ?= {:v}',
    't ~ {:v}',
    't >= {:v}',
    '{:v} = t',
    'a.t = {:v}',
    't:lower = {:v}',
    '@request.query.t = {:v}',
    '{:v}',
  ])('at its end is refused for older servers, and unknown ones, in %s', (expression) => {
    const v = 'x\\'
    expect(() => knowing('0.39.8').filter(expression, { v })).toThrow(/before 0\.39\.9/)
    expect(() => knowing().filter(expression, { v })).toThrow(/serverVersion/)
    expect(knowing('0.39.9').filter(expression, { v })).toContain(String.raw`'x\\'`)
  })
})

describe('what the template returns', () => {
  const filter = pb.filter`title ~ ${'a'} && votes > ${5}`
  const text = `title ~ 'a' && votes > 5`

  test('works wherever a text does', () => {
    expect(String(filter)).toBe(text)
    expect(filter + '').toBe(text)
    expect(`(${filter}) || id = ""`).toBe(`(${text}) || id = ""`)
    expect([filter, 'x'].join()).toBe(`${text},x`)
    expect(JSON.stringify({ filter })).toBe(JSON.stringify({ filter: text }))
    expect(encodeURIComponent(filter)).toBe(encodeURIComponent(text))
    expect(new URLSearchParams({ filter }).get('filter')).toBe(text)
    expect({ [filter]: 1 }).toEqual({ [text]: 1 })
    // oxlint-disable-next-line eqeqeq -- what old code does
    expect(filter == text).toBe(true)
  })

  test('has what texts have', () => {
    expect(filter).toHaveLength(text.length)
    expect(filter[0]).toBe('t')
    expect(Array.from(filter).join('')).toBe(text)
    expect(filter.includes('votes')).toBe(true)
    expect(filter.startsWith('title')).toBe(true)
    expect(filter.split(' && ')).toEqual(text.split(' && '))
    expect(filter.replace('title', 'name')).toBe(text.replace('title', 'name'))
    expect(filter.toUpperCase()).toBe(text.toUpperCase())
    expect(/votes > (\d)/.exec(filter)?.[1]).toBe('5')
  })

  test('says as a text what is right in both syntaxes, and has none where nothing is', () => {
    expect(String(pb.filter`t = ${String.raw`x\y`}`)).toBe(neutral)
    const unknown = pb.filter`t ~ ${'x\\'}`
    expect(() => String(unknown)).toThrow(TypeError)
    expect(() => `${unknown} && a = 1`).toThrow(TypeError)
    expect(() => JSON.stringify({ unknown })).toThrow(TypeError)
  })

  test('is a group of its own within another filter', () => {
    const inner = pb.filter`a = ${1} || b = ${'x'}`
    expect(String(pb.filter`${inner} && c = ${2}`)).toBe(`(a = 1 || b = 'x') && c = 2`)
    expect(pb.filter('c = 2 && {:inner}', { inner })).toBe(`c = 2 && (a = 1 || b = 'x')`)
  })

  test('keeps the end of its comment to itself within another filter', () => {
    const inner = pb.filter`a = ${1} // one`
    expect(withoutComments(pb.filter`${inner} && c = ${2}`)).toBe('(a = 1) && c = 2')
  })

  test('is written for the server also within another filter, when it has no text of its own', async () => {
    const { client, requests } = observed(list, { serverVersion: '0.40.4' })
    const inner = client.filter`t ~ ${'x\\'}`
    await client.collection('c').getList(1, 1, { filter: client.filter`a = ${1} || ${inner}` })
    expect(filterOf(requests[0])).toBe(String.raw`a = 1 || (t ~ 'x\\')`)
  })

  test('leaves no quote open, which a value of a filter around it could close', () => {
    expect(() => pb.filter`${pb.filter`a = 'x`} && b = ${') || 1=1 //'}`).toThrow(TypeError)
  })

  test('has no quoted text whose end depends on the server, behind which a value would be read', () => {
    expect(() => pb.filter`a = "x\\\\" && b = ${'" || 1=1 //'}`).toThrow(TypeError)
    expect(() => pb.filter`a = "x\\\\" && b = "y\\\\" && c = ${'z'}`).toThrow(TypeError)
    expect(() => pb.filter('a = "x\\\\" && b = {:v}', { v: '" || 1=1 //' })).toThrow(TypeError)
  })

  test('is sent by every call that takes a filter', async () => {
    const { client, requests } = observed(list, { serverVersion: '0.40.4' })
    const c = client.collection('c')
    const own = client.filter`t = ${String.raw`x\y`}`
    await c.getList(1, 1, { filter: own })
    await c.getList(1, 1, { query: { filter: own } })
    await c.getFullList({ filter: own })
    await c.getFirstListItem(own)
    await client.collections.getList(1, 1, { filter: own })
    await client.send('/api/own', { query: { filter: own } })
    expect(requests.map(filterOf)).toEqual(Array.from({ length: 6 }, () => newer))
  })

  test('is the request key of the first that matches: others are not cancelled by it', async () => {
    const { client } = observed(list, { serverVersion: '0.40.4' })
    const c = client.collection('c')
    const ask = (v: string): Promise<unknown> => c.getFirstListItem(client.filter`t ~ ${v}`)
    const results = await Promise.allSettled([ask('a\\'), ask('a\\'), ask('a\\\\'), ask('a')])
    expect(results.map(({ status }) => status)).toEqual([
      'rejected',
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ])
  })
})

describe('the syntax of a server', () => {
  test('is not asked for while no value holds a backslash', async () => {
    const { client, requests } = observed(server('new'))
    await client.collection('c').getList(1, 1, { filter: client.filter`t = ${`it's "so"`}` })
    expect(requests).toHaveLength(1)
  })

  test.each(['old', 'new'] as const)(
    'is not asked for where one text is right in both: %s',
    async (syntax) => {
      const { client, requests } = observed(server(syntax))
      const c = client.collection('c')
      await c.getList(1, 1, { filter: backslash(client) })
      await c.getFullList({ filter: backslash(client) })
      expect(requests.map(filterOf)).toEqual([neutral, neutral])
    },
  )

  const long = 'a\\'.repeat(900) + 'a'

  test.each<[string, 'old' | 'new', string, string | TypeError]>([
    ['a text with both quotes', 'old', unclear, unclearOld],
    ['a text with both quotes', 'new', unclear, unclearNew],
    ['a text too long to be there twice', 'old', long, `t ~ '${long}'`],
    ['a text too long to be there twice', 'new', long, `t ~ '${long.replaceAll('\\', '\\\\')}'`],
    ['a text that ends in a backslash', 'new', 'x\\', String.raw`t ~ 'x\\'`],
  ])('is asked for each time for %s, and not kept: %s', async (_, syntax, text, expected) => {
    const { client, requests } = observed(server(syntax))
    const c = client.collection('c')
    await c.getList(1, 1, { filter: client.filter`t ~ ${text}` })
    await c.getFullList({ filter: client.filter`t ~ ${text}` })
    expect(requests.map(kindOf)).toEqual(['question', 'list', 'question', 'list'])
    expect([requests[1], requests[3]].map(filterOf)).toEqual([expected, expected])
    expect(() => client.filter('t ~ {:text}', { text })).toThrow(TypeError)
    await c.getList(1, 1, { filter: backslash(client) })
    expect(filterOf(requests[4])).toBe(neutral)
  })

  test('is asked for in vain where the old one has no text: a TypeError says so', async () => {
    const { client, requests } = observed(server('old'))
    const filter = client.filter`t ~ ${'x\\'}`
    await expect(client.collection('c').getList(1, 1, { filter })).rejects.toThrow(
      /before 0\.39\.9/,
    )
    expect(requests.map(kindOf)).toEqual(['question'])
  })

  test('is of no use to a text that is too long in both, and not asked for one without a backslash', async () => {
    const { client, requests } = observed(server('new'))
    for (const text of ['x\\'.repeat(2_000), 'a'.repeat(3_500)]) {
      const filter = client.filter`t ~ ${text}`
      await expect(client.collection('c').getList(1, 1, { filter })).rejects.toThrow(/bytes/)
    }
    expect(requests.map(kindOf)).toEqual(['question'])
  })

  test('is asked for once by calls that need it at the same time, and again by later ones', async () => {
    const { client, requests } = observed(server('old'))
    const filter = unclearFilter(client)
    const names = ['a', 'b', 'c']
    const send = async (name: string): Promise<unknown> => {
      return client.collection(name).getList(1, 1, { filter })
    }
    await Promise.all(names.map(send))
    expect(requests.map(kindOf)).toEqual(['question', 'list', 'list', 'list'])
    await send('d')
    expect(requests.slice(4).map(kindOf)).toEqual(['question', 'list'])
    expect(new Set(requests.filter((sent) => kindOf(sent) === 'list').map(filterOf))).toEqual(
      new Set([unclearOld]),
    )
  })

  test('is not asked for when the version is given', async () => {
    const { client, requests } = observed(server('old'), { serverVersion: '0.36.8' })
    const c = client.collection('c')
    await c.getList(1, 1, { filter: backslash(client) })
    await c.getList(1, 1, { filter: unclearFilter(client) })
    expect(requests.map(filterOf)).toEqual([older, unclearOld])
  })

  test('is told by an answer of 0.40: its header, and no final newline', async () => {
    const { client } = observed(telling())
    await client.collection('c').getList()
    expect(placeholders(client)).toBe(unclearNew)
  })

  test('is told by the last answer alone', async () => {
    let answer = telling()
    const { client } = observed(() => answer())
    for (const other of [telling({ end: '\n' }), list, telling({ header: 'unsafe-none' })]) {
      answer = telling()
      await client.collection('c').getList()
      expect(placeholders(client)).toBe(unclearNew)
      answer = other
      await client.collection('c').getList()
      expect(() => placeholders(client)).toThrow(TypeError)
    }
  })

  test('is not taken from an answer where one text is right in both, or a call can ask', async () => {
    const { client, requests } = observed(telling())
    const c = client.collection('c')
    await c.getList()
    expect(client.filter('t = {:v}', { v: String.raw`x\y` })).toBe(neutral)
    await c.getList(1, 1, { filter: backslash(client) })
    await c.getList(1, 1, { filter: unclearFilter(client) })
    expect(requests.map(kindOf)).toEqual(['list', 'list', 'question', 'list'])
    expect([requests[1], requests[3]].map(filterOf)).toEqual([neutral, unclearNew])
  })

  test.each<[string, (request: SentRequest) => Response]>([
    ['with a final newline, as of an older server behind a proxy', telling({ end: '\n' })],
    ['with another header', telling({ header: 'unsafe-none' })],
    ['with the header in another meaning', telling({ header: 'same-origin-allow-popups' })],
    ['of a failure', telling({ status: 404 })],
    ['without a body', () => new Response(null, { status: 204, headers: opener('same-origin') })],
  ])('is not told by an answer %s', async (_, answer) => {
    const { client } = observed(answer)
    await client
      .collection('c')
      .getList()
      .catch(() => {})
    expect(() => placeholders(client)).toThrow(TypeError)
  })

  test('is not told by what answers on other paths, which may be another program', async () => {
    const { client } = observed(telling())
    await client.send('/shop/orders', {})
    expect(() => placeholders(client)).toThrow(TypeError)
  })

  test('is forgotten when the base URL changes, and what was told of the one before', async () => {
    const { client, requests } = observed(server('old'), { serverVersion: '0.40.4' })
    expect(placeholders(client)).toBe(unclearNew)
    for (const url of ['http://other.test', 'http://third.test/proxied/']) {
      client.baseURL = url
      expect(() => placeholders(client)).toThrow(TypeError)
      await client.collection('c').getList(1, 1, { filter: unclearFilter(client) })
    }
    expect(requests.map(({ url }) => url.replace(/(\w)\/api.*/, '$1'))).toEqual([
      'http://other.test',
      'http://other.test',
      'http://third.test/proxied',
      'http://third.test/proxied',
    ])
    expect(requests.map(kindOf)).toEqual(['question', 'list', 'question', 'list'])
    expect([requests[1], requests[3]].map(filterOf)).toEqual([unclearOld, unclearOld])
  })

  test('is forgotten when the base URL changes, and what an answer told of the one before', async () => {
    const { client } = observed(telling())
    await client.collection('c').getList()
    expect(placeholders(client)).toBe(unclearNew)
    client.baseURL = 'http://other.test'
    expect(() => placeholders(client)).toThrow(TypeError)
  })

  test('is not told by an answer that was on its way when the base URL changed', async () => {
    const { client } = observed(() => {
      client.baseURL = 'http://other.test'
      return telling()()
    })
    await client.collection('c').getList()
    expect(() => placeholders(client)).toThrow(TypeError)
  })

  test.each(Array.from({ length: 30 }, (_, turn) => turn))(
    'is that of the server that is sent to when the base URL changes %i turns after a call',
    async (turns) => {
      const authStore = Object.assign(new MemoryAuthStore(), { ready: Promise.resolve() })
      const { client, requests } = observed(
        (request) => server(request.url.startsWith('http://old.test') ? 'old' : 'new')(request),
        { authStore },
      )
      client.baseURL = 'http://new.test'
      const filter = unclearFilter(client)
      const calls = [client.collection('c').getList(1, 1, { filter })]
      for (let turn = 0; turn < turns; turn++) await Promise.resolve()
      client.baseURL = 'http://old.test'
      calls.push(client.collection('d').getList(1, 1, { filter }))
      const [first, second] = await Promise.allSettled(calls)
      if (first?.status === 'rejected') expect(first.reason).toBeInstanceOf(TypeError)
      expect(second?.status).toBe('fulfilled')
      for (const request of requests.filter((sent) => kindOf(sent) === 'list')) {
        const isOld = request.url.startsWith('http://old.test')
        expect(filterOf(request), request.url).toBe(isOld ? unclearOld : unclearNew)
      }
    },
  )

  test('is that of the server that is sent to when a hook changes the base URL', async () => {
    const { client, requests } = observed((request) => {
      return server(request.url.startsWith('http://old.test') ? 'old' : 'new')(request)
    })
    client.baseURL = 'http://old.test'
    client.beforeSend = (url, options) => {
      client.baseURL = 'http://new.test'
      return { url, options }
    }
    const filter = unclearFilter(client)
    const [result] = await Promise.allSettled([client.collection('c').getList(1, 1, { filter })])
    if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(TypeError)
    for (const request of requests.filter((sent) => kindOf(sent) === 'list')) {
      const isOld = request.url.startsWith('http://old.test')
      expect(filterOf(request), request.url).toBe(isOld ? unclearOld : unclearNew)
    }
  })

  test.each([
    ['old', 'new', newer],
    ['new', 'old', older],
  ] as const)(
    'is not relied on when the server may have been replaced: %s, and now %s',
    async (before, after, right) => {
      let answer = server(before)
      const { client, requests } = observed((request) => answer(request))
      const c = client.collection('c')
      await c.getList(1, 1, { filter: backslash(client) })
      answer = server(after)
      await c.getList(1, 1, { filter: backslash(client) })
      expect([right, neutral]).toContain(filterOf(requests.at(-1)))
      await c.getList(1, 1, { filter: unclearFilter(client) })
      answer = server(before)
      await c.getList(1, 1, { filter: unclearFilter(client) })
      const texts = [unclearOld, unclearNew]
      expect([requests.at(-3), requests.at(-1)].map(filterOf)).toEqual(
        before === 'new' ? texts : texts.toReversed(),
      )
    },
  )

  test('is asked for again after the network failed, as which the call that needed it fails', async () => {
    let isDown = true
    const { client, requests } = observed((request) => {
      if (isDown) throw new TypeError('fetch failed')
      return server('new')(request)
    })
    const c = client.collection('c')
    const filter = unclearFilter(client)
    for (const _ of [1, 2]) {
      await expect(c.getList(1, 1, { filter })).rejects.toBeInstanceOf(NetworkError)
    }
    isDown = false
    await c.getList(1, 1, { filter })
    expect(requests.map(kindOf)).toEqual(['question', 'question', 'question', 'list'])
    expect(filterOf(requests.at(-1))).toBe(unclearNew)
  })

  test.each<[string, () => Response]>([
    ['429', () => failure(429, 'Too Many Requests.')],
    ['403', () => failure(403, 'You are not allowed to perform this request.')],
    ['404', () => failure(404, `The requested resource wasn't found.`)],
    ['503 in HTML', () => html(503)],
    ['200 in HTML', () => html(200)],
    ['400 in HTML, as of a proxy', () => html(400)],
    ['400 of another program', () => json({ error: 'bad request' }, { status: 400 })],
    ['400 of a gateway', () => json({ status: 400, title: 'Bad Request' }, { status: 400 })],
    ['no list', () => json({})],
  ])(
    'stays unknown after the answer %s: the call is refused, and the next one asks again',
    async (_, odd) => {
      let answer = odd
      const { client, requests } = observed((request) => {
        return kindOf(request) === 'question' ? answer() : list()
      })
      const c = client.collection('c')
      const filter = unclearFilter(client)
      await expect(c.getList(1, 1, { filter })).rejects.toThrow(/serverVersion/)
      await expect(c.getList(1, 1, { filter })).rejects.toThrow(TypeError)
      await c.getList(1, 1, { filter: backslash(client) })
      answer = list
      await c.getList(1, 1, { filter })
      expect(requests.map(kindOf)).toEqual(['question', 'question', 'list', 'question', 'list'])
      expect([requests[2], requests[4]].map(filterOf)).toEqual([neutral, unclearNew])
    },
  )

  test('is asked for in the name of the client, not of one call that may be cancelled', async () => {
    const { client, requests } = observed(async (request) => {
      await new Promise(setImmediate)
      return server('old')(request)
    })
    const cancelled = new AbortController()
    const calls = [cancelled.signal, undefined].map((signal, index) => {
      const options = { filter: unclearFilter(client), signal: signal ?? null }
      return client.collection(`c${index}`).getList(1, 1, options)
    })
    const results = Promise.allSettled(calls)
    await eventually(() => expect(requests).toHaveLength(1))
    cancelled.abort()
    const [first, second] = await results
    expect(first).toMatchObject({ status: 'rejected', reason: expect.any(AbortError) })
    expect(second).toMatchObject({ status: 'fulfilled' })
    expect(requests.map(kindOf)).toEqual(['question', 'list'])
  })
})

function backslash(client: PocketBase): string {
  return client.filter`t = ${String.raw`x\y`}`
}

function unclearFilter(client: PocketBase): string {
  return client.filter`t ~ ${unclear}`
}

/** What servers read of a filter whose quoted texts have no slashes. */
function withoutComments(filter: string): string {
  return filter.replaceAll(/\s*\/\/[^\n]*\n?| (?=\))/g, '')
}

function placeholders(client: PocketBase): string {
  return client.filter('t ~ {:unclear}', { unclear })
}

/** Answers the question as servers of that syntax do, and everything else by an empty list. */
function server(syntax: 'old' | 'new'): (request: SentRequest) => Response {
  return (request) => {
    const isRefused = kindOf(request) === 'question' && syntax === 'old'
    return isRefused ? failure(400, 'Something went wrong while processing your request.') : list()
  }
}

/** Answers with what tells 0.40 servers, or nearly. */
function telling({ header = 'same-origin', end = '', status = 200 } = {}): () => Response {
  const body = `{"page":1,"perPage":30,"totalItems":-1,"totalPages":-1,"items":[]}${end}`
  return () => new Response(body, { status, headers: opener(header) })
}

function opener(policy: string): HeadersInit {
  return { 'content-type': 'application/json', 'cross-origin-opener-policy': policy }
}

function list(): Response {
  return json({ page: 1, perPage: 30, totalItems: -1, totalPages: -1, items: [{ id: 'a' }] })
}

function failure(status: number, message: string): Response {
  return json({ data: {}, message, status }, { status })
}

function html(status: number): Response {
  return new Response('<!doctype html>', { status, headers: { 'content-type': 'text/html' } })
}

function kindOf({ url }: SentRequest): 'question' | 'list' {
  return url.includes('/_authOrigins/') ? 'question' : 'list'
}

function filterOf(request: SentRequest | undefined): string | null {
  return new URL(request!.url).searchParams.get('filter')
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length
}
