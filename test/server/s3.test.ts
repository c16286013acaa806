import { readdirSync } from 'node:fs'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { createFile } from '../../src/index.ts'
import { startPocketBase } from '../../src/testing/index.ts'
import type { PocketBaseServer } from '../../src/testing/index.ts'
import { startS3 } from '../support/s3.ts'
import type { S3Server } from '../support/s3.ts'
import { versionsUnderTest } from '../support/versions.ts'

describe.each(versionsUnderTest())('S3 (PocketBase %s)', (version) => {
  let storage: S3Server
  let server: PocketBaseServer

  beforeAll(async () => {
    storage = await startS3()
    server = await startPocketBase({ version })
    const admin = await server.superuserClient()
    const s3 = storage.settings
    await admin.settings.update({ s3, backups: { s3 } })
    await admin.collections.create({
      name: 'notes',
      type: 'base',
      listRule: '',
      fields: [{ name: 'file', type: 'file', maxSelect: 1 }],
    })
  })
  afterAll(async () => {
    await server?.stop()
    await storage?.[Symbol.asyncDispose]()
  })

  test('is tried by the server, for files and for backups', async () => {
    const admin = await server.superuserClient()
    expect(await admin.settings.testS3()).toBe(true)
    expect(await admin.settings.testS3('backups')).toBe(true)
    const { s3 } = await admin.settings.getAll()
    expect(s3).toEqual({ ...storage.settings, secret: undefined })
  })

  test('that is away fails with the server’s reason', async () => {
    const admin = await server.superuserClient()
    const s3 = { ...storage.settings, endpoint: 'http://127.0.0.1:1' }
    await admin.settings.update({ backups: { s3 } })
    const call = admin.settings.testS3('backups')
    await expect(call).rejects.toMatchObject({ status: 400, kind: 'api' })
    await admin.settings.update({ backups: { s3: storage.settings } })
    expect(await admin.settings.testS3('backups')).toBe(true)
  })

  test('holds the files of records, which are read as ever', async () => {
    const admin = await server.superuserClient()
    const file = createFile('hello.txt', 'Hello from S3', 'text/plain')
    const note = await admin.collection('notes').create({ file })
    const stored = readdirSync(storage.folder, { recursive: true }) as string[]
    expect(stored.map((path) => path.replaceAll('\\', '/'))).toContain(
      `${note.collectionId}/${note.id}/${note['file']}`,
    )
    const answer = await fetch(admin.files.getURL(note, note['file']))
    expect(await answer.text()).toBe('Hello from S3')
    await admin.collection('notes').delete(note.id)
    expect((await fetch(admin.files.getURL(note, note['file']))).status).toBe(404)
  })

  test('holds backups, which are listed, read and restored from there', async () => {
    const admin = await server.superuserClient()
    const { id } = await admin.collection('notes').create({})
    await admin.backups.create('own.zip')
    expect(readdirSync(storage.folder)).toContain('own.zip')
    const { size } = await admin.backups.waitFor('own.zip')
    const answer = await admin.backups.download('own.zip')
    expect((await answer.bytes()).length).toBe(size)
    await admin.collection('notes').delete(id)
    expect(await admin.backups.restore('own.zip', { wait: true })).toBe(true)
    expect(await admin.collection('notes').getOne(id)).toMatchObject({ id })
  })
})
