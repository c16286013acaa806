import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { Provider } from 'oidc-provider'

import type { PocketBase } from '../../src/index.ts'

/** An OpenID Connect provider, with pages to sign in and to consent; whoever signs in is `NAME@oidc.test`. */
export interface OidcProvider extends AsyncDisposable {
  readonly url: string
  /** What a collection needs to know of it: the value of `oauth2.providers`. */
  readonly config: { [key: string]: unknown }
}

const clientId = 'pocketbase'
const clientSecret = 'a secret of enough characters'

/**
 * Starts a provider on a free port.
 *
 * @param redirectURLs - where it sends people back to, and nowhere else.
 */
export async function startOidcProvider(redirectURLs: string[]): Promise<OidcProvider> {
  const server = createServer((request, response) => void provider.callback()(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider: Provider = new Provider(url, {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: redirectURLs,
        token_endpoint_auth_method: 'client_secret_basic',
      },
    ],
    claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
    findAccount: (_, sub) => ({
      accountId: sub,
      claims: () => ({
        sub,
        name: `Name of ${sub}`,
        email: `${sub}@oidc.test`,
        email_verified: true,
      }),
    }),
    pkce: { required: () => true },
    ttl: { AccessToken: 600, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
    cookies: { keys: ['of a test'] },
  })
  return {
    url,
    config: {
      name: 'oidc',
      clientId,
      clientSecret,
      authURL: `${url}/auth`,
      tokenURL: `${url}/token`,
      userInfoURL: `${url}/me`,
      displayName: 'Test',
      pkce: true,
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Has a collection accept the provider. */
export async function acceptProvider(
  admin: PocketBase,
  collection: string,
  { config }: OidcProvider,
): Promise<void> {
  await admin.collections.update(collection, { oauth2: { enabled: true, providers: [config] } })
}

/**
 * Does what a person does with a browser on the provider's pages: signs in, consents, and follows until `stopAt`.
 *
 * @param name - who signs in; `''` cancels instead.
 * @returns the address where it ended.
 */
export async function visit(
  url: string,
  name: string,
  stopAt = /[?&]code=|[?&]error=/,
): Promise<string> {
  const cookies = new Map<string, string>()
  let next = new URL(url)
  let form: URLSearchParams | undefined
  for (let step = 0; step < 20; step++) {
    const response = await fetch(next, {
      method: form ? 'POST' : 'GET',
      body: form ?? null,
      redirect: 'manual',
      headers: { Cookie: [...cookies].map((pair) => pair.join('=')).join('; ') },
    })
    for (const line of response.headers.getSetCookie()) {
      const [, key, value] = /^([^=]+)=([^;]*)/.exec(line)!
      if (value) cookies.set(key!, value)
      else cookies.delete(key!)
    }
    form = undefined
    const location = response.headers.get('location')
    const html = await response.text()
    if (location) {
      next = new URL(location, next)
      if (stopAt.test(next.href)) return next.href
      continue
    }
    const action = /<form[^>]* action="([^"]+)"/.exec(html)?.[1]
    if (!action) throw new Error(`${response.status} from ${next.href}: ${html}`)
    const cancel = /href="([^"]+\/abort)"/.exec(html)?.[1]
    if (!name) next = new URL(cancel!, next)
    else {
      next = new URL(action, next)
      const prompt = /name="prompt" value="(\w+)"/.exec(html)![1]!
      form = new URLSearchParams({ prompt, login: name, password: 'any' })
    }
  }
  throw new Error(`The provider's pages lead nowhere: ${next.href}`)
}
