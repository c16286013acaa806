import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { ApiError, ForbiddenError, PocketBase } from '../../src/index.ts'
import type { Filter } from '../../src/index.ts'
import { startPocketBase } from '../../src/testing/index.ts'
import type { PocketBaseServer } from '../../src/testing/index.ts'
import { isGuarded, isPossible, reasonToRefuse, sampleTexts } from '../support/hostile.ts'
import { seed } from '../support/seed.ts'
import { describeServers } from '../support/server.ts'
import { versionsUnderTest } from '../support/versions.ts'

interface Row {
  id: string
  /** The text in question. */
  t: string
  /** Another row's. */
  u: string
}

/** Calls at a time. */
const parallel = 16

/**
 * Filters that one row answers: plain ones, within groups, before comments, and where servers before 0.39.9 cannot be asked for a text
 * that ends in a backslash.
 */
const expressions = [
  't = {:t}',
  't={:t} && u = {:u}',
  '(1 = 2 || t = {:t})',
  't = {:t} // the whole text',
  '{:t} = t',
  't >= {:t} && t <= {:t}',
]

describeServers('filters find a row by its text', (pb) => {
  const syntax = syntaxOf(pb)
  const texts = sampleTexts(3_000, seed)
  let rows: Row[]

  beforeAll(async () => {
    await createTexts(pb)
    const stored = texts.filter(isPossible)
    const bodies = stored.map((t, index) => ({ t, u: stored.at(index - 1)! }))
    const records = await store<Row>(pb, 'texts', bodies)
    expect(records.map(({ t, u }) => ({ t, u }))).toEqual(bodies)
    const unstored = texts.filter((t) => !isPossible(t)).map((t) => ({ id: 'none', t, u: 'any' }))
    rows = [...records, ...unstored]
  })

  test('by the tagged template: it, and only it, whatever the text; the syntax is asked for where it must be', async () => {
    const client = pb.guest()
    const untold = new PocketBase(pb.url)
    let questions = 0
    client.use((request, next) => {
      if (request.url.includes('/_authOrigins/')) questions++
      return next(request)
    })
    let asking = 0
    await expectEveryRow('tagged template', client, syntax, (expression, row) => {
      const values = expression.includes('{:u}') ? [row.t, row.u] : [row.t]
      const depends = values.every(isPossible) && values.join('').includes('\\')
      if (depends && !hasText(() => untold.filter(expression, { ...row }))) asking++
      return byTemplate(client, expression, row)
    })
    // Calls that need it at the same time share one question.
    expect(questions).toBeLessThanOrEqual(asking)
    expect(questions).toBeGreaterThanOrEqual(asking / parallel)
    expect(asking).toBeGreaterThan(50)
    console.info(`PocketBase ${pb.version}: ${questions} questions for ${asking} texts`)
  })

  test('by pb.filter that was told the version: it, and only it, whatever the text', async () => {
    const client = new PocketBase(pb.url, { serverVersion: pb.version, autoCancellation: false })
    await expectEveryRow('pb.filter, told', client, syntax, (expression, row) => {
      return client.filter(expression, { ...row })
    })
  })

  test('by pb.filter that was told nothing: it, and only it, or a TypeError', async () => {
    // It sends nothing, so that no answer can tell it.
    const untold = new PocketBase(pb.url)
    await expectEveryRow('pb.filter, untold', pb.guest(), 'unknown', (expression, row) => {
      return untold.filter(expression, { ...row })
    })
  })

  test('a superuser finds the texts that guests may not ask for', async () => {
    const guarded = rows.filter(({ id, t }) => id !== 'none' && isGuarded(t))
    expect(guarded.length).toBeGreaterThan(50)
    await inParallel(guarded, async ({ id, t }) => {
      const answer = await outcome(() => idsOf(pb.admin, pb.admin.filter`t = ${t}`))
      expect(answer, JSON.stringify(t)).toEqual([id])
    })
  })

  /** Asks for every row, and expects that row alone, or a refusal for a good reason. */
  async function expectEveryRow(
    name: string,
    client: PocketBase,
    known: 'old' | 'new' | 'unknown',
    write: (expression: string, row: Row) => string,
  ): Promise<void> {
    const counts: Record<string, number> = {}
    const count = (key: string): void => {
      counts[key] = (counts[key] ?? 0) + 1
    }
    const wrong: string[] = []
    await inParallel(rows, async (row, index) => {
      const expression = expressions[index % expressions.length]!
      const reason = reasonToRefuse(expression, { ...row }, known)
      const asked = expression.includes('{:u}') ? row.t + row.u : row.t
      const answer = await outcome(() => idsOf(client, write(expression, row)))
      if (Array.isArray(answer) && answer.join() === row.id) count('found')
      else if (answer instanceof TypeError && reason) count(`refused, ${reason}`)
      else if (answer instanceof ForbiddenError && isGuarded(asked)) count('403, @request.')
      else wrong.push(`${expression} of ${JSON.stringify(row)}: ${String(answer)} (${reason})`)
    })
    console.info(`PocketBase ${pb.version}, ${name}, seed ${seed}:`, counts)
    expect(wrong.slice(0, 5), `${wrong.length} are wrong; FC_SEED=${seed} repeats them`).toEqual([])
    expect(counts['found']).toBeGreaterThan(2_000)
  }
})

describeServers('filters cannot be left', (pb) => {
  const syntax = syntaxOf(pb)
  const attacks: { name: string; row: Omit<Row, 'id'>; byHand: string }[] = [
    {
      name: 'a text of the old syntax that ends early in the new one',
      row: { t: 'x\\" || 1=1 //', u: '' },
      byHand: 't = "x\\\\" || 1=1 //"',
    },
    {
      name: 'the same with the other quote',
      row: { t: `x\\' || 1=1 //`, u: '' },
      byHand: `t = 'x\\\\' || 1=1 //'`,
    },
    {
      name: 'a text of the new syntax that stays open in the old one',
      row: { t: 'x\\', u: ' || 1=1 //' },
      byHand: 't = "x\\\\" && u = " || 1=1 //"',
    },
  ]
  const nearby = [
    '',
    'x',
    'x"',
    `x'`,
    'x\\\\',
    'X\\',
    'x\\y',
    'xy\\',
    'x%\\',
    'x_\\',
    'X_\\',
    'x\\%',
    ' x\\',
    ']',
  ]
  const texts = [...attacks.map(({ row }) => row), ...nearby.map((t) => ({ t, u: '-' }))]
  let rows: Row[]

  beforeAll(async () => {
    await createTexts(pb)
    rows = await store<Row>(pb, 'texts', texts)
  })

  test('while the attacks are real: the wrong syntax, written by hand, answers every row', async () => {
    for (const [index, { byHand }] of attacks.entries()) {
      const isRight = index < 2 === (syntax === 'old')
      expect(await idsOf(pb.guest(), byHand), byHand).toHaveLength(isRight ? 1 : 3)
    }
  })

  test.each(attacks)(
    '$name: a client that has not spoken yet finds that row alone',
    async ({ row }) => {
      const { id } = rows.find(({ t }) => t === row.t)!
      const client = pb.guest()
      const filters = [
        client.filter`t = ${row.t} && u = ${row.u}`,
        client.filter`u = ${row.u} && t = ${row.t}`,
      ]
      expect(await idsOf(client, filters[0]!)).toEqual([id])
      expect(await idsOf(pb.guest(), filters[1]!)).toEqual([id])
      expect(await idsOf(pb.guest(), pb.guest().filter('t = {:t} && u = {:u}', row))).toEqual([id])
    },
  )

  test('a text that ends in backslashes is told from those that look like it', async () => {
    const client = pb.guest()
    const told = new PocketBase(pb.url, { serverVersion: pb.version })
    for (const { id, t } of rows) {
      for (const writer of [client, told, new PocketBase(pb.url)]) {
        expect(await idsOf(client, writer.filter('t = {:t}', { t })), t).toEqual([id])
      }
      expect(await idsOf(client, client.filter`t = ${t}`), t).toEqual([id])
    }
  })

  test('a quoted text of the expression, whose end depends on the server, lets no value out', async () => {
    const client = pb.guest()
    const value = '" || 1=1 //'
    await expectNothing(() => client.filter('t = "no such\\\\" && u = {:value}', { value }))
    await expectNothing(() => client.filter`t = "no such\\\\" && u = ${value}`)
  })

  test('a quote that a filter leaves open lets no value out of the filter around it', async () => {
    const client = pb.guest()
    await expectNothing(() => {
      return client.filter`${client.filter`t = 'no such`} && u = ${') || 1=1 //'}`
    })
  })

  test('a filter of 3,500 bytes is read, and one byte more is neither sent nor read', async () => {
    for (const letter of ['a', 'é', '\u{1f600}']) {
      const letters = letter.repeat(870)
      const t = letters + 'a'.repeat(3_500 - byteLength(`t = '${letters}'`))
      const { id } = await pb.admin.collection<Row>('texts').create({ t })
      const client = pb.guest()
      expect(await idsOf(client, client.filter`t = ${t}`)).toEqual([id])
      expect(await outcome(() => idsOf(client, client.filter`t = ${`${t}a`}`))).toBeInstanceOf(
        TypeError,
      )
      await expect(idsOf(client, `t = '${t}a'`)).rejects.toMatchObject({ status: 400 })
    }
  })

  const comments = ['plain', `it's`, '"', `"so"`, ':)', ':(', `') || 1=1`, '// twice', '\\']

  test.each(comments)('a comment may hold what it likes: %s', async (comment) => {
    const client = pb.guest()
    const strings = ['t = ', ` // ${comment}\n && u = `, '']
    const filter = client.filter(Object.assign(strings, { raw: strings }), 'x\\y', '-')
    expect(await idsOf(client, filter)).toEqual([rows.find(({ t }) => t === 'x\\y')!.id])
  })

  test.each(comments)(
    'a comment of a filter within another may hold as much: %s',
    async (comment) => {
      const client = new PocketBase(pb.url, { serverVersion: pb.version })
      const strings = ['t = ', ` // ${comment}`]
      const inner = client.filter(Object.assign(strings, { raw: strings }), 'x\\y')
      const found = await idsOf(client, client.filter`${inner} && u = ${'-'}`)
      expect(found).toEqual([rows.find(({ t }) => t === 'x\\y')!.id])
    },
  )

  test('a filter may hold 200 comparisons, which is all that servers take', async () => {
    const client = pb.guest()
    const id = rows.find(({ t }) => t === 'x\\y')!.id
    for (const count of [99, 100, 200]) {
      const values = Array.from({ length: count }, (_, index) => (index > 0 ? '' : 'x\\y'))
      const strings = ['t=', ...values.slice(1).map(() => '&&t!='), '']
      const answer = await outcome(() => {
        return idsOf(client, client.filter(Object.assign(strings, { raw: strings }), ...values))
      })
      expect(answer, `${count} comparisons`).toEqual([id])
    }
    await expect(idsOf(client, Array(201).fill('t!=""').join('&&'))).rejects.toMatchObject({
      status: 400,
    })
  })

  test('a text that only superusers may ask for is refused by the server, which says why', async () => {
    for (const t of ['joe@request.org', '@collection.texts.t']) {
      const { id } = await pb.admin.collection<Row>('texts').create({ t })
      const answer = await outcome(() => idsOf(pb.guest(), pb.guest().filter`t = ${t}`))
      expect(answer).toBeInstanceOf(ForbiddenError)
      expect((answer as ForbiddenError).message).toMatch(/superusers .* @(request|collection)\./)
      expect((answer as ForbiddenError).describe()).toMatch(/Values must not hold it either\.$/)
      expect(await idsOf(pb.admin, pb.admin.filter`t = ${t}`)).toEqual([id])
    }
  })

  /** The filter is refused, by the client or the server, or no row answers it. */
  async function expectNothing(write: () => string): Promise<void> {
    const answer = await outcome(() => idsOf(pb.guest(), write()))
    const isRefused =
      answer instanceof TypeError || (answer instanceof ApiError && answer.status === 400)
    expect(isRefused ? [] : answer).toEqual([])
  }
})

describe.each(replacements())('filters of a client that knew %s find a row', (before, after) => {
  const servers: PocketBaseServer[] = []
  const texts = [
    { t: 'x\\" || 1=1 //', u: '' },
    { t: `x\\' || 1=1 //`, u: '' },
    { t: 'x\\', u: ' || 1=1 //' },
    { t: `\\' and \\"`, u: `\\" || 1=1 //` },
    { t: `\\" and \\'`, u: `\\' || 1=1 //` },
    { t: 'a\\b', u: 'c\\d' },
  ]

  beforeAll(async () => {
    for (const version of [before, after]) {
      const server = await startPocketBase({ version })
      servers.push(server)
      const admin = await server.superuserClient()
      await createTexts({ admin })
      await store({ admin }, 'texts', texts)
    }
  })
  afterAll(async () => {
    for (const server of servers) await server.stop()
  })

  test(`and no other once it is ${after}`, async () => {
    const [first, second] = servers as [PocketBaseServer, PocketBaseServer]
    const client = first.client()
    let url = first.url
    client.use((request, next) => next({ ...request, url: request.url.replace(first.url, url) }))
    const find = async (write: (row: (typeof texts)[number]) => string): Promise<unknown[]> => {
      return Promise.all(
        texts.map((row) => {
          return outcome(async () => {
            const list = client.collection<Row>('texts')
            return (await list.getFullList({ filter: write(row) })).map(({ t, u }) => ({ t, u }))
          })
        }),
      )
    }
    const expected = texts.map((row) => [row])
    for (const server of [first, second, first]) {
      url = server.url
      expect(await find(({ t, u }) => client.filter`t = ${t} && u = ${u}`)).toEqual(expected)
      expect(await find(({ t, u }) => client.filter`u = ${u} && t = ${t}`)).toEqual(expected)
      // Placeholders cannot ask: they have no text of some, unless the last answer told.
      const found = await find((row) => client.filter('t = {:t} && u = {:u}', row))
      for (const [index, answer] of found.entries()) {
        if (!(answer instanceof TypeError)) expect(answer).toEqual(expected[index])
      }
    }
  })
})

describeServers('filters find rows by values of every type', (pb) => {
  const extremes = [
    [
      0,
      -0,
      1,
      -1,
      5,
      0.1,
      0.1 + 0.2,
      -1.5,
      1e21,
      -1e21,
      1e-7,
      5e-324,
      -5e-324,
      2 ** 53,
      2 ** 53 + 2,
    ],
    [Number.MAX_SAFE_INTEGER, Number.MAX_VALUE, -Number.MAX_VALUE, 123_456_789e12, 1.8e307],
  ]
  const double = fc.double({ noNaN: true, noDefaultInfinity: true })
  const numbers = [...extremes.flat(), ...fc.sample(double, { seed, numRuns: 200 })]
  const days = ['0001-01-02', '1970-01-01', '2024-02-29', '2026-01-31', '9999-12-31']
  const dates = days.map((day) => `${day} 10:20:30.456Z`)
  const texts = ['5', '5.0', 'true', '1,a', 'a,1', '1,a,', '1, a']
  const object = { a: 1, b: [true, null], c: `it's "so" \\ or not` }
  const jsons = [
    object,
    [1, 'a'],
    `it\\'s "so"`,
    'end \\',
    'End \\',
    5,
    '5',
    true,
    'true',
    '',
    null,
  ]
  let rows: { id: string; n: number; b: boolean; d: string; t: string; j: unknown }[]

  beforeAll(async () => {
    const types = { n: 'number', b: 'bool', d: 'date', t: 'text', j: 'json' }
    await pb.admin.collections.create({
      name: 'kinds',
      type: 'base',
      listRule: '',
      fields: Object.entries(types).map(([name, type]) => ({ name, type })),
    })
    rows = await store(pb, 'kinds', [
      ...numbers.map((n) => ({ n })),
      ...dates.map((d) => ({ d })),
      ...texts.map((t) => ({ t })),
      ...jsons.map((j) => ({ j })),
      { b: true },
    ])
  })

  test('numbers, however small or large', async () => {
    await inParallel(numbers, async (n) => {
      await expectRows(
        (client) => client.filter`n = ${n}`,
        (row) => row.n === n,
      )
    })
    await expectRows(
      (client) => client.filter('n < {:less} && n > {:more}', { less: -1e-7, more: -1e21 }),
      (row) => row.n < -1e-7 && row.n > -1e21,
    )
  })

  test('whole numbers of any length, as servers round them', async () => {
    for (const n of [0n, 5n, 2n ** 53n, 2n ** 53n + 1n, 10n ** 21n, -(10n ** 21n)]) {
      await expectRows(
        (client) => client.filter`n = ${n}`,
        (row) => row.n === Number(n),
      )
    }
  })

  test('booleans', async () => {
    for (const b of [true, false]) {
      await expectRows(
        (client) => client.filter`b = ${b}`,
        (row) => row.b === b,
      )
    }
  })

  test('dates, to the millisecond and in their order', async () => {
    for (const date of dates) {
      await expectRows(
        (client) => client.filter`d = ${new Date(date.replace(' ', 'T'))}`,
        (row) => row.d === date,
      )
      await expectRows(
        (client) => client.filter`d > ${new Date(date.replace(' ', 'T'))}`,
        (row) => row.d > date,
      )
    }
  })

  test('null, for what is empty', async () => {
    await expectRows(
      (client) => client.filter`t = ${null}`,
      (row) => row.t === '',
    )
    await expectRows(
      (client) => client.filter`j = ${null}`,
      (row) => row.j === null,
    )
  })

  test('texts that look like numbers or booleans', async () => {
    for (const t of texts) {
      await expectRows(
        (client) => client.filter`t = ${t}`,
        (row) => row.t === t,
      )
    }
  })

  test('lists, as one text with commas', async () => {
    await expectRows(
      (client) => client.filter('t = {:list}', { list: [1, 'a'] }),
      (row) => row.t === '1,a',
    )
  })

  test('json values of the same type', async () => {
    for (const json of jsons) {
      const value = Array.isArray(json) ? JSON.stringify(json) : json
      await expectRows(
        (client) => client.filter`j = ${value}`,
        (row) => JSON.stringify(row.j) === JSON.stringify(json),
      )
    }
  })

  test('filters, each a group of its own', async () => {
    await expectRows(
      (client) => {
        const either = client.filter`n = ${1} || n = ${5} // one or the other`
        return client.filter`${either} && b = ${false}`
      },
      (row) => row.n === 1 || row.n === 5,
    )
  })

  /** A client that has not spoken yet gets the rows that match, and no others. */
  async function expectRows(
    write: (client: PocketBase) => string,
    matches: (row: (typeof rows)[number]) => boolean,
  ): Promise<void> {
    const client = pb.guest()
    const filter = write(client)
    const found = await client
      .collection('kinds')
      .getFullList<{ id: string }>({ filter, fields: 'id' })
    const expected = rows.filter(matches).map(({ id }) => id)
    expect(new Set(found.map(({ id }) => id)), filter).toEqual(new Set(expected))
    expect(found).toHaveLength(expected.length)
  }
})

/** The tagged template with the texts of an expression with placeholders. */
function byTemplate(client: PocketBase, expression: string, row: Row): Filter {
  const [start, ...rest] = expression.split(/\{:(\w)\}/)
  const strings = [start!, ...rest.filter((_, index) => index % 2 === 1)]
  const values = rest.filter((_, index) => index % 2 === 0).map((name) => row[name as keyof Row])
  return client.filter(Object.assign(strings, { raw: strings }), ...values)
}

/** Ids of the rows that a filter leaves, three at most: more than one is known to be wrong. */
async function idsOf(client: PocketBase, filter: string): Promise<string[]> {
  const options = { filter, fields: 'id', skipTotal: true }
  const { items } = await client.collection<Row>('texts').getList(1, 3, options)
  return items.map(({ id }) => id)
}

/** The first and the last version under test, both ways, where they read backslashes differently. */
function replacements(): [string, string][] {
  const versions = versionsUnderTest()
  const [first, last] = [versions[0]!, versions.at(-1)!]
  if (syntaxOf({ version: first }) === syntaxOf({ version: last })) return []
  return [
    [first, last],
    [last, first],
  ]
}

function hasText(write: () => string): boolean {
  try {
    return write().length > 0
  } catch {
    return false
  }
}

function syntaxOf({ version }: { version: string }): 'old' | 'new' {
  return version.localeCompare('0.39.9', 'en', { numeric: true }) < 0 ? 'old' : 'new'
}

/** A collection with two fields for long texts, which guests may list. */
async function createTexts({ admin }: { admin: PocketBase }): Promise<void> {
  await admin.collections.create({
    name: 'texts',
    type: 'base',
    listRule: '',
    fields: [
      { name: 't', type: 'text', max: 5_000 },
      { name: 'u', type: 'text', max: 5_000 },
    ],
    indexes: ['CREATE INDEX idx_texts_t ON texts (t)'],
  })
}

async function store<T>(
  { admin }: { admin: PocketBase },
  collection: string,
  bodies: object[],
): Promise<T[]> {
  await admin.settings.update({ batch: { enabled: true, maxRequests: 500, timeout: 60 } })
  const stored: T[] = []
  for (let start = 0; start < bodies.length; start += 500) {
    const url = `/api/collections/${collection}/records`
    const requests = bodies.slice(start, start + 500).map((body) => ({ method: 'POST', url, body }))
    const answers: { body: T }[] = await admin.send('/api/batch', {
      method: 'POST',
      body: { requests },
    })
    stored.push(...answers.map(({ body }) => body))
  }
  return stored
}

async function inParallel<T>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const queue = items.entries()
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) await work(item, index)
  }
  await Promise.all(Array.from({ length: parallel }, worker))
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length
}

/** What a call answers or throws. */
async function outcome<T>(call: () => Promise<T>): Promise<T | Error> {
  try {
    return await call()
  } catch (error) {
    return error as Error
  }
}
