import { AbortError, NetworkError, OAuth2Error, TimeoutError } from '../../core/errors.ts'
import { maxTimerMs } from '../../core/call.ts'
import type { SendOptions } from '../../core/options.ts'
import { RealtimeService } from '../realtime.ts'
import type {
  AuthProviderInfo,
  OAuth2AuthConfig,
  OAuth2CompleteOptions,
  OAuth2StartConfig,
  OAuth2Storage,
  RecordAuthResponse,
} from './auth.ts'
import type { RecordSignInService } from './sign-in-service.ts'

const pollMs = 500

/** So often in a row has the window to look closed, and the page to have the focus. */
const pollsToClosed = 10

/** Signs in by the window, or whatever `urlCallback` shows, and a stream that is told of the end. */
export async function signInWithOAuth2<T>(
  service: RecordSignInService<any>,
  config: OAuth2AuthConfig,
): Promise<RecordAuthResponse<T>> {
  const { provider, scopes, createData, urlCallback, requestKey = null, ...others } = config
  // Servers end a stream that is silent for so long, and what the provider answers afterwards reaches nobody.
  const { timeout = 300_000, ...rest } = others
  const { signal } = rest
  // At once: browsers allow it to what a click has called, not to what comes later.
  const popup = urlCallback ? undefined : openPopup(service)
  const { client } = service
  // Its own, whose client id no one else can use up.
  const realtime = new RealtimeService(client, requestKey)
  const redirectURL = client.buildURL('/api/oauth2-redirect')
  let timer: ReturnType<typeof setTimeout> | undefined
  let poll: ReturnType<typeof setInterval> | undefined
  try {
    const found = await findProvider(service, provider, { ...rest, requestKey })
    let state = ''
    const answer = await new Promise<{ [name: string]: string }>((resolve, reject) => {
      const fail = (error: any): void => reject(error as Error)
      if (timeout) {
        const message = `Nobody has signed in for ${timeout} ms.`
        timer = setTimeout(
          () => fail(new TimeoutError({ ...callOf(service), message })),
          Math.min(timeout, maxTimerMs),
        )
      }
      let left = pollsToClosed
      if (popup) {
        poll = setInterval(() => {
          // One that looks closed may have been cut off, by the opener policy of what it shows: then it has the focus.
          left = popup.closed && document.hasFocus() ? left - 1 : pollsToClosed
          if (!left) fail(new AbortError({ ...callOf(service), message: 'The window was closed.' }))
        }, pollMs)
      }
      realtime.onStateChange((change) => {
        // Another stream would have another name than the provider was told.
        if (state && change.state !== 'connected')
          fail(
            change.error ?? new NetworkError({ ...callOf(service), message: 'The stream ended.' }),
          )
      })
      realtime
        .subscribe('@oauth2', resolve, { signal, onEnd: fail })
        .then(() => {
          state = realtime.clientId
          const url = urlOf(found, redirectURL, state, scopes)
          if (popup) popup.location.href = url
          return urlCallback?.(url)
        })
        .catch(fail)
    })
    void realtime.unsubscribe()
    return await service.authWithOAuth2Code<T>(
      provider,
      codeOf(service, answer, answer['state'] === state),
      found.codeVerifier,
      redirectURL,
      createData,
      { ...rest, requestKey },
    )
  } finally {
    clearTimeout(timer)
    clearInterval(poll)
    void realtime.unsubscribe()
    popup?.close()
  }
}

/** Remembers what the way back needs, and goes. */
export async function startOAuth2(
  service: RecordSignInService<any>,
  config: OAuth2StartConfig,
): Promise<string> {
  const { provider, redirectURL, scopes, createData, mfaId, storage, urlCallback, ...options } =
    config
  const kept = storageOf(storage)
  const found = await findProvider(service, provider, options)
  const { state, codeVerifier } = found
  const memory: Memory = [provider, codeVerifier, redirectURL, createData, mfaId]
  await kept.setItem(keyOf(service, state), JSON.stringify(memory))
  const url = urlOf(found, redirectURL, state, scopes)
  if (urlCallback) await urlCallback(url)
  else globalThis.document?.location.assign(url)
  return url
}

/** Signs in with what came back. */
export async function completeOAuth2<T>(
  service: RecordSignInService<any>,
  url: string | URL = globalThis.location?.href,
  options: OAuth2CompleteOptions = {},
): Promise<RecordAuthResponse<T>> {
  const { storage, ...rest } = options
  const kept = storageOf(storage)
  const answer = Object.fromEntries(new URLSearchParams(String(url).replace(/^[^?]*|#.*/gs, '')))
  const memory = await takeOut(kept, keyOf(service, answer['state']))
  const code = codeOf(service, answer, memory)
  const [provider, codeVerifier, redirectURL, createData, mfaId] = memory!
  return service.authWithOAuth2Code<T>(provider, code, codeVerifier, redirectURL, createData, {
    mfaId,
    ...rest,
  })
}

type Memory = [
  provider: string,
  codeVerifier: string,
  redirectURL: string,
  createData?: { [key: string]: any } | undefined,
  mfaId?: string | undefined,
]

/** Sign-ins whose memory is just being taken out. */
const completing = new Set<string>()

/** Takes out what was remembered: of calls at once with the same state, one gets it. */
async function takeOut(storage: OAuth2Storage, key: string): Promise<Memory | undefined> {
  if (completing.has(key)) return undefined
  completing.add(key)
  try {
    const text = await storage.getItem(key)
    if (text) await storage.removeItem(key)
    return memoryOf(text)
  } finally {
    completing.delete(key)
  }
}

/** What a storage kept; `undefined` for nothing, and for what is broken. */
function memoryOf(text: string | null | undefined): Memory | undefined {
  try {
    const memory: unknown = JSON.parse(text!)
    if (Array.isArray(memory)) return memory as Memory
  } catch {
    // Nothing.
  }
  return undefined
}

function openPopup(service: RecordSignInService<any>): Window {
  const left = globalThis.screenX + (globalThis.outerWidth - 1024) / 2
  const popup = globalThis.open?.('', '_blank', `popup,width=1024,height=768,left=${left}`)
  return (
    popup ??
    refuse(
      service,
      'popup_blocked',
      'No window could be opened.',
      'Call it right where a click is handled, pass urlCallback, or redirect: startOAuth2.',
    )
  )
}

/** What errors say of a sign-in. */
function callOf({ baseCollectionPath }: RecordSignInService<any>): {
  method: string
  path: string
} {
  return { method: 'POST', path: `${baseCollectionPath}/auth-with-oauth2` }
}

function refuse(
  service: RecordSignInService<any>,
  error: string,
  message: string,
  hint?: string,
): never {
  throw new OAuth2Error({ ...callOf(service), message, hint, response: { error } })
}

async function findProvider(
  service: RecordSignInService<any>,
  name: string,
  { headers, fetch, signal, requestKey = null }: SendOptions,
): Promise<AuthProviderInfo> {
  const options = { headers, fetch, signal, requestKey }
  const { providers } = (await service.listAuthMethods(options)).oauth2
  const found = providers.find((provider) => provider.name === name)
  if (found) return found
  return refuse(
    service,
    'unknown_provider',
    `The collection has no provider ${JSON.stringify(name)}.`,
    `It has: ${providers.map((provider) => provider.name).join(', ') || 'none'}.`,
  )
}

/** The provider's page. By text: not every platform's `URL` can change its query. */
function urlOf(
  { authURL }: AuthProviderInfo,
  redirectURL: string,
  state: string,
  scopes?: readonly string[],
): string {
  let url = authURL + encodeURIComponent(redirectURL)
  for (const [name, value] of Object.entries({ state, scope: scopes?.join(' ') })) {
    if (!value) continue
    const parameter = new RegExp(`([?&])${name}=[^&]*|$`)
    url = url.replace(parameter, (_, sign = '&') => `${sign}${name}=${encodeURIComponent(value)}`)
  }
  return url
}

/** The code that a provider gave, if it did. */
function codeOf(
  service: RecordSignInService<any>,
  answer: { [name: string]: string },
  isKnown: unknown,
): string {
  const { code, error } = answer
  if (error) {
    const message = answer['error_description'] ?? `The provider signed nobody in: ${error}.`
    return refuse(service, error, message)
  }
  if (!isKnown) {
    return refuse(
      service,
      'unknown_state',
      'This sign-in was not started here, or has been completed.',
      'Start again, with the same storage.',
    )
  }
  return code || refuse(service, 'no_code', 'The provider gave no code.')
}

function keyOf(
  { collectionIdOrName }: RecordSignInService<any>,
  state: string | undefined,
): string {
  return `pb_oauth2_${collectionIdOrName}_${state}`
}

function storageOf(storage: OAuth2Storage | undefined): OAuth2Storage {
  if (storage) return storage
  // Not by the presence of sessionStorage alone: some servers have one, shared by all their users.
  if (globalThis.document) return sessionStorage
  throw new TypeError('OAuth2: pass a storage; here is none that is one person’s alone.')
}
