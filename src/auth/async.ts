import { BaseAuthStore, parseState } from './store.ts'
import type { AuthRecord } from './store.ts'

/** Stores the serialised state. */
export type AsyncSaveFunc = (serializedPayload: string) => Promise<void>

/** Removes the stored state. */
export type AsyncClearFunc = () => Promise<void>

/** Where an {@link AsyncAuthStore} keeps its state. */
export interface AsyncAuthStoreOptions {
  /** Called with the state at every change: a text to hand back as `initial` later. */
  save: AsyncSaveFunc
  /** Default: `save('')`. */
  clear?: AsyncClearFunc | undefined
  /** What was stored before: the text given to `save`, or a promise of it. `null` and `''` mean nothing was. */
  initial?: string | null | Promise<string | null | undefined> | undefined
  /** Told what `save`, `clear` or `initial` rejected with. Default: a warning on the console. */
  onError?: ((error: unknown) => void) | undefined
}

/**
 * Keeps who is signed in in an asynchronous storage, such as React Native's. Requests wait until the stored state has been
 * read; a sign-in before that wins over it. Writes happen in their order, one at a time.
 */
export class AsyncAuthStore<R = AuthRecord> extends BaseAuthStore<R> {
  /** Settles once the stored state has been read; `undefined` from then on. Requests wait for it. */
  ready: Promise<void> | undefined
  private readonly options: AsyncAuthStoreOptions
  private queue: Promise<unknown> = Promise.resolve()
  private isChanged = false

  constructor(options: AsyncAuthStoreOptions) {
    super()
    this.options = options
    if (options.initial) this.ready = this.load(options.initial)
  }

  override save(token: string, record?: R): void {
    this.isChanged = true
    super.save(token, record)
    const payload = JSON.stringify({ token, record: record ?? null })
    this.enqueue(() => this.options.save(payload))
  }

  override clear(): void {
    this.isChanged = true
    super.clear()
    this.enqueue(() => (this.options.clear ? this.options.clear() : this.options.save('')))
  }

  /** Resolves when everything so far has been stored, or has failed to be. */
  async flush(): Promise<void> {
    await this.ready
    await this.queue
  }

  private async load(initial: NonNullable<AsyncAuthStoreOptions['initial']>): Promise<void> {
    try {
      const stored = await initial
      if (!stored || this.isChanged) return
      // Older apps hand over the parsed state.
      const { token, record } = parseState<R>(
        typeof stored === 'string' ? stored : JSON.stringify(stored),
      )
      super.save(token, record)
    } catch (error) {
      this.report(error)
    } finally {
      this.ready = undefined
    }
  }

  private enqueue(write: () => Promise<void>): void {
    this.queue = this.queue
      .catch(() => {})
      .then(write)
      .catch((error: unknown) => this.report(error))
  }

  private report(error: unknown): void {
    if (this.options.onError) this.options.onError(error)
    // oxlint-disable-next-line no-console -- nobody else would hear of it
    else console.warn('AsyncAuthStore: the storage failed:', error)
  }
}
