import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { AbortError, OAuth2Error, PocketBase, TimeoutError } from '../../src/index.ts'
import type { OAuth2AuthConfig, OAuth2Storage, PocketBaseOptions } from '../../src/index.ts'
import { createAuthCollection, createMember, password } from '../support/auth.ts'
import { acceptProvider, startOidcProvider, visit } from '../support/oidc.ts'
import type { OidcProvider } from '../support/oidc.ts'
import { describeServers } from '../support/server.ts'
import { eventually } from '../support/wait.ts'

const redirectURL = 'http://127.0.0.1:1/callback'

describeServers('OAuth2', (pb) => {
  let oidc: OidcProvider
  let people = 0

  beforeAll(async () => {
    oidc = await startOidcProvider([`${pb.url}/api/oauth2-redirect`, redirectURL])
    await createAuthCollection(pb.admin, 'members')
    await acceptProvider(pb.admin, 'members', oidc)
    await createAuthCollection(pb.admin, 'others')
  })

  afterAll(async () => oidc?.[Symbol.asyncDispose]())

  /** Somebody whom the provider knows and PocketBase does not yet. */
  function newName(): string {
    return `person${++people}`
  }

  /** Options for somebody who signs in, or cancels, on the provider's pages. */
  function as(name: string): OAuth2AuthConfig {
    return {
      provider: 'oidc',
      urlCallback: async (url) => {
        await fetch(await visit(url, name), { redirect: 'manual' })
      },
    }
  }

  /** A client, how many of its streams are open, and the paths of its requests. */
  function observed(options: PocketBaseOptions = {}): {
    client: PocketBase
    open: () => number
    sent: string[]
  } {
    const streams: AbortSignal[] = []
    const sent: string[] = []
    const client = new PocketBase(pb.url, options)
    client.use(({ url, init }, next) => {
      const { pathname } = new URL(url)
      sent.push(pathname)
      if (init.method === 'GET' && pathname === '/api/realtime') streams.push(init.signal!)
      return next({ url, init })
    })
    return { client, open: () => streams.filter(({ aborted }) => !aborted).length, sent }
  }

  describe('in one go', () => {
    test('creates whom nobody knows, signs in whom it knows, and leaves no stream', async () => {
      const { client, open } = observed()
      const name = newName()
      const first = await client.collection('members').authWithOAuth2(as(name))
      expect(first.meta).toMatchObject({ id: name, email: `${name}@oidc.test` })
      expect(first.record).toMatchObject({ email: `${name}@oidc.test`, verified: true })
      expect(client.authStore).toMatchObject({ token: first.token, record: first.record })
      expect(open()).toBe(0)
      expect(client.realtime.state).toBe('disconnected')

      client.authStore.clear()
      const second = await client.collection('members').authWithOAuth2(as(name))
      // 0.23 does not tell.
      const isTold = 'isNew' in first.meta!
      expect(isTold).toBe(!pb.version.startsWith('0.23.'))
      if (isTold) expect([first.meta!['isNew'], second.meta!['isNew']]).toEqual([true, false])
      expect(second.record.id).toBe(first.record.id)
      expect(open()).toBe(0)
    })

    test('asks for other scopes, and sends createData and query', async () => {
      const name = newName()
      let visited = ''
      const { urlCallback, ...config } = as(name)
      const { record, meta } = await pb
        .guest()
        .collection('members')
        .authWithOAuth2({
          ...config,
          scopes: ['openid', 'email'],
          createData: { emailVisibility: true },
          query: { fields: '*,record.id,record.emailVisibility' },
          urlCallback: (url) => {
            visited = url
            return urlCallback!(url)
          },
        })
      expect(new URL(visited).searchParams.getAll('scope')).toEqual(['openid email'])
      expect(new URL(visited).searchParams.getAll('state')).toHaveLength(1)
      // Without the scope the provider tells no name.
      expect(meta!['name']).toBe('')
      expect(record['emailVisibility']).toBe(true)
    })

    test('links the account to the record that is signed in', async () => {
      const { id, email } = await createMember(pb.admin, 'members')
      const client = pb.guest()
      await client.collection('members').authWithPassword(email, password)
      const { record } = await client.collection('members').authWithOAuth2(as(newName()))
      expect(record.id).toBe(id)
    })

    test('twice at once, beside subscriptions that are being probed, keeps both apart', async () => {
      const { client, open, sent } = observed({ realtime: { livenessMs: 2000 } })
      const members = client.collection('members')
      await members.subscribe('*', () => {})
      const config = as(newName())
      // Two that create one record at once are the server's own race.
      await members.authWithOAuth2(config)
      const urls: string[] = []
      const urlCallback = async (url: string): Promise<void> => {
        urls.push(url)
        // The first probe has been answered when the second is sent.
        const probes = (): string[] => sent.filter((path) => path === '/api/oauth2-redirect')
        await eventually(() => expect(probes().length).toBeGreaterThan(1))
        await config.urlCallback!(url)
      }
      const [one, two] = await Promise.all([
        members.authWithOAuth2({ ...config, urlCallback }),
        members.authWithOAuth2({ ...config, urlCallback }),
      ])
      // The provider takes each code with the verifier of its own sign-in alone.
      expect(one.record.id).toBe(two.record.id)
      expect(new Set(urls.map((url) => new URL(url).searchParams.get('state'))).size).toBe(2)
      await client.realtime.unsubscribe()
      await eventually(() => expect(open()).toBe(0))
    })

    test('is refused when the person refuses, and leaves who is signed in', async () => {
      const { client, open } = observed()
      const { email } = await createMember(pb.admin, 'members')
      const { token } = await client.collection('members').authWithPassword(email, password)
      const error: unknown = await client
        .collection('members')
        .authWithOAuth2(as(''))
        .catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(OAuth2Error)
      expect(error).toMatchObject({ kind: 'oauth2', code: 'access_denied', isAbort: false })
      expect(client.authStore.token).toBe(token)
      expect(open()).toBe(0)
    })

    test('takes no unknown provider, and says which there are', async () => {
      const signIn = pb
        .guest()
        .collection('members')
        .authWithOAuth2({ ...as('x'), provider: 'x' })
      await expect(signIn).rejects.toMatchObject({
        code: 'unknown_provider',
        hint: 'It has: oidc.',
      })
      const none = pb.guest().collection('others').authWithOAuth2(as('x'))
      await expect(none).rejects.toMatchObject({ code: 'unknown_provider', hint: 'It has: none.' })
    })

    test('needs a window, or urlCallback', async () => {
      const signIn = pb.guest().collection('members').authWithOAuth2({ provider: 'oidc' })
      await expect(signIn).rejects.toMatchObject({ code: 'popup_blocked' })
    })

    test('ends with what urlCallback throws', async () => {
      const { client, open } = observed()
      const reason = new Error('The browser is missing.')
      const urlCallback = async (): Promise<never> => {
        throw reason
      }
      const signIn = client.collection('members').authWithOAuth2({ provider: 'oidc', urlCallback })
      await expect(signIn).rejects.toBe(reason)
      expect(open()).toBe(0)
    })

    test.each(['signal', 'requestKey', 'client.close', 'timeout'])('is ended by %s', async (by) => {
      const { client, open } = observed()
      const controller = new AbortController()
      const reason = new Error('Enough.')
      const signIn = client.collection('members').authWithOAuth2({
        provider: 'oidc',
        signal: controller.signal,
        requestKey: 'sign-in',
        ...(by === 'timeout' && { timeout: 100 }),
        urlCallback: () => {
          expect(open()).toBe(1)
          if (by === 'signal') controller.abort(reason)
          if (by === 'requestKey') client.cancelRequest('sign-in')
          if (by === 'client.close') void client.close()
        },
      })
      const error: unknown = await signIn.catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(by === 'timeout' ? TimeoutError : AbortError)
      if (by === 'signal') expect(error).toHaveProperty('cause', reason)
      if (by === 'timeout')
        expect(error).toHaveProperty('message', 'Nobody has signed in for 100 ms.')
      expect(open()).toBe(0)
      expect(client.authStore.token).toBe('')
    })

    test('ends when its stream does: the provider knows no other', async () => {
      const cable = new AbortController()
      const client = new PocketBase(pb.url)
      client.use(async (request, next) => {
        const response = await next(request)
        if (!request.url.endsWith('/api/realtime') || request.init.method !== 'GET') return response
        const passed = new TransformStream<Uint8Array, Uint8Array>()
        response.body!.pipeTo(passed.writable, { signal: cable.signal }).catch(() => {})
        return new Response(passed.readable, response)
      })
      const signIn = client.collection('members').authWithOAuth2({
        provider: 'oidc',
        urlCallback: () => cable.abort(new Error('The cable was pulled.')),
      })
      await expect(signIn).rejects.toMatchObject({ kind: 'network' })
    })
  })

  test('a code that was fetched elsewhere signs in, once', async () => {
    const name = newName()
    const client = pb.guest()
    const members = client.collection('members')
    const { providers } = (await members.listAuthMethods()).oauth2
    const { authURL, codeVerifier } = providers[0]!
    const end = await visit(authURL + encodeURIComponent(redirectURL), name)
    const code = new URL(end).searchParams.get('code')!
    const args = ['oidc', code, codeVerifier, redirectURL] as const
    const { meta } = await members.authWithOAuth2Code(...args, { emailVisibility: true })
    expect(meta!['id']).toBe(name)
    expect(client.authStore.record).toMatchObject({ emailVisibility: true })
    // The older form of the same call.
    const again = members.authWithOAuth2(...args, {}, {}, {})
    await expect(again).rejects.toMatchObject({ status: 400 })
    const unknown = members.authWithOAuth2Code('x', code, codeVerifier, redirectURL)
    await expect(unknown).rejects.toHaveProperty('fieldErrors.provider')
  })

  describe('by redirect', () => {
    /** A storage, as it would be in cookies: asynchronous. */
    function storage(): OAuth2Storage & { items: Map<string, string> } {
      const items = new Map<string, string>()
      return {
        items,
        getItem: async (key) => items.get(key) ?? null,
        setItem: async (key, text) => void items.set(key, text),
        removeItem: async (key) => void items.delete(key),
      }
    }

    test('signs in on the page that the provider comes back to, in another client', async () => {
      const kept = storage()
      const name = newName()
      const config = { provider: 'oidc', redirectURL, storage: kept }
      const url = await pb
        .guest()
        .collection('members')
        .startOAuth2({
          ...config,
          createData: { emailVisibility: true },
          scopes: ['openid', 'email'],
        })
      expect(kept.items.size).toBe(1)

      const back = await visit(url, name)
      expect(back.startsWith(redirectURL)).toBe(true)
      const client = pb.guest()
      const { record, meta } = await client
        .collection('members')
        .completeOAuth2(back, { storage: kept })
      expect(meta).toMatchObject({ id: name, name: '' })
      expect(record).toMatchObject({ email: `${name}@oidc.test`, emailVisibility: true })
      expect(client.authStore.record).toEqual(record)
      expect(kept.items.size).toBe(0)

      const again = client.collection('members').completeOAuth2(back, { storage: kept })
      await expect(again).rejects.toMatchObject({ code: 'unknown_state' })
    })

    test('two that were begun at once both end well', async () => {
      const kept = storage()
      const members = pb.guest().collection('members')
      const config = { provider: 'oidc', redirectURL, storage: kept }
      const urls = [await members.startOAuth2(config), await members.startOAuth2(config)]
      const names = [newName(), newName()]
      const ends = await Promise.all(urls.map(async (url, index) => visit(url, names[index]!)))
      for (const index of [1, 0]) {
        const others = pb.guest().collection('members')
        const { meta } = await others.completeOAuth2(new URL(ends[index]!), { storage: kept })
        expect(meta!['id']).toBe(names[index])
      }
    })

    test('of two calls with one address one signs in, where the storage answers at once', async () => {
      const items = new Map<string, string>()
      const kept: OAuth2Storage = {
        getItem: (key) => items.get(key),
        setItem: (key, text) => items.set(key, text),
        removeItem: (key) => items.delete(key),
      }
      const members = pb.guest().collection('members')
      const url = await members.startOAuth2({ provider: 'oidc', redirectURL, storage: kept })
      const back = await visit(url, newName())
      const [first, second] = await Promise.allSettled([
        members.completeOAuth2(back, { storage: kept }),
        members.completeOAuth2(back, { storage: kept }),
      ])
      expect(first.status).toBe('fulfilled')
      expect(second).toMatchObject({ reason: { code: 'unknown_state' } })
    })

    test('tells what the provider refused, and forgets', async () => {
      const kept = storage()
      const members = pb.guest().collection('members')
      const url = await members.startOAuth2({ provider: 'oidc', redirectURL, storage: kept })
      const back = await visit(url, '')
      const complete = members.completeOAuth2(back, { storage: kept })
      await expect(complete).rejects.toMatchObject({
        code: 'access_denied',
        message: 'End-User aborted interaction',
      })
      expect(kept.items.size).toBe(0)
    })

    test('takes no answer that was begun elsewhere, by nobody, or for another collection', async () => {
      const kept = storage()
      const client = pb.guest()
      const members = client.collection('members')
      const url = await members.startOAuth2({ provider: 'oidc', redirectURL, storage: kept })
      const back = await visit(url, newName())
      const elsewhere = members.completeOAuth2(back, { storage: storage() })
      await expect(elsewhere).rejects.toMatchObject({ code: 'unknown_state' })
      const stateless = members.completeOAuth2(`${redirectURL}?code=x`, { storage: kept })
      await expect(stateless).rejects.toMatchObject({ code: 'unknown_state' })
      const others = client.collection('others').completeOAuth2(back, { storage: kept })
      await expect(others).rejects.toMatchObject({ code: 'unknown_state' })
      // None of these has used it up.
      await members.completeOAuth2(back, { storage: kept })
    })

    test('goes by urlCallback where there is one, and needs a storage of one person', async () => {
      const kept = storage()
      let visited = ''
      const members = pb.guest().collection('members')
      const url = await members.startOAuth2({
        provider: 'oidc',
        redirectURL,
        storage: kept,
        urlCallback: (address) => void (visited = address),
      })
      expect(visited).toBe(url)
      const start = members.startOAuth2({ provider: 'oidc', redirectURL })
      await expect(start).rejects.toBeInstanceOf(TypeError)
    })
  })

  describe('the accounts of a record', () => {
    test('are listed, and unlinked by provider', async () => {
      const client = pb.guest()
      const members = client.collection('members')
      const { record } = await members.authWithOAuth2(as(newName()))
      const [account, ...others] = await members.listExternalAuths(record.id)
      expect(others).toEqual([])
      expect(account).toMatchObject({ provider: 'oidc', recordRef: record.id })

      expect(await members.unlinkExternalAuth(record.id, 'oidc')).toBe(true)
      expect(await members.listExternalAuths(record.id)).toEqual([])
      const again = members.unlinkExternalAuth(record.id, 'oidc')
      await expect(again).rejects.toHaveProperty('status', 404)
    })

    test('are hidden from everyone else but superusers', async () => {
      const { record } = await pb.guest().collection('members').authWithOAuth2(as(newName()))
      const guest = pb.guest().collection('members')
      expect(await guest.listExternalAuths(record.id)).toEqual([])
      const unlink = guest.unlinkExternalAuth(record.id, 'oidc')
      await expect(unlink).rejects.toHaveProperty('status', 404)
      expect(await pb.admin.collection('members').listExternalAuths(record.id)).toHaveLength(1)
    })
  })
})
