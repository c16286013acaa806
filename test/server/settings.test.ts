import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, expect, test } from 'vitest'

import {
  AuthError,
  DecodeError,
  ForbiddenError,
  getTokenPayload,
  ValidationError,
} from '../../src/index.ts'
import { sendMailsTo, startMailbox } from '../support/mail.ts'
import { describeServers } from '../support/server.ts'

describeServers('settings', (pb) => {
  test('are read, whole or in part', async () => {
    const all = await pb.admin.settings.getAll()
    expect(Object.keys(all)).toEqual(
      expect.arrayContaining(['meta', 'smtp', 's3', 'backups', 'batch', 'rateLimits', 'logs']),
    )
    const { appName } = all.meta
    expect(await pb.admin.settings.getAll({ fields: 'meta.appName' })).toEqual({
      meta: { appName },
    })
  })

  test('are changed in part, and answered whole', async () => {
    const before = await pb.admin.settings.getAll()
    const after = await pb.admin.settings.update({ meta: { appName: 'Ünder test' } })
    const meta = { ...before.meta, appName: 'Ünder test' }
    expect(after).toEqual({ ...before, meta })
    expect(await pb.admin.settings.getAll()).toEqual(after)
  })

  test('with mistakes are refused with the path of each', async () => {
    const changes = {
      meta: { appURL: 'no url' },
      smtp: { enabled: true, host: '' },
      logs: { maxDays: -1 },
    }
    const call = pb.admin.settings.update(changes)
    await expect(call).rejects.toBeInstanceOf(ValidationError)
    const error = (await call.catch((reason: unknown) => reason)) as ValidationError
    expect(Object.keys(error.fieldErrors).sort()).toEqual([
      'logs.maxDays',
      'meta.appURL',
      'smtp.host',
    ])
    expect(error.fieldErrors['smtp.host']?.code).toBe('validation_required')
    expect(error.describe()).toMatch(/^PATCH \/api\/settings failed with 400: .*smtp\.host: Cannot/)
  })

  test('have all the members that their types promise, and no others', async () => {
    const all = await pb.admin.settings.getAll()
    const newer: { [version: string]: string[] } = {
      37: ['meta.accentColor'],
      38: ['rateLimits.excludedIPs', 'superuserIPs'],
      40: ['logs.maxDataSize'],
    }
    const version = Number(pb.version.split('.')[1])
    const s3 = ['enabled', 'bucket', 'region', 'endpoint', 'accessKey', 'forcePathStyle']
    const expected = {
      meta: ['appName', 'appURL', 'senderName', 'senderAddress', 'hideControls'],
      smtp: ['enabled', 'host', 'port', 'username', 'authMethod', 'tls', 'localName'],
      s3,
      backups: ['cron', 'cronMaxKeep', 's3'],
      'backups.s3': s3,
      batch: ['enabled', 'maxRequests', 'timeout', 'maxBodySize'],
      rateLimits: ['enabled', 'rules'],
      trustedProxy: ['headers', 'useLeftmostIP'],
      logs: ['maxDays', 'minLevel', 'logIP', 'logAuthId'],
    }
    const known = new Set<string>()
    for (const [group, keys] of Object.entries(expected)) {
      known.add(group)
      for (const key of keys) known.add(`${group}.${key}`)
    }
    for (const since in newer) {
      if (version >= Number(since)) for (const path of newer[since]!) known.add(path)
    }
    const found = new Set<string>()
    const collect = (value: object, prefix: string): void => {
      for (const [key, inner] of Object.entries(value) as [string, unknown][]) {
        found.add(prefix + key)
        if (Object(inner) === inner && !Array.isArray(inner))
          collect(inner as object, `${prefix}${key}.`)
      }
    }
    collect(all, '')
    expect([...found].toSorted()).toEqual([...known].toSorted())
  })

  test('try a storage that is not there', async () => {
    const call = pb.admin.settings.testS3()
    await expect(call).rejects.toMatchObject({ status: 400 })
    await expect(call).rejects.toThrow('not enabled')
    const unknown = pb.admin.settings.testS3('nowhere')
    await expect(unknown).rejects.toMatchObject({ fieldErrors: { filesystem: expect.anything() } })
  })

  test('try the server that takes mails, with a mail', async () => {
    await using mailbox = await startMailbox()
    await sendMailsTo(pb.admin, mailbox)
    try {
      const sent = pb.admin.settings.testEmail('users', 'ada@example.com', 'password-reset')
      expect(await sent).toBe(true)
      const { html } = await mailbox.next('ada@example.com')
      expect(html).toContain('confirm-password-reset')
      const wrong = pb.admin.settings.testEmail('users', 'nobody', 'nothing')
      await expect(wrong).rejects.toBeInstanceOf(ValidationError)
    } finally {
      await pb.admin.settings.update({ smtp: { enabled: false } })
    }
  })

  test('make the secret for sign-in with Apple', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
    const id = '0123456789'
    const { settings } = pb.admin
    const { secret } = await settings.generateAppleClientSecret('app', id, id, pem, 3600)
    const claims = getTokenPayload(secret)
    expect(claims).toMatchObject({ iss: id, sub: 'app', aud: ['https://appleid.apple.com'] })
    expect(claims['exp'] - claims['iat']).toBe(3600)
    const wrong = settings.generateAppleClientSecret('app', 'short', id, pem, 3600)
    await expect(wrong).rejects.toMatchObject({ fieldErrors: { teamId: expect.anything() } })
  })

  test('are for superusers alone', async () => {
    await expect(pb.guest().settings.getAll()).rejects.toBeInstanceOf(AuthError)
    await expect(pb.guest().settings.update({})).rejects.toBeInstanceOf(AuthError)
  })
})

describeServers('health', (pb) => {
  test('is known to everyone, and more of it to superusers', async () => {
    expect(await pb.guest().health.check()).toEqual({
      code: 200,
      message: expect.any(String),
      data: {},
    })
    expect((await pb.admin.health.check()).data).toMatchObject({ canBackup: true })
  })
})

describe('routes of the application’s own', () => {
  const hooksDir = mkdtempSync(join(tmpdir(), 'pocketbase-hooks-'))
  writeFileSync(
    join(hooksDir, 'own.pb.js'),
    `routerAdd('POST', '/api/own/{name}', (e) => {
      const { headers, query, body } = e.requestInfo()
      return e.json(200, { name: e.request.pathValue('name'), header: headers['x_own'], query, body, auth: e.auth?.id })
    })
    routerAdd('GET', '/api/own/list', (e) => e.json(200, [1, 'two', null]))
    routerAdd('GET', '/api/own/nothing', (e) => e.noContent(204))
    routerAdd('GET', '/api/own/text', (e) => e.string(200, 'plain text'))
    routerAdd('GET', '/api/own/html', (e) => e.html(200, '<h1>Hello</h1>'))
    routerAdd('GET', '/api/own/refused', (e) => { throw new ForbiddenError('Not you.', { reason: new ValidationError('own_reason', 'Because.') }) })
    routerAdd('GET', '/api/own/broken', (e) => { throw new Error('secret of the hook') })`,
  )
  afterAll(() => rmSync(hooksDir, { recursive: true }))

  describeServers(
    'send',
    (pb) => {
      test('brings path, query, headers, body and token there', async () => {
        const answer: unknown = await pb.admin.send('/api/own/a%2Fb', {
          method: 'POST',
          body: { a: [1, null] },
          query: { q: 'ä b' },
          headers: { 'X-Own': 'yes' },
        })
        expect(answer).toMatchObject({
          name: 'a/b',
          header: 'yes',
          query: { q: 'ä b' },
          body: { a: [1, null] },
          auth: pb.admin.authStore.record?.id,
        })
      })

      test('answers any JSON, and {} for nothing', async () => {
        const guest = pb.guest()
        expect(await guest.send('/api/own/list', {})).toEqual([1, 'two', null])
        expect(await guest.send('/api/own/nothing', {})).toEqual({})
      })

      test('is an error for what is no JSON', async () => {
        for (const path of ['/api/own/text', '/api/own/html']) {
          await expect(pb.guest().send(path, {})).rejects.toBeInstanceOf(DecodeError)
        }
      })

      test('is an error with the route’s own reasons', async () => {
        const call = pb.guest().send('/api/own/refused', {})
        await expect(call).rejects.toMatchObject({ status: 403, message: 'Not you.' })
        await expect(call).rejects.toBeInstanceOf(ForbiddenError)
        const error = (await call.catch((reason: unknown) => reason)) as ForbiddenError
        expect(error.fieldErrors).toEqual({ reason: { code: 'own_reason', message: 'Because.' } })
        expect(error.describe()).toContain('reason: Because.')
      })

      test('is an error where the route is broken, and says nothing of its inside', async () => {
        const call = pb.guest().send('/api/own/broken', {})
        const error = (await call.catch((reason: unknown) => reason)) as Error
        expect(error).toMatchObject({ kind: 'api', method: 'GET', path: '/api/own/broken' })
        expect(JSON.stringify(error)).not.toContain('secret of the hook')
      })

      test('is a 404 for a route that nobody added', async () => {
        await expect(pb.guest().send('/api/own/nope', {})).rejects.toMatchObject({ status: 404 })
      })
    },
    { hooksDir },
  )
})
