import { expect, test } from 'vitest'

import { ApiError, AuthError, NotFoundError } from '../../src/index.ts'
import { describeServers } from '../support/server.ts'

describeServers('sql', (pb) => {
  const isOld = Number(pb.version.split('.')[1]) < 39

  test.runIf(isOld)('is missing before 0.39, and says so', async () => {
    const error: unknown = await pb.admin.sql.run('SELECT 1').catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(NotFoundError)
    expect(String(error)).toContain('Servers before 0.39 do not have this endpoint.')
  })

  test.skipIf(isOld)('answers rows as texts', async () => {
    const { columns, rows, affectedRows, execTime } = await pb.admin.sql.run(
      `SELECT 1 AS n, NULL AS empty, 'ä''b' AS text UNION SELECT 2, '', ''`,
    )
    expect(columns.map(({ name }) => name)).toEqual(['n', 'empty', 'text'])
    expect(columns[0]).toMatchObject({ type: '', nullable: true })
    expect(rows).toEqual([
      ['1', null, "ä'b"],
      ['2', '', ''],
    ])
    expect([affectedRows, typeof execTime]).toEqual([0, 'number'])
  })

  test.skipIf(isOld)('writes, past all rules', async () => {
    await pb.admin.collections.create({
      name: 'notes',
      type: 'base',
      fields: [{ name: 'text', type: 'text' }],
    })
    await pb.admin.collection('notes').create({ text: 'a' })
    const { affectedRows } = await pb.admin.sql.run(`UPDATE notes SET text = 'b'`)
    expect(affectedRows).toBe(1)
    expect(await pb.admin.collection('notes').getFirstListItem('')).toMatchObject({ text: 'b' })
  })

  test.skipIf(isOld)('fails with the database’s own sentence', async () => {
    const error: unknown = await pb.admin.sql.run('SELEC 1').catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ApiError)
    expect(String(error)).toContain('syntax error')
    expect(String(error)).not.toContain('Servers before')
  })

  test.skipIf(isOld)('is for superusers alone', async () => {
    await expect(pb.guest().sql.run('SELECT 1')).rejects.toBeInstanceOf(AuthError)
  })
})
