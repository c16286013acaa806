import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, expect, test } from 'vitest'

import { AuthError, NotFoundError } from '../../src/index.ts'
import { describeServers } from '../support/server.ts'
import { eventually } from '../support/wait.ts'

describe('crons', () => {
  const hooksDir = mkdtempSync(join(tmpdir(), 'pocketbase-hooks-'))
  writeFileSync(
    join(hooksDir, 'own.pb.js'),
    `cronAdd('own/job', '0 0 1 1 *', () => {
      const settings = $app.settings()
      settings.meta.appName = 'Done by the job'
      $app.save(settings)
    })`,
  )
  afterAll(() => rmSync(hooksDir, { recursive: true }))

  describeServers(
    'crons',
    (pb) => {
      test.runIf(pb.version === '0.23.12')('are missing before 0.24, and say so', async () => {
        for (const call of [
          async () => pb.admin.crons.getFullList(),
          async () => pb.admin.crons.run('own/job'),
        ]) {
          const error = (await call().catch((reason: unknown) => reason)) as NotFoundError
          expect(error).toBeInstanceOf(NotFoundError)
          expect(error.describe()).toContain('Servers before 0.24 do not have this endpoint.')
        }
      })

      test.skipIf(pb.version === '0.23.12')('are listed, own ones first', async () => {
        const [first, ...others] = await pb.admin.crons.getFullList()
        expect(first).toEqual({ id: 'own/job', expression: '0 0 1 1 *' })
        expect(others.map(({ id }) => id)).toContain('__pbLogsCleanup__')
      })

      test.skipIf(pb.version === '0.23.12')('are run, by names with any characters', async () => {
        expect(await pb.admin.crons.run('own/job')).toBe(true)
        await eventually(async () => {
          const { meta } = await pb.admin.settings.getAll()
          expect(meta.appName).toBe('Done by the job')
        })
      })

      test.skipIf(pb.version === '0.23.12')('that are missing are not run', async () => {
        await expect(pb.admin.crons.run('missing')).rejects.toBeInstanceOf(NotFoundError)
        await expect(pb.admin.crons.run('')).rejects.toBeInstanceOf(TypeError)
      })

      test.skipIf(pb.version === '0.23.12')('are for superusers alone', async () => {
        await expect(pb.guest().crons.getFullList()).rejects.toBeInstanceOf(AuthError)
        await expect(pb.guest().crons.run('own/job')).rejects.toBeInstanceOf(AuthError)
      })
    },
    { hooksDir },
  )
})
