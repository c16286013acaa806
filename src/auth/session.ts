import type { BaseAuthStore } from './store.ts'
import { getTokenPayload } from './token.ts'

/** Tokens with less time left are refreshed, by default, in seconds. */
const dayS = 86_400

/** The least time between two attempts in milliseconds: no call waits for a server that has just not answered. */
const pauseMs = 5_000

/** What a session reads from the client, at every call. */
interface SessionHost {
  authStore: BaseAuthStore<any>
  collection(idOrName: string): { authRefresh(options: object): Promise<unknown> }
}

/** A sign-in that asked to be kept up: see `autoRefreshThreshold` of `authWithPassword`. */
interface Renewal {
  threshold: number
  signIn: () => Promise<unknown>
  identity: string
}

/** The session of whoever is signed in: gets new tokens in time, one refresh at once, and tells when there are none any more. */
export class Session {
  readonly #host: SessionHost
  readonly #threshold: number
  /** What the fields below are about. */
  #token: string | undefined
  #claims: { [key: string]: any } = {}
  /** Seconds before the token's end. */
  #leeway = 0
  /** The last token that the server gave or confirmed, whatever this machine's clock says of it. */
  #confirmed = ''
  #triedAt = -Infinity
  #renewing: { token: string; done: Promise<boolean> } | undefined
  #renewal: Renewal | undefined

  constructor(host: SessionHost, threshold = dayS) {
    this.#host = host
    this.#threshold = threshold
  }

  /** Who is signed in, valid or not; `''` for guests. */
  get identity(): string {
    const { id, collectionId } = this.#look()
    return id ? `${collectionId}/${id}` : this.#token!
  }

  /** Whether servers take the token for more than a guest's, as far as one can tell without asking. */
  get isValid(): boolean {
    const { exp = Infinity } = this.#look()
    return !!this.#token && (exp > Date.now() / 1000 || this.#token === this.#confirmed)
  }

  /** Gets a new token where the present one ends soon. Never rejects: with one that still works a call can go on. */
  freshen(): Promise<boolean> | undefined {
    const { exp, refreshable } = this.#look()
    // One that cannot be refreshed is asked about once it has ended: clocks differ, and the server decides.
    const leeway = refreshable === false ? 0 : this.#leeway
    return exp - leeway <= Date.now() / 1000 ? this.renew() : undefined
  }

  /** Gets a new token, unless that has just been tried: whether the store's token is good now. Never rejects. */
  renew(): Promise<boolean> | undefined {
    const { type } = this.#look()
    const token = this.#token!
    if (this.#renewing?.token === token) return this.#renewing.done
    const isEarly = performance.now() - this.#triedAt < pauseMs
    if (!this.#threshold || type !== 'auth' || isEarly) return undefined
    this.#triedAt = performance.now()
    const done = this.#renew(token).finally(() => (this.#renewing = undefined))
    this.#renewing = { token, done }
    return done
  }

  /** Keeps up the sign-in that has just been made: where its token cannot be refreshed any more, by `signIn`. */
  keep(threshold: number, signIn: () => Promise<unknown>): void {
    this.#renewal = { threshold, signIn, identity: this.identity }
    this.#token = ''
    this.#look()
  }

  async #renew(token: string): Promise<boolean> {
    const { authStore } = this.#host
    const signIn = this.#renewal?.signIn
    try {
      try {
        const expand = expandOf(authStore.record).join() || undefined
        const service = this.#host.collection(this.#claims['collectionId'])
        await service.authRefresh({ requestKey: null, expand })
      } catch (error) {
        if (!signIn || !isRefusal(error) || authStore.token !== token) throw error
        await signIn()
      }
      this.#confirmed = authStore.token
      return true
    } catch (error) {
      if (isRefusal(error) && authStore.token === token) {
        const { record } = authStore
        authStore.clear()
        // Stores of the official client cannot tell.
        authStore['triggerExpired']?.(record)
      }
      return false
    }
  }

  /** The claims of the token that the store holds now. */
  #look(): { [key: string]: any } {
    const { token } = this.#host.authStore
    if (token !== this.#token) {
      const isNew = this.#token !== undefined
      this.#token = token
      this.#claims = getTokenPayload(token)
      const { exp, id, collectionId } = this.#claims
      if (this.#renewal?.identity !== `${collectionId}/${id}`) this.#renewal = undefined
      const lifetime = exp - Date.now() / 1000
      const threshold = this.#renewal?.threshold ?? this.#threshold
      // A stored token may be of any age; of a new one it is known how long such tokens last.
      this.#leeway = isNew ? Math.min(threshold, lifetime / 4) : threshold
    }
    return this.#claims
  }
}

/** Only a server's own words end a session: it may be out of reach, or something between may have answered. */
function isRefusal(error: any): boolean {
  return /^40[0134]$/.test(error?.status) && 'data' in error.response
}

/** What `record` was expanded by. */
function expandOf(record: { expand?: object } | null): string[] {
  return Object.entries(record?.expand ?? {}).flatMap(([name, value]) => {
    const below = expandOf([value].flat()[0])
    return below.length > 0 ? below.map((path) => `${name}.${path}`) : [name]
  })
}
