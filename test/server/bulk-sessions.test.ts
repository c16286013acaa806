import { beforeAll, expect, test } from 'vitest'

import type { PocketBase } from '../../src/index.ts'
import { describeServers } from '../support/server.ts'

describeServers('walks and bulk writes, and who is signed in', (pb) => {
  const password = '1234567890'
  const isOwn = 'owner = @request.auth.id'

  beforeAll(async () => {
    const users = await pb.admin.collections.getOne('users')
    await pb.admin.collections.create({
      name: 'notes',
      type: 'base',
      listRule: isOwn,
      viewRule: isOwn,
      createRule: '',
      updateRule: isOwn,
      deleteRule: isOwn,
      fields: [
        { name: 'n', type: 'number' },
        { name: 'text', type: 'text' },
        { name: 'owner', type: 'relation', collectionId: users.id, maxSelect: 1 },
      ],
    })
  })

  let count = 0
  /** A user with 10 notes. */
  async function user(): Promise<PocketBase> {
    const client = pb.guest()
    const email = `user${++count}@example.com`
    const { id } = await client
      .collection('users')
      .create({ email, password, passwordConfirm: password })
    await client.collection('users').authWithPassword(email, password)
    for (let n = 0; n < 10; n++)
      await client.collection('notes').create({ n, owner: id, text: 'a' })
    return client
  }

  const signIns: [string, (client: PocketBase, other: PocketBase) => void][] = [
    ['a sign-out', (client) => client.authStore.clear()],
    [
      'another user',
      (client, other) => client.authStore.save(other.authStore.token, other.authStore.record),
    ],
  ]
  test.each(signIns)('%s ends a bulk write: nothing is taken for gone', async (_, change) => {
    const [client, other] = [await user(), await user()]
    const call = client.collection('notes').deleteWhere('n >= 0', {
      concurrency: 1,
      onProgress: ({ done }) => {
        if (done === 3) change(client, other)
      },
      onError: () => {},
    })
    await expect(call).rejects.toMatchObject({
      isAbort: true,
      message: expect.stringContaining('signed in has changed'),
      hint: '3 of 10 were done.',
    })
    expect(await other.collection('notes').count()).toBe(10)
  })

  test.each(signIns)('%s ends a walk, which would have fewer rows', async (_, change) => {
    const [client, other] = [await user(), await user()]
    const seen: number[] = []
    const walk = async (): Promise<void> => {
      for await (const { n } of client.collection('notes').iterate({ sort: 'n', batch: 2 })) {
        seen.push(n as number)
        if (n === 3) change(client, other)
      }
    }
    await expect(walk()).rejects.toMatchObject({ isAbort: true })
    expect(seen).toEqual([0, 1, 2, 3])
  })

  test('a user who deletes their own record among others is told how far it came', async () => {
    const client = await user()
    const users = client.collection('users')
    await pb.admin.collections.update('users', {
      listRule: '',
      deleteRule: '@request.auth.id != ""',
    })
    const call = users.deleteWhere('id != ""', { concurrency: 1 })
    await expect(call).rejects.toMatchObject({
      isAbort: true,
      hint: expect.stringMatching(/^\d+ of \d+ were done\.$/),
    })
  })

  test('what a row holds can keep a walk from going on; the error says how else', async () => {
    const client = await user()
    const notes = client.collection('notes')
    const walk = async (): Promise<void> => {
      for await (const _ of notes.iterate({ sort: 'text', batch: 1 })) void _
    }
    const { id } = await notes.getFirstListItem('n = 0')
    await notes.update(id, { text: 'A mail@request.auth' })
    await expect(walk()).rejects.toMatchObject({
      status: 403,
      hint: expect.stringContaining(`walk: 'pages'`),
    })
    await notes.update(id, { text: 'A'.repeat(1800) })
    await expect(walk()).rejects.toThrow(/cannot be walked by key.*3500.*walk: 'pages'/)
  })

  test('a read inside the change that is cancelled is that record’s failure, not the end', async () => {
    const client = await user()
    const notes = client.collection('notes')
    const { id } = await notes.getFirstListItem('n = 0')
    const failed: string[] = []
    const result = await notes.updateWhere(
      'n < 2',
      async () => ({ text: (await notes.getOne(id, { requestKey: 'same' }))['text'] }),
      { onError: (error) => void failed.push(error.name) },
    )
    expect(result).toMatchObject({ done: 1, failed: 1, total: 2 })
    expect(failed).toEqual(['ClientResponseError 0'])
  })

  test('whatever a change throws ends it, be it nothing', async () => {
    const client = await user()
    for (const thrown of ['', 0, undefined, new Error('mine')]) {
      const call = client.collection('notes').updateWhere(
        'n = 0',
        () => {
          // oxlint-disable-next-line typescript/only-throw-error -- people throw anything
          throw thrown
        },
        { onError: () => {} },
      )
      const outcome = await call.then(
        () => 'resolved',
        (error: unknown) => ({ error }),
      )
      expect(outcome).toEqual({ error: thrown })
    }
  })
})
