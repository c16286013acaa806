import { beforeAll, describe, expect, test } from 'vitest'

import type { Filter, PocketBase, RecordModel } from '../../src/index.ts'
import { collect, idsOf } from '../support/collect.ts'
import { open } from '../support/rules.ts'
import { randomNumbers, seed } from '../support/seed.ts'
import { describeServers } from '../support/server.ts'
import { dates, numbers, texts } from '../support/values.ts'

describeServers('walks', (pb) => {
  const pick = randomNumbers(seed)
  const one = <T>(values: readonly T[]): T => values[pick(values.length)]!
  let guest: PocketBase

  beforeAll(async () => {
    guest = pb.guest()
    await pb.admin.collections.create({
      name: 'mixed',
      type: 'base',
      ...open,
      fields: [
        { name: 't', type: 'text', max: 500 },
        { name: 'n', type: 'number' },
        { name: 'b', type: 'bool' },
        { name: 'd', type: 'date' },
        { name: 's', type: 'select', values: ['b', 'a', 'C'] },
        { name: 'url', type: 'url' },
        { name: 'j', type: 'json' },
        { name: 'tags', type: 'select', values: ['a', 'b'], maxSelect: 2 },
        { name: 'created', type: 'autodate', onCreate: true },
        { name: 'updated', type: 'autodate', onUpdate: true, onCreate: true },
      ],
    })
    const create = async (index: number): Promise<unknown> =>
      guest.collection('mixed').create({
        t: texts[index] ?? one(texts),
        n: numbers[index] ?? one(numbers),
        b: pick(2) === 1,
        d: one(dates),
        s: one(['', 'a', 'b', 'C']),
        url: one(['', 'https://a.example', 'https://A.example']),
        j: index,
      })
    for (let index = 0; index < 240; index += 8)
      await Promise.all(Array.from({ length: 8 }, async (_, step) => create(index + step)))
  })

  describe('by sorts', () => {
    const columns = ['t', 'n', 'b', 'd', 's', 'url', 'created', 'updated', 'id'] as const

    test(`are the server's own order, whatever the values, in pages of any size (seed ${seed})`, async () => {
      const mixed = guest.collection('mixed')
      for (let round = 0; round < 60; round++) {
        const terms = Array.from({ length: 1 + pick(3) }, () => one(['', '-', '+']) + one(columns))
        const sort = terms.join(one([',', ', ']))
        // Small pages of all rows take a while.
        const batch = one(round % 10 ? [7, 20, 50, 239, 240, 241] : [1, 2, 3])
        const filter = one(['', 'n >= 0', `s = 'a' || b = true`, `s = 'a' || b = true // or ('`])
        const down = terms.at(-1)!.startsWith('-') ? '-' : ''
        const whole = await mixed.getFullList({
          sort: `${sort},${down}id`,
          filter,
          walk: 'pages',
        })
        const what = `seed ${seed}, sort ${sort}, filter ${filter}, batch ${batch}`
        const rows = await collect(mixed.iterate({ sort, filter, batch }))
        expect(idsOf(rows), what).toEqual(idsOf(whole))
        expect(rows, what).toEqual(whole)
      }
    })

    test('by a json column are the same where all its values are numbers', async () => {
      const options = { sort: '-j', batch: 50 }
      const rows = await collect(guest.collection('mixed').iterate(options))
      expect(rows.map(({ j }) => j as number)).toEqual(
        Array.from({ length: 240 }, (_, index) => 239 - index),
      )
    })

    test.each([null, [1], { a: 1 }])(
      'by a json column are refused where one of its values is %j, before a row is lost',
      async (j) => {
        const mixed = guest.collection('mixed')
        const { id } = await mixed.create({ j })
        try {
          for (const sort of ['j', '-j', 'b,-j']) {
            const walk = collect(mixed.iterate({ sort, batch: 50 }))
            await expect(walk, sort).rejects.toThrow(/Use walk: 'pages'/)
            const rows = await collect(mixed.iterate({ sort, batch: 50, walk: 'pages' }))
            expect(rows).toHaveLength(241)
          }
        } finally {
          await mixed.delete(id)
        }
      },
    )

    test.each([
      ['tags', '"tags" is missing, null, or no single value'],
      ['author.name', 'its sort has "author.name"'],
      ['@random', 'its sort has "@random"'],
      ['@rowid', 'its sort has "@rowid"'],
      ['t:lower', 'its sort has "t:lower"'],
      [',', 'its sort has ""'],
      [' , ', 'its sort has " "'],
    ])('by "%s" are refused, and never shorter', async (sort, why) => {
      const walk = collect(guest.collection('mixed').iterate({ sort, batch: 10 }))
      await expect(walk).rejects.toThrow(
        new TypeError(`The list cannot be walked by key: ${why}. Use walk: 'pages'.`),
      )
    })

    test('by a field that is not there are refused by the server', async () => {
      const walk = collect(guest.collection('mixed').iterate({ sort: 'nope', batch: 10 }))
      await expect(walk).rejects.toMatchObject({
        status: 400,
        message: 'Something went wrong while processing your request.',
      })
    })

    test('by a text that ends in a backslash are refused where the server cannot compare it', async () => {
      const mixed = guest.collection('mixed')
      const { id } = await mixed.create({ t: 'a\\' })
      const walk = collect(
        mixed.iterate({ sort: 't', batch: 1, filter: `t = 'a' || id = '${id}'` }),
      )
      try {
        if (pb.version.localeCompare('0.39.9', 'en', { numeric: true }) < 0)
          await expect(walk).rejects.toThrow(TypeError)
        else expect((await walk).at(-1)).toMatchObject({ id, t: 'a\\' })
      } finally {
        await mixed.delete(id)
      }
    })

    test('by the e-mail address are refused: comparing it leaves out those that are hidden', async () => {
      const users = pb.admin.collection('users')
      await pb.admin.collections.update('users', { listRule: '' })
      const password = 'correct horse'
      for (const name of ['a', 'b', 'c', 'd'])
        await users.create({
          email: `${name}@example.com`,
          password,
          passwordConfirm: password,
          emailVisibility: name < 'c',
        })
      const service = guest.collection('users')
      const hidden = await service.getList(1, 10, {
        sort: 'email',
        filter: `email > 'b@example.com'`,
      })
      expect(hidden.items).toEqual([])
      await expect(collect(service.iterate({ sort: 'email', batch: 2 }))).rejects.toThrow(TypeError)
      expect(
        await collect(service.iterate({ sort: 'email', batch: 2, walk: 'pages' })),
      ).toHaveLength(4)
      expect(await collect(service.iterate({ sort: 'emailVisibility', batch: 2 }))).toHaveLength(4)
    })

    test('by a field that is hidden from the caller fail', async () => {
      const { id } = await pb.admin.collections.create({
        name: 'secrets',
        type: 'base',
        ...open,
        fields: [{ name: 'h', type: 'number', hidden: true }],
      })
      for (let h = 0; h < 3; h++) await pb.admin.collection(id).create({ h })
      await expect(
        collect(guest.collection('secrets').iterate({ sort: 'h' })),
      ).rejects.toMatchObject({ status: 400 })
      expect(
        (await collect(pb.admin.collection('secrets').iterate({ sort: '-h', batch: 1 }))).map(
          ({ h }) => h as number,
        ),
      ).toEqual([2, 1, 0])
    })
  })

  describe('with filters', () => {
    const filters: (string | ((client: PocketBase) => Filter | string))[] = [
      `t = 'a' || t = 'b'`,
      `t = 'a' || t = 'b' // it's a comment ) with all that breaks`,
      `// first\nt = 'a'\n|| t = "//" // 'last"`,
      `\n  t = 'a' || t ~ '//' `,
      `(t = 'a' || t = 'b') && n > -1e`.replace('1e', '1'),
      `t = "it's" || t = 'a'`,
      (client) => client.filter`t = ${'a'} || t = ${`' || 1=1 //`}`,
      (client) => client.filter`t = ${`\\"`} || t = ${'a\\b'} || t = ${'a'}`,
      (client) => client.filter`t = ${`\\'`} || t = ${'a'} // end`,
      (client) => client.filter('t = {:a} || t = {:b}', { a: 'a', b: `" || 1=1 //` }),
    ]
    test.each(filters.map((filter) => [String(filter), filter] as const))(
      '%s keep their meaning',
      async (_, given) => {
        const client = pb.guest()
        const mixed = client.collection('mixed')
        const filter = typeof given === 'function' ? given(client) : given
        const whole = await mixed.getFullList({ filter, sort: '-t,-id', walk: 'pages' })
        expect(whole.length).toBeGreaterThan(1)
        expect(whole.length).toBeLessThan(240)
        expect(idsOf(await collect(mixed.iterate({ filter, sort: '-t', batch: 1 })))).toEqual(
          idsOf(whole),
        )
        expect(idsOf(await mixed.getFullList({ filter, sort: 'id', batch: 1 }))).toEqual(
          idsOf(whole).sort(),
        )
        expect(await mixed.count(filter)).toBe(whole.length)
      },
    )
  })

  describe('of collections that are not like others', () => {
    beforeAll(async () => {
      const { collections } = pb.admin
      for (const [name, viewQuery] of Object.entries({
        same: 'SELECT id, t, n FROM mixed',
        numbered: 'SELECT (ROW_NUMBER() OVER (ORDER BY id)) AS id, t FROM mixed',
        gaps: 'SELECT a.id, b.n FROM mixed a LEFT JOIN mixed b ON a.id = b.id AND b.n > 0',
      }))
        await collections.create({ name, type: 'view', viewQuery, listRule: '' })
    })

    test.each(['same', 'numbered', 'gaps'])(
      'the view %s is whole by id, in texts order',
      async (name) => {
        const view = guest.collection(name)
        const rows = await collect(view.iterate({ batch: 7 }))
        expect(rows).toHaveLength(240)
        expect(idsOf(rows)).toEqual(idsOf(rows).sort())
      },
    )

    test.each(['same', 'gaps'])(
      'the view %s by other columns is refused: they can be NULL, which reads like 0',
      async (name) => {
        const view = guest.collection(name)
        const error: unknown = await collect(view.iterate({ sort: 'n', batch: 7 })).catch(
          (reason: unknown) => reason,
        )
        expect(error).toMatchObject({ status: 400, hint: `In views, sorts need walk: 'pages'.` })
        expect(await collect(view.iterate({ sort: 'n', batch: 7, walk: 'pages' }))).toHaveLength(
          240,
        )
      },
    )

    test('ids of any characters are walked in the order of their code points', async () => {
      const ids = ['A', 'Z', 'b', 'b1', 'é', '中', '！', '\ue000', '😀', 'z-z', '_']
      const model = await pb.admin.collections.create({ name: 'odd', type: 'base', ...open })
      const wide = { pattern: '^[^ ]+$', autogeneratePattern: '', min: 1, max: 20 }
      Object.assign(
        model.fields.find(({ name }) => name === 'id')!,
        wide,
      )
      await pb.admin.collections.update('odd', { fields: model.fields })
      for (const id of ids) await guest.collection('odd').create({ id })
      const rows = await collect(guest.collection('odd').iterate({ batch: 1 }))
      expect(idsOf(rows)).toEqual(
        [...ids].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
      )
      const down = await collect(guest.collection('odd').iterate({ batch: 1, sort: '-id' }))
      expect(idsOf(down)).toEqual(idsOf(rows).reverse())
    })

    test('collections are walked like records', async () => {
      const { collections } = pb.admin
      const names = (await collections.getList(1, 100, { sort: '-name' })).items.map(
        ({ name }) => name,
      )
      const walked = await collect(collections.iterate({ batch: 2, sort: '-name' }))
      expect(walked.map(({ name }) => name)).toEqual(names)
      expect(await collect(collections.iterate({ batch: 3 }))).toHaveLength(names.length)
      expect(await collections.count()).toBe(names.length)
      expect(await collections.count(`name = 'mixed'`)).toBe(1)
    })
  })

  describe('fields', () => {
    test.each([
      ['n', ['n']],
      ['n,b', ['b', 'n']],
      ['id,n', ['id', 'n']],
      [' n , id ', ['id', 'n']],
      ['t:excerpt(3,true),n', ['n', 't']],
      ['expand.author.id', []],
    ])('"%s" are what rows have, though the walk needs more', async (fields, expected) => {
      const mixed = guest.collection('mixed')
      for (const sort of ['id', '-b,d']) {
        const rows = await collect(mixed.iterate({ fields, sort, batch: 50 }))
        expect(rows).toHaveLength(240)
        for (const row of rows) expect(Object.keys(row).sort()).toEqual(expected)
      }
    })

    test('"*" and lists of names are understood', async () => {
      const mixed = guest.collection('mixed')
      const whole = await mixed.getFullList({ sort: 'id', walk: 'pages' })
      expect(await collect(mixed.iterate({ fields: '*', batch: 100 }))).toEqual(whole)
      const picked = await collect(mixed.iterate({ query: { fields: ['n', 'b'] }, batch: 100 }))
      expect(picked).toEqual(whole.map(({ n, b }) => ({ n, b }) as unknown as RecordModel))
    })

    test('that cut the key are refused', async () => {
      const mixed = guest.collection('mixed')
      for (const fields of ['id:excerpt(3)', '*,id:excerpt(3)', 'n, id:excerpt(3,true)'])
        await expect(collect(mixed.iterate({ fields }))).rejects.toThrow(/Use walk: 'pages'/)
    })
  })
})
