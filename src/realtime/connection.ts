import { identityOf } from '../auth/token.ts'
import type { BaseAuthStore } from '../auth/store.ts'
import type { PocketBase } from '../client.ts'
import { NetworkError, retryAfterMs, TimeoutError } from '../core/errors.ts'
import type { ClientResponseError } from '../core/errors.ts'
import type { SSEMessage } from './sse-parser.ts'
import { readEvents, readEventSource } from './stream.ts'
import type { EventSourceLike } from './stream.ts'

/** Settings of realtime. */
export interface RealtimeOptions {
  /**
   * How long a dead stream may go unnoticed, in milliseconds: one that brings nothing for half of it is tested from end to end, by two
   * small requests, and replaced when they bring nothing either. Default: no tests; servers end a silent stream after 5 minutes.
   */
  livenessMs?: number | undefined
  /** Opens the stream instead of `fetch`, where that gives no streams: in React Native. */
  EventSource?: (new (url: string) => EventSourceLike) | undefined
}

/** A time in which events may have been lost: servers keep none. */
export interface RealtimeGap {
  /** When the stream before was last known to be alive. */
  from: Date
  /** When the server had confirmed all subscriptions again. */
  to: Date
}

/** What became of the connection. */
export interface RealtimeChange {
  /** `connected`: the server has confirmed the subscriptions. `disconnected`: nothing is subscribed to. */
  state: 'disconnected' | 'connecting' | 'connected'
  /** With `connected`, when there was a stream before it. */
  gap?: RealtimeGap | undefined
  /** With `connecting`: why the stream before was lost; absent when the server ended it as it does now and then. */
  error?: unknown
}

/** Whose subscriptions a connection keeps. */
export interface RealtimeHost {
  /** Of the request that opens the stream. */
  readonly requestKey: string | null
  /** Whether there is any subscription, be it one whose topic is still being written. */
  isWanted(): boolean
  /** All topics that are wanted now. */
  topics(): string[]
  /** The server knows these. */
  onConfirmed(topics: readonly string[]): void
  /** The server refused, or could not be asked: gives up what no server has confirmed yet, and says whether there was any. */
  onRefused(error: unknown): boolean
  onMessage(message: SSEMessage): void
  onChange(change: RealtimeChange): void
  onDisconnect(): void
}

const connectTimeoutMs = 15_000
const firstDelayMs = 200
const maxDelayMs = 3_000

/** Shown again after less than this, a page keeps its stream. */
const maxHiddenMs = 30_000

/** Answered by the server itself to whoever asks for it: what probes listen to. */
const probeTopic = '@oauth2'

/** One stream, from its opening to its end. */
class Stream {
  readonly controller = new AbortController()
  clientId = ''
  /** The token and the topics that the server knows. */
  sent = ''
  identity = ''
  isConfirmed = false
  lastSignAt = Date.now()
  probedAt = 0
  listenTo: ((event: string) => void) | undefined

  get isOver(): boolean {
    return this.controller.signal.aborted
  }

  end(): void {
    this.controller.abort()
  }
}

/** Keeps one stream of events open while a topic is wanted, and the server's list of topics what it should be. */
export class RealtimeConnection {
  readonly #client: PocketBase<any>
  readonly #host: RealtimeHost
  #stream: Stream | undefined
  #isRunning = false
  #submitting: Promise<void> | undefined
  #isStale = false
  #wake: (() => void) | undefined
  #failures = 0
  #lostAt: number | undefined
  /** Since something was subscribed to. */
  #hasConnected = false
  #isProbing = false
  state: RealtimeChange['state'] = 'disconnected'

  constructor(client: PocketBase<any>, host: RealtimeHost) {
    this.#client = client
    this.#host = host
  }

  /** The server's name of the stream; `''` while there is none. */
  get clientId(): string {
    return this.#stream?.clientId ?? ''
  }

  /** Brings the server's list up to date. Never rejects; what comes of it is told to the host. */
  async update(): Promise<void> {
    if (!this.#isRunning && this.#host.isWanted()) void this.#run()
    // Wakes a pause that nobody needs any more.
    if (!this.#host.isWanted()) this.#wake?.()
    await this.#submit()
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    this.#hasConnected = false
    this.#failures = 0
    this.#lostAt = undefined
    const stopWatching = this.#watch()
    let error: unknown
    while (this.#host.isWanted()) {
      const stream = (this.#stream = new Stream())
      this.#change({ state: 'connecting', error })
      // A server, or a proxy, that accepts and says nothing.
      const { livenessMs = connectTimeoutMs } = this.#client.options.realtime ?? {}
      const silenceMs = Math.min(connectTimeoutMs, Math.max(livenessMs, 1000))
      let failure: Error | undefined
      const timer = setTimeout(() => {
        const message = `The server sent no event for ${silenceMs} ms.`
        failure = new TimeoutError({ method: 'GET', path: '/api/realtime', message })
        stream.end()
      }, silenceMs)
      error = undefined
      try {
        await this.#read(stream, () => clearTimeout(timer))
      } catch (cause) {
        error = stream.isOver ? failure : cause
      }
      clearTimeout(timer)
      const isEnded = !stream.isOver && !error
      stream.end()
      this.#stream = undefined
      if (stream.isConfirmed) {
        this.#lostAt ??= isEnded ? Date.now() : stream.lastSignAt
        this.#host.onDisconnect()
      } else if (!this.#hasConnected && (error || isEnded)) {
        this.#host.onRefused(error ?? new NetworkError({ message: 'The stream ended at once.' }))
      }
      // Those that lived, and those that were given up for a better one, are replaced at once.
      if (!stream.isConfirmed && this.#host.isWanted()) await this.#pause(error)
    }
    stopWatching()
    this.#isRunning = false
    this.#change({ state: 'disconnected' })
  }

  async #read(stream: Stream, onConnect: () => void): Promise<void> {
    const { EventSource } = this.#client.options.realtime ?? {}
    const { signal } = stream.controller
    const onMessage = (message: SSEMessage): void => {
      if (stream.isOver) return
      stream.lastSignAt = Date.now()
      if (message.event !== 'PB_CONNECT') {
        this.#host.onMessage(message)
        return
      }
      onConnect()
      stream.clientId = JSON.parse(message.data).clientId
      void this.#submit()
    }
    if (!EventSource) return readEvents(this.#client, this.#host.requestKey, signal, onMessage)
    const source = new EventSource(this.#client.buildURL('/api/realtime'))
    const { done, listenTo } = readEventSource(source, signal, onMessage)
    stream.listenTo = listenTo
    listenTo('PB_CONNECT')
    return done
  }

  /** Brings the server's list up to date. At most one request is under way: servers apply two in any order. */
  async #submit(): Promise<void> {
    this.#isStale = true
    this.#submitting ??= this.#submitAll()
    return this.#submitting
  }

  async #submitAll(): Promise<void> {
    while (this.#isStale) {
      // What is asked for in one go is sent in one go.
      await Promise.resolve()
      this.#isStale = false
      await this.#submitOnce()
    }
    this.#submitting = undefined
  }

  async #submitOnce(): Promise<void> {
    const stream = this.#stream
    const topics = this.#host.topics()
    if (!stream || stream.isOver) return
    if (!this.#host.isWanted()) stream.end()
    if (!stream.clientId || topics.length === 0) return
    const { token } = this.#client.authStore
    const identity = identityOf(token)
    const wanted = JSON.stringify([token, ...topics])
    // Servers let a guest's stream become a user's, and no other change.
    if (stream.identity && stream.identity !== identity) stream.end()
    else if (stream.sent === wanted && !this.#isProbing) this.#host.onConfirmed(topics)
    else {
      try {
        await this.#post(stream, topics)
      } catch (error) {
        if (!stream.isOver) await this.#recover(stream, error)
        return
      }
      stream.sent = wanted
      stream.identity = identity
      this.#host.onConfirmed(topics)
      if (!stream.isConfirmed) this.#connected(stream)
      // Someone may have signed in or out meanwhile.
      if (!this.#isProbing) this.#isStale = true
    }
  }

  async #post(stream: Stream, topics: readonly string[]): Promise<void> {
    const subscriptions = topics.filter((topic) => topic !== 'PB_CONNECT')
    if (this.#isProbing) subscriptions.push(probeTopic)
    subscriptions.forEach((topic) => stream.listenTo?.(topic))
    await this.#client.send('/api/realtime', {
      method: 'POST',
      body: { clientId: stream.clientId, subscriptions },
      requestKey: null,
      retry: 0,
      signal: stream.controller.signal,
    })
  }

  /** After a failed request: tries again, without what the server has refused, or on another stream. */
  async #recover(stream: Stream, error: unknown): Promise<void> {
    const { status = 0, response } = error as Partial<ClientResponseError>
    const isFinal = status >= 400 && status < 500 && status !== 429
    const isOfTopics = status === 400 && response?.['data']?.subscriptions
    // Else the server has forgotten the stream, or who it was opened for.
    const canRefuse = !isFinal || !stream.isConfirmed || isOfTopics
    this.#isStale = true
    if (canRefuse && (isFinal || !this.#hasConnected) && this.#host.onRefused(error)) return
    if (isFinal) stream.end()
    else await this.#pause(error)
  }

  #connected(stream: Stream): void {
    stream.isConfirmed = true
    this.#hasConnected = true
    this.#failures = 0
    const gap =
      this.#lostAt === undefined ? undefined : { from: new Date(this.#lostAt), to: new Date() }
    this.#lostAt = undefined
    this.#change({ state: 'connected', gap })
    const data = JSON.stringify({ clientId: stream.clientId, gap })
    this.#host.onMessage({ event: 'PB_CONNECT', data })
  }

  #change(change: RealtimeChange): void {
    this.state = change.state
    this.#host.onChange(change)
  }

  async #pause(error: unknown): Promise<void> {
    const { headers } = (error ?? {}) as Partial<ClientResponseError>
    const longest = Math.min(maxDelayMs, firstDelayMs * 2 ** this.#failures++)
    // Full jitter: clients that a server has lost together do not come back together.
    const delayMs = (retryAfterMs(headers) ?? 0) + Math.random() * longest
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, delayMs)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = undefined
  }

  /** Ends a pause, or replaces the stream. */
  #renew(): void {
    if (this.#wake) this.#wake()
    else this.#stream?.end()
  }

  /** Watches what a connection has to follow: who is signed in, whether there is a network, whether the stream lives. */
  #watch(): () => void {
    const { livenessMs = 0 } = this.#client.options.realtime ?? {}
    const store: BaseAuthStore<any> = this.#client.authStore
    // Stand-ins for stores may have less.
    const stopFollowing = store.onChange?.(() => void this.#submit())
    const page = globalThis.document as Document | undefined
    let hiddenAt = 0
    const onVisibility = (): void => {
      if (page?.visibilityState === 'hidden') hiddenAt = Date.now()
      else if (Date.now() - hiddenAt > maxHiddenMs) this.#renew()
      else this.#wake?.()
    }
    const onOnline = (): void => this.#renew()
    page?.addEventListener('visibilitychange', onVisibility)
    globalThis.addEventListener?.('online', onOnline)
    const timer = livenessMs
      ? setInterval(() => void this.#probe(livenessMs), livenessMs / 4)
      : undefined
    return () => {
      stopFollowing?.()
      page?.removeEventListener('visibilitychange', onVisibility)
      globalThis.removeEventListener?.('online', onOnline)
      clearInterval(timer)
    }
  }

  /** Sends a message to ourselves through the server, where nothing has come for half of `livenessMs`. */
  async #probe(livenessMs: number): Promise<void> {
    const stream = this.#stream
    if (!stream?.isConfirmed) return
    const now = Date.now()
    const isAsked = stream.probedAt > stream.lastSignAt
    if (now - (isAsked ? stream.probedAt : stream.lastSignAt) < livenessMs / 2) return
    if (isAsked) stream.end()
    // The server uses the topic up: a sign-in that waits for it would wait for ever.
    if (isAsked || this.#host.topics().includes(probeTopic)) return
    stream.probedAt = now
    await this.#submitting
    this.#isProbing = true
    await this.#submit()
    this.#isProbing = false
    if (stream.isOver) return
    await this.#client
      .send('/api/oauth2-redirect', {
        query: { state: stream.clientId, code: 'x' },
        redirect: 'manual',
        requestKey: null,
        retry: 0,
        signal: stream.controller.signal,
      })
      .catch(() => {})
    void this.#submit()
  }
}
