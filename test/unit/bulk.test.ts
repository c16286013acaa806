import { describe, expect, test } from 'vitest'

import { json, observed, queryOf } from '../support/observed.ts'
import { rows } from '../support/rows.ts'

describe('updateWhere and deleteWhere', () => {
  test.each(['', ' \n', undefined, null])(
    'with the filter %j are TypeErrors, and nothing is sent',
    async (filter) => {
      const { client, requests } = observed(rows(3))
      const posts = client.collection('posts')
      await expect(posts.deleteWhere(filter as string)).rejects.toThrow(/filter is empty/)
      await expect(posts.updateWhere(filter as string, {})).rejects.toThrow(/filter is empty/)
      await expect(posts.deleteWhere(client.filter``)).rejects.toThrow(/filter is empty/)
      expect(requests).toEqual([])
    },
  )

  test.each([0, -1, Number.NaN])('with a concurrency of %d are TypeErrors', async (concurrency) => {
    const { client, requests } = observed(rows(3))
    const call = client.collection('posts').deleteWhere('a = 1', { concurrency })
    await expect(call).rejects.toThrow(TypeError)
    expect(requests).toEqual([])
  })

  test('write side by side whatever the request key, and wait for what is under way when one fails', async () => {
    let pending = 0
    let fail = (): void => {}
    const hasFailed = new Promise<void>((resolve) => {
      fail = resolve
    })
    const { client, requests } = observed(async (request) => {
      if (request.init.method === 'GET')
        return json({ ...((await rows(10)(request).json()) as object), totalItems: 10 })
      if (request.url.endsWith('r0001')) return json({}, { status: 500 })
      pending++
      await hasFailed
      pending--
      return json({ id: 'a' })
    })
    client.afterSend = (response, data) => {
      // The others end when its call has.
      if (response.status === 500) setImmediate(fail)
      return data
    }
    const options = { requestKey: 'k', concurrency: 3 }
    const call = client.collection('posts').updateWhere('a = 1', { a: 2 }, options)
    await expect(call).rejects.toMatchObject({ status: 500, hint: '2 of 10 were done.' })
    expect(pending).toBe(0)
    expect(requests.filter(({ init }) => init.method === 'PATCH')).toHaveLength(3)
  })

  test('ask for ids alone where that will do, and hand on the options for requests alone', async () => {
    const { client, requests } = observed((request) =>
      request.init.method === 'GET' ? rows(1)(request) : json({ id: 'a' }),
    )
    const headers = { 'X-A': '1' }
    const posts = client.collection('posts')
    await posts.updateWhere('a = 1', { a: 2 }, { headers, batch: 5, expand: 'b', onProgress() {} })
    await posts.updateWhere('a = 1', () => ({ a: 2 }), { expand: 'b', fields: 'a' })
    const sent = requests.map((request) => [request.init.method, queryOf(request)])
    const list = {
      page: '1',
      perPage: '5',
      skipTotal: '1',
      sort: 'id',
      fields: 'id',
      filter: 'a = 1',
    }
    expect(sent[1]).toEqual(['GET', list])
    expect(sent[2]).toEqual(['PATCH', {}])
    expect(sent[4]).toEqual(['GET', { ...list, perPage: '1000', fields: 'a,id', expand: 'b' }])
    expect(sent[5]).toEqual(['PATCH', {}])
    expect(requests.slice(0, 3).every(({ init }) => init.headers['X-A'] === '1')).toBe(true)
  })

  test('leave other errors than their own as they are', async () => {
    const { client } = observed(rows(1))
    const error: Error = Object.freeze(new Error('a bug'))
    const call = client.collection('posts').updateWhere('a = 1', () => {
      throw error
    })
    await expect(call).rejects.toBe(error)
  })
})
