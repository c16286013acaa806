import { mkdir, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { beforeEach, describe, expect, test } from 'vitest'

import {
  ApiError,
  AuthError,
  createFile,
  MemoryAuthStore,
  NotFoundError,
  PocketBase,
  ServerError,
  ValidationError,
} from '../../src/index.ts'
import { startPocketBase } from '../../src/testing/index.ts'
import { describeServers } from '../support/server.ts'
import { versionsUnderTest } from '../support/versions.ts'
import { eventually } from '../support/wait.ts'

describeServers('backups', (pb) => {
  beforeEach(async () => {
    for (const { key } of await pb.admin.backups.getFullList()) await pb.admin.backups.delete(key)
  })

  test('are made, by a name of their own or the server’s, and listed', async () => {
    expect(await pb.admin.backups.create('own.zip')).toBe(true)
    expect(await pb.admin.backups.create()).toBe(true)
    const all = await pb.admin.backups.getFullList()
    expect(all.map(({ key }) => key).toSorted()).toEqual([
      'own.zip',
      expect.stringMatching(/^pb_backup_acme_\d{14}\.zip$/),
    ])
    expect(all[0]!.size).toBeGreaterThan(1000)
    expect(all[0]!.modified).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z$/)
  })

  test('want names that are free, and well formed', async () => {
    await pb.admin.backups.create('own.zip')
    for (const [name, code] of [
      ['own.zip', 'validation_backup_name_exists'],
      ['No Zip', 'validation_match_invalid'],
    ] as const) {
      const error = await pb.admin.backups.create(name).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(ValidationError)
      expect((error as ValidationError).fieldErrors['name']?.code).toBe(code)
    }
  })

  test('are deleted, once', async () => {
    await pb.admin.backups.create('own.zip')
    expect(await pb.admin.backups.delete('own.zip')).toBe(true)
    await expect(pb.admin.backups.delete('own.zip')).rejects.toBeInstanceOf(ApiError)
    expect(await pb.admin.backups.getFullList()).toEqual([])
  })

  test('are read piece by piece, with their size and how far they came', async () => {
    await pb.admin.backups.create('own.zip')
    const { size: listed } = await pb.admin.backups.waitFor('own.zip')
    const seen: number[] = []
    const answer = await pb.admin.backups.download('own.zip', {
      onDownloadProgress: ({ loaded }) => seen.push(loaded),
    })
    expect(answer.headers.get('content-length')).toBe(String(listed))
    const bytes = await answer.bytes()
    expect(bytes).toHaveLength(listed)
    expect(new TextDecoder().decode(bytes.subarray(0, 2))).toBe('PK')
    expect(seen.at(-1)).toBe(listed)
    const headers = { Range: `bytes=${listed - 10}-` }
    const part = await pb.admin.backups.download('own.zip', { headers })
    expect(await part.bytes()).toEqual(bytes.subarray(-10))
  })

  test('of more than a gigabyte are never in memory as a whole', async () => {
    const size = 1_200_000_000
    // All of it a hole: it takes no space on the disk.
    await mkdir(join(pb.server.dir, 'backups'), { recursive: true })
    const file = join(pb.server.dir, 'backups/big.zip')
    await writeFile(file, 'PK')
    await truncate(file, size)
    const { headers, body } = await pb.admin.backups.download('big.zip')
    expect(headers.get('content-length')).toBe(String(size))
    const before = process.memoryUsage.rss()
    let [loaded, peak] = [0, 0]
    for await (const bytes of body!) {
      loaded += bytes.length
      peak = Math.max(peak, process.memoryUsage.rss() - before)
    }
    expect(loaded).toBe(size)
    expect(peak).toBeLessThan(300_000_000)
  })

  test('that are missing cannot be read', async () => {
    const call = pb.admin.backups.download('missing.zip')
    await expect(call).rejects.toBeInstanceOf(ApiError)
    await expect(call).rejects.toMatchObject({
      status: pb.version === '0.23.12' ? 400 : 404,
      path: '/api/backups/missing.zip',
    })
  })

  test('cease to be read when their caller says so', async () => {
    await pb.admin.backups.create('own.zip')
    const reading = new AbortController()
    const { body } = await pb.admin.backups.download('own.zip', { signal: reading.signal })
    reading.abort(new Error('Enough.'))
    const read = async (): Promise<void> => {
      // Some bytes may have come before.
      for await (const _bytes of body!);
    }
    await expect(read()).rejects.toMatchObject({ isAbort: true, message: 'Enough.' })
  })

  test('come back from elsewhere under their own name, as a file or in an object', async () => {
    await pb.admin.backups.create('own.zip')
    const bytes = await (await pb.admin.backups.download('own.zip')).bytes()
    const file = (name: string): File => createFile(name, bytes, 'application/zip')
    expect(await pb.admin.backups.upload(file('first.zip'))).toBe(true)
    expect(await pb.admin.backups.upload({ file: file('second.zip') })).toBe(true)
    const form = new FormData()
    form.append('file', file('third.zip'))
    expect(await pb.admin.backups.upload(form)).toBe(true)
    const source = { name: 'fourth.zip', stream: () => file('any').stream() }
    expect(await pb.admin.backups.upload(source)).toBe(true)
    const all = await pb.admin.backups.getFullList()
    expect(all.map(({ key, size }) => `${key} ${size}`).toSorted()).toEqual(
      ['first.zip', 'fourth.zip', 'own.zip', 'second.zip', 'third.zip'].map(
        (key) => `${key} ${bytes.length}`,
      ),
    )
    const text = pb.admin.backups.upload(createFile('no.zip', 'no zip at all'))
    await expect(text).rejects.toMatchObject({ fieldErrors: { file: expect.anything() } })
  })

  test('have URLs for downloads', async () => {
    await pb.admin.backups.create('own.zip')
    const token = await pb.admin.files.getToken()
    const url = pb.admin.backups.getDownloadURL(token, 'own.zip')
    expect(url).toBe(pb.admin.backups.getDownloadUrl(token, 'own.zip'))
    expect((await fetch(url)).headers.get('content-type')).toBe('application/zip')
    const answer = await fetch(pb.admin.backups.getDownloadURL('no token', 'own.zip'))
    expect(answer.status).toBe(403)
  })

  test('are waited for', async () => {
    let asked = 0
    const stop = pb.admin.use((request, next) => {
      if (request.url.endsWith('/api/backups')) asked++
      return next(request)
    })
    const coming = pb.admin.backups.waitFor('late.zip')
    await eventually(() => expect(asked).toBe(2))
    stop()
    await pb.admin.backups.create('late.zip')
    expect(await coming).toMatchObject({ key: 'late.zip', size: expect.any(Number) })
    expect(await pb.admin.backups.waitFor('late.zip')).toMatchObject({ key: 'late.zip' })
  })

  test('that nobody makes are not waited for for ever', async () => {
    const call = pb.admin.backups.waitFor('never.zip')
    await expect(call).rejects.toBeInstanceOf(NotFoundError)
    const ended = pb.admin.backups.waitFor('never.zip', { signal: AbortSignal.timeout(100) })
    await expect(ended).rejects.toMatchObject({ isAbort: true })
  })

  test('are for superusers alone', async () => {
    const guest = pb.guest()
    for (const call of [
      async () => guest.backups.getFullList(),
      async () => guest.backups.create(),
      async () => guest.backups.delete('own.zip'),
      async () => guest.backups.restore('own.zip'),
      async () => guest.backups.restore('own.zip', { wait: true }),
      async () => guest.backups.download('own.zip'),
      async () => guest.backups.upload(createFile('own.zip', 'x')),
    ]) {
      await expect(call()).rejects.toBeInstanceOf(AuthError)
    }
  })
})

describe.each(versionsUnderTest())('a restore (PocketBase %s)', (version) => {
  test('brings records and files back, and is over when it says so', async () => {
    await using server = await startPocketBase({ version })
    const admin = await server.superuserClient()
    await admin.collections.create({
      name: 'notes',
      type: 'base',
      listRule: '',
      fields: [
        { name: 'text', type: 'text' },
        { name: 'file', type: 'file', maxSelect: 1 },
      ],
    })
    const file = createFile('kept.txt', 'kept')
    const kept = await admin.collection('notes').create({ text: 'kept', file })
    await admin.backups.create('own.zip')
    // Also when it says so at once, and after each other: the old process never answers for the new one.
    for (let round = 0; round < 2; round++) {
      await admin.collection('notes').delete(kept.id)
      const later = await admin.collection('notes').create({ text: 'later' })
      expect(await admin.backups.restore('own.zip', { wait: true })).toBe(true)
      const guest = server.client()
      const notes = await guest.collection('notes').getFullList()
      expect(notes.map(({ text }) => text)).toEqual(['kept'])
      expect(await admin.collection('notes').getOneOrNull(later.id)).toBeNull()
      const url = guest.files.getURL(notes[0]!, notes[0]!['file'])
      expect(await (await fetch(url)).text()).toBe('kept')
    }
  })

  test('without waiting answers before it begins', async () => {
    await using server = await startPocketBase({ version })
    const admin = await server.superuserClient()
    await admin.backups.create('own.zip')
    const { id } = await admin.collection('users').create({
      email: 'ada@example.com',
      password: 'correct horse',
      passwordConfirm: 'correct horse',
    })
    expect(await admin.backups.restore('own.zip')).toBe(true)
    expect(await admin.collection('users').getOne(id)).toMatchObject({ id })
  })

  test('of something that is no backup of a server is a ServerError, and changes nothing', async () => {
    await using server = await startPocketBase({ version })
    const admin = await server.superuserClient()
    const { id } = await admin.collection('users').create({
      email: 'ada@example.com',
      password: 'correct horse',
      passwordConfirm: 'correct horse',
    })
    // An empty zip file.
    const bytes = new Uint8Array(22)
    bytes.set([80, 75, 5, 6])
    await admin.backups.upload(createFile('empty.zip', bytes, 'application/zip'))
    const call = admin.backups.restore('empty.zip', { wait: true })
    await expect(call).rejects.toBeInstanceOf(ServerError)
    await expect(call).rejects.toThrow('its logs say why')
    expect((await admin.backups.getFullList()).map(({ key }) => key)).toEqual(['empty.zip'])
    expect(await admin.collection('users').getOne(id)).toMatchObject({ id })
  })

  test('of a missing backup is refused at once', async () => {
    await using server = await startPocketBase({ version })
    const admin = await server.superuserClient()
    const call = admin.backups.restore('missing.zip', { wait: true })
    await expect(call).rejects.toMatchObject({ status: 400 })
  })

  test('ends with the caller’s signal, and also where the token is not known any more', async () => {
    await using server = await startPocketBase({ version })
    const admin = await server.superuserClient()
    await admin.backups.create('own.zip')
    const call = admin.backups.restore('own.zip', { wait: true, signal: AbortSignal.timeout(900) })
    await expect(call).rejects.toMatchObject({ isAbort: true })
    await server.restart()
    // A new password ends the tokens of before, and the backup has the old one.
    const { email, password } = server.superuser!
    const other = new PocketBase(server.url, { authStore: new MemoryAuthStore() })
    await other.collection('_superusers').authWithPassword(email, password)
    const { id } = other.authStore.record!
    await other
      .collection('_superusers')
      .update(id, { password: 'another one', passwordConfirm: 'another one' })
    await other.collection('_superusers').authWithPassword(email, 'another one')
    expect(await other.backups.restore('own.zip', { wait: true })).toBe(true)
    await expect(other.settings.getAll()).rejects.toBeInstanceOf(AuthError)
    // The tokens of then are good again.
    expect(await admin.collection('_superusers').getOne(id)).toMatchObject({ id, email })
  })
})
