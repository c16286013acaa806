import type { RealtimeService, RecordSubscription, UnsubscribeFunc } from '../index.ts'
import { Confirmer } from './confirmer.ts'
import type { Row } from './order.ts'

/**
 * What it is doing: reading for the first time; following the database; cut off from the server, or reading everything again since;
 * ended.
 */
export type LiveState = 'loading' | 'live' | 'stale' | 'closed'

/** What ends a subscription, and what it tells when it has ended. */
export interface Opening {
  signal: AbortSignal
  onEnd: () => void
}

/** Rows that follow the database; see {@link liveList} and {@link liveOne}. */
export abstract class Live<Snapshot> {
  /**
   * Resolves when everything has been read for the first time. Rejects when it cannot be read, or not be held; then {@link error}
   * has the reason as well.
   */
  readonly ready: Promise<void>
  /** Why it ended by itself; `undefined` while it has not, and after {@link close}. */
  error: unknown

  protected readonly rows = new Map<string, any>()
  protected readonly abort = new AbortController()
  protected readonly confirmer: Confirmer
  #state: LiveState = 'loading'
  #snapshot: Snapshot
  #isPublishing = false
  #repairing: Promise<void> | undefined
  #isRepairDue = false
  readonly #listeners = new Set<() => void>()
  readonly #realtime: RealtimeService
  #stop: (() => void) | undefined

  constructor(realtime: RealtimeService, atOnce: number, nothing: Snapshot) {
    this.#realtime = realtime
    this.#snapshot = nothing
    this.confirmer = new Confirmer(atOnce, async (ids, now) => {
      const found = new Map((await this.readSome(ids)).map((row) => [row['id'] as string, row]))
      for (const id of ids) if (this.confirmer.isUntouched(id, now)) this.store(id, found.get(id))
      this.#publish()
    })
    this.ready = this.#start()
    // Who does not wait for it finds the reason in `error`.
    this.ready.catch(() => {})
  }

  /** What it is doing. */
  get state(): LiveState {
    return this.#state
  }

  /** What is known now: the same object until something changes, and in it the same rows as long as they stay. */
  getSnapshot = (): Snapshot => this.#snapshot

  /**
   * Calls `listener` whenever the snapshot or {@link state} changes.
   *
   * @returns a function that removes it.
   */
  subscribe = (listener: () => void): (() => void) => {
    const own = (): void => listener()
    this.#listeners.add(own)
    return () => void this.#listeners.delete(own)
  }

  /** Ends it: no further request, no further change. The last snapshot stays. */
  close(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#stop?.()
    this.confirmer.close()
    this.abort.abort(new Error('The live list is closed.'))
    this.#tell()
  }

  /** What the end of a `using` block calls: the same as {@link close}. */
  [Symbol.dispose](): void {
    this.close()
  }

  /** Opens the subscriptions, with these options. */
  protected abstract listen(opening: Opening): Promise<UnsubscribeFunc>[]
  /** Reads everything. */
  protected abstract readAll(): Promise<Map<string, Row>>
  /** Reads some rows; those that are missing have gone. */
  protected abstract readSome(ids: string[]): Promise<Row[]>
  /** What listeners see. May return `before`, where nothing has changed. */
  protected abstract take(before: Snapshot): Snapshot

  /** An event, shown at once where it carries the whole row, and to be confirmed. */
  protected onEvent({ action, record }: RecordSubscription<any>, isWhole: boolean): void {
    const id: string = record['id']
    this.confirmer.mark(id)
    if (this.#state === 'loading') return
    if (action === 'delete') this.store(id, undefined)
    else if (isWhole) this.store(id, record)
    if (this.#isPublishing) return
    this.#isPublishing = true
    // Events come many at a time.
    queueMicrotask(() => {
      this.#isPublishing = false
      this.#publish()
    })
  }

  /** Whether a change of a row matters, though it may no longer match. */
  protected isKnown(id: string): boolean {
    return !!this.#repairing || this.rows.has(id) || this.confirmer.has(id)
  }

  protected store(id: string, row: Row | undefined): void {
    if (!row) this.rows.delete(id)
    // A row that is the same stays the same object.
    else if (!isEqual(this.rows.get(id), row)) this.rows.set(id, row)
  }

  async #start(): Promise<void> {
    // After this constructor and those of its subclasses.
    await Promise.resolve()
    this.#stop = this.#realtime.onStateChange(({ state, gap }) => {
      if (gap) void this.#repair()
      else if (state === 'connecting' && this.#state === 'live') this.#change('stale')
    })
    try {
      const { signal } = this.abort
      await Promise.all(this.listen({ signal, onEnd: () => this.close() }))
      await this.#repair()
    } catch (error) {
      this.#fail(error)
    }
    if (this.error) throw this.error as Error
  }

  /** Reads everything and compares. */
  async #repair(): Promise<void> {
    this.#isRepairDue = true
    this.#repairing ??= this.#readAndCompare()
    return this.#repairing
  }

  async #readAndCompare(): Promise<void> {
    this.confirmer.hold(true)
    while (this.#isRepairDue && this.#state !== 'closed') {
      this.#isRepairDue = false
      const { now } = this.confirmer
      try {
        const found = await this.readAll()
        for (const id of new Set([...this.rows.keys(), ...found.keys()])) {
          if (this.confirmer.isUntouched(id, now)) this.store(id, found.get(id))
        }
        if (!this.#isRepairDue) this.#change('live')
      } catch (error) {
        // While the server is away again, the next connection begins anew.
        const canWait = this.#state === 'stale' && !this.#realtime.isConnected
        if (!canWait && !this.#isRepairDue) this.#fail(error)
      }
    }
    this.#repairing = undefined
    this.confirmer.hold(false)
    this.#publish()
  }

  #change(state: LiveState): void {
    if (this.#state === state || this.#state === 'closed') return
    this.#state = state
    this.#publish(true)
  }

  #publish(isNews = false): void {
    if (this.#state === 'closed' || this.#state === 'loading') return
    const before = this.#snapshot
    try {
      this.#snapshot = this.take(before)
    } catch (error) {
      this.#fail(error)
      return
    }
    if (isNews || this.#snapshot !== before) this.#tell()
  }

  #tell(): void {
    for (const listener of Array.from(this.#listeners)) listener()
  }

  #fail(error: unknown): void {
    if (this.#state === 'closed') return
    this.error = error
    this.close()
  }
}

function isEqual(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}
