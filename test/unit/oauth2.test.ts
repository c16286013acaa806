import { describe, expect, test } from 'vitest'

import type { OAuth2Storage } from '../../src/index.ts'
import { json, observed } from '../support/observed.ts'

const back = 'https://app.test/signed-in?state=abc&code=123'
const memory = JSON.stringify(['google', 'verifier', 'https://app.test/signed-in'])

/** A storage that holds a text for one sign-in, and is never done at once. */
function asyncStorage(text: string): OAuth2Storage & { items: Map<string, string> } {
  const items = new Map([['pb_oauth2_users_abc', text]])
  return {
    items,
    getItem: async (key) => items.get(key),
    setItem: async (key, value) => items.set(key, value),
    removeItem: async (key) => items.delete(key),
  }
}

function users(): ReturnType<typeof observed> {
  return observed(() => json({ token: 'token', record: { id: 'ada' } }))
}

describe('completeOAuth2', () => {
  test('exchanges a code once for two calls at once, of two clients, with an asynchronous storage', async () => {
    const storage = asyncStorage(memory)
    const [one, two] = [users(), users()]
    const [first, second] = await Promise.allSettled([
      one.client.collection('users').completeOAuth2(back, { storage }),
      two.client.collection('users').completeOAuth2(back, { storage }),
    ])
    expect(first.status).toBe('fulfilled')
    expect(second).toMatchObject({ reason: { kind: 'oauth2', code: 'unknown_state' } })
    expect([one.requests.length, two.requests.length]).toEqual([1, 0])
  })

  test('may be called again where the storage failed', async () => {
    const { client, requests } = users()
    const storage = asyncStorage(memory)
    const failing = { ...storage, getItem: () => Promise.reject(new Error('locked')) }
    const members = client.collection('users')
    await expect(members.completeOAuth2(back, { storage: failing })).rejects.toThrow('locked')
    await members.completeOAuth2(back, { storage })
    expect(requests).toHaveLength(1)
  })

  test.each(['{"cut', 'null', '1', '{}'])('forgets a memory that is broken: %s', async (text) => {
    const { client, requests } = users()
    const storage = asyncStorage(text)
    const completing = client.collection('users').completeOAuth2(back, { storage })
    await expect(completing).rejects.toMatchObject({ kind: 'oauth2', code: 'unknown_state' })
    expect(requests).toEqual([])
    expect(storage.items.size).toBe(0)
  })
})
