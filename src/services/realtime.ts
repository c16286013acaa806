import type { PocketBase } from '../client.ts'
import { AbortError } from '../core/errors.ts'
import { FilterText } from '../core/filter.ts'
import { addListener, callListener } from '../core/listeners.ts'
import { normalizeUnknownQueryParams } from '../core/options.ts'
import type { SendOptions } from '../core/options.ts'
import { createEventIterator } from '../realtime/events.ts'
import type { EventIterator } from '../realtime/events.ts'
import { RealtimeConnection } from '../realtime/connection.ts'
import type { RealtimeChange } from '../realtime/connection.ts'
import type { SSEMessage } from '../realtime/sse-parser.ts'
import { BaseService } from './base.ts'

/** Ends a subscription, at once; what it returns resolves when the server knows. Never rejects. */
export type UnsubscribeFunc = () => Promise<void>

interface Subscription {
  topic: string
  callback: (data: any) => void
  /** Until a server has confirmed it: what its caller waits for. */
  settle?: ((error?: any) => void) | undefined
  /** Called once, when it ends. */
  onEnd?: ((error?: unknown) => void) | undefined
}

/** Options of subscriptions. */
export interface SubscribeOptions extends SendOptions, SubscribeSettings {}

/** What subscriptions take besides what the server gets. */
export interface SubscribeSettings {
  /** Called once, when the subscription ends, whoever ends it; with an error, if that is why. */
  onEnd?: ((error?: unknown) => void) | undefined
}

/** Options of {@link RealtimeService.events}. */
export interface EventsOptions extends SendOptions {
  /** How many events may wait to be read; one more ends the iteration with an error. Default 10,000. */
  maxWaiting?: number | undefined
}

/** Where a subscription waits whose filter is still being written. */
const noKey = ''

/**
 * Messages from the server, over one stream for all subscriptions of the client. For changes of records see
 * `RecordService.subscribe`.
 *
 * The stream opens with the first subscription and ends with the last. It is opened again whenever it is lost, and when someone
 * else signs in. Events of the time in between are lost: {@link onStateChange} reports it as a gap.
 */
export class RealtimeService extends BaseService {
  /** Called when the stream ends, with the topics that are still subscribed to: none after the last unsubscribe. */
  declare onDisconnect?: (activeSubscriptions: string[]) => void

  private readonly subscriptions = new Map<string, Set<Subscription>>()
  private readonly listeners = new Set<(change: RealtimeChange) => void>()
  declare private readonly connection: RealtimeConnection

  /** @param requestKey - of the request that opens the stream: `cancelRequest` ends it. Default: none. */
  constructor(client: PocketBase<any>, requestKey: string | null = null) {
    super(client)
    this.connection = new RealtimeConnection(client, {
      requestKey,
      isWanted: () => this.subscriptions.size > 0,
      topics: () => this.topics(),
      onConfirmed: (topics) => {
        for (const topic of topics) {
          this.subscriptions.get(topic)?.forEach((subscription) => {
            subscription.settle?.()
            subscription.settle = undefined
          })
        }
      },
      onRefused: (error) => this.remove(({ settle }) => !!settle, error),
      onMessage: (message) => this.deliver(message),
      onChange: (change) => this.listeners.forEach((listener) => callListener(listener, change)),
      onDisconnect: () => callListener(() => this.onDisconnect?.(this.topics())),
    })
  }

  /** Whether the stream is open and the server has confirmed the subscriptions. */
  get isConnected(): boolean {
    return this.state === 'connected'
  }

  /** The server's name of the stream; `''` while there is none. */
  get clientId(): string {
    return this.connection.clientId
  }

  /** What the connection is doing. */
  get state(): RealtimeChange['state'] {
    return this.connection.state
  }

  /**
   * Calls `listener` whenever the connection changes; after a stream was lost, `connected` comes with the `gap` in which
   * events may have been lost.
   *
   * @returns a function that removes it.
   */
  onStateChange(listener: (change: RealtimeChange) => void): () => void {
    return addListener(this.listeners, listener)
  }

  /**
   * Calls `callback` with every message of a topic.
   *
   * `GET /api/realtime`, `POST /api/realtime`
   *
   * @param topic - `posts/*`, `posts/RECORD_ID`, a name of the server's own code, or `PB_CONNECT`: whenever the stream was opened.
   * @param callback - gets the message's JSON, or its text where it is not JSON.
   * @param options - `filter`, `expand`, `fields`, other query parameters and `headers`, as the topic's rule sees them; `signal`
   * ends the subscription.
   * @returns when the server has confirmed it: a function that ends it. While the connection is being opened again, that can
   * take as long as the server is away.
   * @throws NetworkError and its kin when the first stream cannot be opened, ApiError when the server refuses the topic. Nothing
   * is left of a subscription that failed.
   */
  async subscribe(
    topic: string,
    callback: (data: any) => void,
    options?: SubscribeOptions,
  ): Promise<UnsubscribeFunc> {
    const { onEnd, ...rest } = options ?? {}
    return this.listen({ topic, callback, onEnd }, rest)
  }

  /**
   * The messages of a topic, for `for await`. The first is waited for when the loop begins; leaving the loop ends the subscription, and
   * so does `unsubscribe`, which ends the loop. Messages wait while the loop is busy.
   *
   * @param topic - as for {@link subscribe}.
   */
  events<T = any>(topic: string, options?: EventsOptions): EventIterator<T> {
    const { maxWaiting = 10_000, ...rest } = options ?? {}
    let subscription: Subscription
    return createEventIterator<T>(
      maxWaiting,
      async (callback, onEnd) => this.listen((subscription = { topic, callback, onEnd }), rest),
      async () => this.end((other) => other === subscription),
    )
  }

  private async listen(
    subscription: Subscription,
    options?: SendOptions,
  ): Promise<UnsubscribeFunc> {
    const { topic, onEnd } = subscription
    if (!topic) throw new TypeError('realtime.subscribe: the topic is missing.')
    const { signal, ...rest } = options ?? {}
    const isThis = (other: Subscription): boolean => other === subscription
    const confirmed = new Promise<void>((resolve, reject) => {
      subscription.settle = (error) => (error ? reject(error as Error) : resolve())
    })
    const onAbort = (): void => {
      const { reason } = signal!
      const message = reason?.message ?? 'Cancelled.'
      const path = '/api/realtime'
      void this.end(
        isThis,
        new AbortError({ method: 'POST', path, message, originalError: reason }),
      )
    }
    this.add(noKey, subscription)
    if (signal?.aborted) onAbort()
    signal?.addEventListener('abort', onAbort)
    subscription.onEnd = (error) => {
      signal?.removeEventListener('abort', onAbort)
      if (onEnd) callListener(onEnd, error)
    }
    this.topicKey(topic, rest).then(
      (key) => {
        // Unless it has been ended meanwhile.
        if (!this.subscriptions.get(noKey)?.delete(subscription)) return
        this.add(key, subscription)
        void this.connection.update()
      },
      (error: unknown) => this.end(isThis, error),
    )
    await confirmed
    return async () => this.end(isThis)
  }

  /**
   * Ends all subscriptions of a topic, whatever their options; without a topic, all.
   *
   * @returns when the server knows. Never rejects.
   */
  async unsubscribe(topic?: string): Promise<void> {
    return this.end((other, key) => !topic || other.topic === topic || key === topic)
  }

  /** Ends all subscriptions whose topic begins with a text: with `posts`, also those of `posts_archive`. */
  async unsubscribeByPrefix(topicPrefix: string): Promise<void> {
    return this.end((other) => other.topic.startsWith(topicPrefix))
  }

  /** Ends all subscriptions of a topic with this callback. */
  async unsubscribeByTopicAndListener(topic: string, listener: (data: any) => void): Promise<void> {
    return this.end(
      (other, key) => (other.topic === topic || key === topic) && other.callback === listener,
    )
  }

  /** The topic as the server hears it and names its messages by: options are a part of it. */
  private async topicKey(topic: string, options: SendOptions): Promise<string> {
    normalizeUnknownQueryParams(options)
    const { headers } = options
    // It can be the caller's own.
    const query = options.query && { ...options.query }
    if (!query && !headers) return topic
    for (const name in query) {
      const value = query[name]
      if (value instanceof FilterText)
        query[name] = await this.client['transport'].filters.text(value)
      else if (Array.isArray(value)) query[name] = value.join()
    }
    const json = JSON.stringify({ query, headers })
    return `${topic}${topic.includes('?') ? '&' : '?'}options=${encodeURIComponent(json)}`
  }

  private topics(): string[] {
    return [...this.subscriptions.keys()].filter(Boolean)
  }

  private add(key: string, subscription: Subscription): void {
    const others = this.subscriptions.get(key)
    if (others) others.add(subscription)
    else this.subscriptions.set(key, new Set([subscription]))
  }

  /** Takes subscriptions away at once; who still waits for one gets `error`. */
  private async end(
    matches: (subscription: Subscription, key: string) => boolean,
    error?: unknown,
  ): Promise<void> {
    if (this.remove(matches, error)) await this.connection.update()
  }

  private remove(
    matches: (subscription: Subscription, key: string) => boolean,
    error?: unknown,
  ): boolean {
    let hasRemoved = false
    for (const [key, others] of this.subscriptions) {
      for (const subscription of others) {
        if (!matches(subscription, key)) continue
        hasRemoved = true
        others.delete(subscription)
        subscription.settle?.(error)
        subscription.onEnd?.(error)
      }
      if (others.size === 0) this.subscriptions.delete(key)
    }
    return hasRemoved
  }

  private deliver({ event, data }: SSEMessage): void {
    const others = this.subscriptions.get(event)
    for (const subscription of Array.from(others ?? [])) {
      // One before it may have ended it.
      if (!others!.has(subscription)) continue
      let message: unknown = data
      try {
        message = JSON.parse(data)
      } catch {
        // The server's own code may send any text.
      }
      callListener(subscription.callback, message)
    }
  }
}
