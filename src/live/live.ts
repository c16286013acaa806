import type { PocketBase, RecordSubscription, UnsubscribeFunc } from '../index.ts'
import { addListener, callListener } from '../core/listeners.ts'
import { Confirmer, isPassing } from './confirmer.ts'
import type { Row } from './order.ts'
import type { Live, LiveState } from './types.ts'

/** Silence that ends what is being read, where no `livenessMs` says how long a silence may be. */
const readTimeoutMs = 10_000

const firstPauseMs = 200
const maxPauseMs = 5_000

/** What ends a subscription, and what it tells when it has ended. */
export interface Opening {
  signal: AbortSignal
  onEnd: (error?: unknown) => void
}

/** Options of what is read. */
export interface Reading {
  signal: AbortSignal
  timeout: number
  requestKey: null
}

/** What lists and single records have in common. */
export abstract class LiveStore<Snapshot> implements Live<Snapshot> {
  readonly ready: Promise<void>
  error: unknown

  protected readonly rows = new Map<string, any>()
  protected readonly confirmer: Confirmer
  #state: LiveState = 'loading'
  #snapshot: Snapshot
  #isPublishing = false
  #repairing: Promise<void> | undefined
  #isRepairDue = false
  readonly #listeners = new Set<() => void>()
  readonly #client: PocketBase<any>
  readonly #end = new AbortController()
  /** Ends what is being read, when that is not worth waiting for any more. */
  #reading = new AbortController()
  #stop: (() => void) | undefined

  constructor(client: PocketBase<any>, atOnce: number, nothing: Snapshot) {
    this.#client = client
    this.#snapshot = nothing
    const confirm = async (ids: string[], now: number): Promise<void> => {
      const rows = await this.readSome(ids, this.#readOptions())
      const found = new Map(rows.map((row) => [row['id'] as string, row]))
      for (const id of ids) if (this.confirmer.isUntouched(id, now)) this.store(id, found.get(id))
      this.#publish()
    }
    this.confirmer = new Confirmer(atOnce, confirm, (error) => this.#fail(error))
    this.ready = this.#start()
    // Who does not wait for it finds the reason in `error`.
    this.ready.catch(() => {})
  }

  get state(): LiveState {
    return this.#state
  }

  getSnapshot = (): Snapshot => this.#snapshot

  subscribe = (listener: () => void): (() => void) => {
    return addListener(this.#listeners, listener)
  }

  close(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#stop?.()
    this.confirmer.close()
    const reason = new Error('It has been closed.')
    this.#end.abort(reason)
    this.#reading.abort(reason)
    this.#tell()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** Opens the subscriptions, with these options. */
  protected abstract listen(opening: Opening): Promise<UnsubscribeFunc>[]
  /** Reads everything. */
  protected abstract readAll(options: Reading): Promise<Map<string, Row>>
  /** Reads some rows; those that are missing have gone. */
  protected abstract readSome(ids: string[], options: Reading): Promise<Row[]>
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

  #readOptions(): Reading {
    const { livenessMs = readTimeoutMs } = this.#client.options.realtime ?? {}
    return { signal: this.#reading.signal, timeout: livenessMs, requestKey: null }
  }

  async #start(): Promise<void> {
    // After this constructor and those of its subclasses.
    await Promise.resolve()
    this.#stop = this.#client.realtime.onStateChange(({ state, gap }) => {
      if (gap) void this.#repair()
      else if (state === 'connecting' && this.#state === 'live') this.#change('stale')
    })
    try {
      const { signal } = this.#end
      const onEnd = (error: unknown): void => (error ? this.#fail(error) : this.close())
      await Promise.all(this.listen({ signal, onEnd }))
      await this.#repair()
    } catch (error) {
      this.#fail(error)
    }
    if (this.error) throw this.error as Error
  }

  /** Reads everything and compares. */
  async #repair(): Promise<void> {
    this.#isRepairDue = true
    // What is being read may wait for an answer on a connection that is as dead as the stream was.
    this.#reading.abort()
    this.#reading = new AbortController()
    if (this.#state === 'closed') return
    this.#repairing ??= this.#readAndCompare()
    return this.#repairing
  }

  async #readAndCompare(): Promise<void> {
    this.confirmer.hold(true)
    for (let failures = 0; this.#isRepairDue && this.#state !== 'closed';) {
      this.#isRepairDue = false
      const { now } = this.confirmer
      try {
        const found = await this.readAll(this.#readOptions())
        for (const id of new Set([...this.rows.keys(), ...found.keys()])) {
          if (this.confirmer.isUntouched(id, now)) this.store(id, found.get(id))
        }
        if (!this.#isRepairDue) this.#change('live')
      } catch (error) {
        if (this.#isRepairDue) continue
        if (this.#state === 'loading' || !isPassing(error)) this.#fail(error)
        this.#isRepairDue = true
        await pause(failures++, this.#reading.signal)
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
    for (const listener of Array.from(this.#listeners)) callListener(listener)
  }

  #fail(error: unknown): void {
    if (this.#state === 'closed') return
    this.error = error
    this.close()
  }
}

/** Waits, longer each time, unless something happens. */
async function pause(failures: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, Math.min(maxPauseMs, firstPauseMs * 2 ** failures))
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

function isEqual(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}
