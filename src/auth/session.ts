import type { ClientResponseError } from '../core/errors.ts'
import { superusersId } from './store.ts'
import type { BaseAuthStore } from './store.ts'
import { getTokenPayload, identityOf } from './token.ts'

/** Tokens with less time left are refreshed, by default, in seconds. */
const dayS = 86_400

/** The least time between two attempts in milliseconds: no call waits for a server that has just not answered. */
const pauseMs = 5_000

/** What a session reads from the client, at every call. */
interface SessionHost {
  authStore: BaseAuthStore
  collection(idOrName: string): { authRefresh(options: object): Promise<unknown> }
}

/** What a session reads of a token. */
interface Claims {
  type?: string
  collectionId?: string
  refreshable?: boolean
  /** In seconds. */
  exp?: number
}

/** A sign-in that asked to be kept up: see `autoRefreshThreshold` of `authWithPassword`. */
interface Renewal {
  threshold: number
  signIn: (signal: AbortSignal) => Promise<unknown>
  identity: string
}

/** The session of whoever is signed in: gets new tokens in time, one refresh at once, and tells when there are none any more. */
export class Session {
  readonly #host: SessionHost
  readonly #threshold: number
  /** Whose session the server has ended last. */
  ended = ''
  /** What the next three are about. */
  #token: string | undefined
  #claims: Claims = {}
  #identity = ''
  /** Seconds before the token's end. */
  #leeway = 0
  /** The last token that the server gave without telling its time: good, whatever this machine's clock says of it. */
  #confirmed = ''
  #triedAt = -Infinity
  /** How far this machine's clock is behind the server's, in seconds, as far as the server has told. */
  #lag = 0
  /** Why the last attempt brought nothing, if it was no refusal. */
  #failure: unknown
  #renewing: { token: string; done: Promise<boolean> } | undefined
  #renewal: Renewal | undefined

  constructor(host: SessionHost, threshold = dayS) {
    this.#host = host
    this.#threshold = threshold
  }

  /** Who is signed in, valid or not; `''` for guests. */
  get identity(): string {
    this.#look()
    return this.#identity
  }

  /** Whether servers take the token for more than a guest's, as far as one can tell without asking. */
  get isValid(): boolean {
    const { exp = Infinity } = this.#look()
    return !!this.#token && (exp > this.#now() || this.#token === this.#confirmed)
  }

  /** Why the token has ended without anybody having ended the session: the server could not be asked for a new one. */
  get failure(): unknown {
    return this.isValid || !this.#token ? undefined : this.#failure
  }

  /** Gets a new token where the present one ends soon. Never rejects: see {@link failure}. */
  freshen(): Promise<boolean> | undefined {
    const { exp = Infinity, refreshable } = this.#look()
    // One that cannot be refreshed is asked about once it has ended: clocks differ, and the server decides.
    const leeway = refreshable === false ? 0 : this.#leeway
    return exp - leeway <= this.#now() ? this.renew() : undefined
  }

  /** Gets a new token, unless that has just been tried: whether the store's token is good now. Never rejects. */
  renew(): Promise<boolean> | undefined {
    const { type } = this.#look()
    const token = this.#token!
    if (this.#renewing?.token === token) return this.#renewing.done
    const isEarly = performance.now() - this.#triedAt < pauseMs
    const threshold = this.#renewal?.threshold ?? this.#threshold
    if (!threshold || type !== 'auth' || isEarly) return undefined
    this.#triedAt = performance.now()
    const done = this.#renew(token).catch((error: unknown) => {
      // oxlint-disable-next-line no-console -- no call's fault, and nobody else would hear of it
      console.warn('The auth store, or a listener to it, failed:', error)
      return false
    })
    const renewing = { token, done }
    this.#renewing = renewing
    void done.then(() => {
      if (this.#renewing === renewing) this.#renewing = undefined
    })
    return done
  }

  /** Notes a token that the server has just given, and the server's time, where its headers can be read. */
  confirm(token: string, headers: Headers | undefined): void {
    const lag = Date.parse(headers?.get?.('date') ?? '') - Date.now()
    this.#confirmed = lag ? '' : token
    // To the second.
    this.#lag = Math.abs(lag) > 2000 ? lag / 1000 : 0
  }

  /** Keeps up the sign-in that brought a token: where it cannot be refreshed any more, by `signIn`. */
  keep(token: string, threshold: number, signIn: Renewal['signIn']): void {
    this.#renewal = { threshold, signIn, identity: identityOf(token) }
    this.#token = ''
    this.#look()
  }

  async #renew(token: string): Promise<boolean> {
    const { authStore } = this.#host
    const signIn = this.#renewal?.signIn
    this.#failure = undefined
    try {
      try {
        const expand = expandOf(authStore.record).join() || undefined
        const service = this.#host.collection(this.#claims.collectionId!)
        await service.authRefresh({ requestKey: null, expand })
      } catch (error) {
        if (!signIn || !isRefusal(error) || authStore.token !== token) throw error
        // Not to undo a sign-out meanwhile.
        const isOver = new AbortController()
        const stopWatching = authStore.onChange(() => isOver.abort())
        await signIn(isOver.signal).finally(stopWatching)
      }
      return true
    } catch (error) {
      if (authStore.token !== token) return false
      if (isRefusal(error)) {
        const { record } = authStore
        this.ended = identityOf(token)
        try {
          authStore.clear()
        } finally {
          // Stores of the official client cannot tell.
          authStore['triggerExpired']?.(record)
        }
      } else {
        this.#failure = error
        this.#confirmed = ''
        // Cancelled: the server was not asked.
        if ((error as { isAbort?: boolean }).isAbort) this.#triedAt = -Infinity
      }
      return false
    }
  }

  /** The server's time in seconds. */
  #now(): number {
    return Date.now() / 1000 + this.#lag
  }

  /** The claims of the token that the store holds now. */
  #look(): Claims {
    const { token } = this.#host.authStore
    if (token !== this.#token) {
      const isNew = this.#token !== undefined
      const identity = identityOf(token)
      if (identity !== this.#identity) this.#triedAt = -Infinity
      if (identity) this.ended = ''
      if (identity !== this.#renewal?.identity) this.#renewal = undefined
      this.#token = token
      this.#identity = identity
      this.#claims = getTokenPayload(token)
      const lifetime = (this.#claims.exp ?? Infinity) - this.#now()
      // Superusers' tokens last a day.
      const own = this.#threshold / (this.#claims.collectionId === superusersId ? 4 : 1)
      const threshold = this.#renewal?.threshold ?? own
      // A stored token may be of any age; of a new one it is known how long such tokens last.
      this.#leeway = isNew ? Math.min(threshold, lifetime / 4) : threshold
    }
    return this.#claims
  }
}

/** Only a server's own words end a session: it may be out of reach, or something between may have answered. */
function isRefusal(error: unknown): boolean {
  const { status, response = {} } = (error ?? {}) as Partial<ClientResponseError>
  return /^40[0134]$/.test(`${status}`) && !!(response['data'] ?? response['mfaId'])
}

/** What `record` was expanded by. */
function expandOf(record: { expand?: object } | null): string[] {
  return Object.entries(record?.expand ?? {}).flatMap(([name, value]) => {
    const below = expandOf([value].flat()[0])
    return below.length > 0 ? below.map((path) => `${name}.${path}`) : [name]
  })
}
