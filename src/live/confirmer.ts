import type { ClientResponseError } from '../index.ts'

/** Quiet time before rows that have changed are read again. */
const quietMs = 150

/** Longest time that rows wait while others keep changing. */
const maxWaitMs = 1_000

const firstRetryMs = 500
const maxRetryMs = 5_000

/**
 * Reads rows again that an event has named: events come in any order, so what they carry need not be what is stored.
 *
 * One request at a time. A row that is named again while it is being read is read once more.
 */
export class Confirmer {
  #atOnce: number
  readonly #read: (ids: string[], now: number) => Promise<void>
  readonly #onFailure: (error: unknown) => void
  /** Ids to be read, each with the number of its last event. */
  readonly #dirty = new Map<string, number>()
  #timer: ReturnType<typeof setTimeout> | undefined
  #waitingSince = 0
  #failures = 0
  #retryAt = 0
  #isHeld = false
  #isReading = false
  /** How many events there have been. */
  now = 0

  /**
   * @param read - reads up to `atOnce` rows, and stores those that {@link isUntouched} since `now`.
   * @param onFailure - called when a row cannot be read, and never will be.
   */
  constructor(
    atOnce: number,
    read: (ids: string[], now: number) => Promise<void>,
    onFailure: (error: unknown) => void,
  ) {
    this.#atOnce = atOnce
    this.#read = read
    this.#onFailure = onFailure
  }

  /** Whether a row waits to be read. */
  has(id: string): boolean {
    return this.#dirty.has(id)
  }

  /** Whether nothing has happened to a row since then. */
  isUntouched(id: string, since: number): boolean {
    return (this.#dirty.get(id) ?? 0) <= since
  }

  /** A row has changed. */
  mark(id: string): void {
    if (this.#dirty.size === 0) this.#waitingSince = Date.now()
    this.#dirty.set(id, ++this.now)
    this.#schedule()
  }

  /** Reads nothing while it is held: everything is being read. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld
    this.#schedule()
  }

  close(): void {
    this.#dirty.clear()
    clearTimeout(this.#timer)
  }

  #schedule(): void {
    clearTimeout(this.#timer)
    if (this.#isHeld || this.#isReading || this.#dirty.size === 0) return
    const isFull = this.#dirty.size >= this.#atOnce
    const leftMs = isFull ? 0 : this.#waitingSince + maxWaitMs - Date.now()
    const delayMs = Math.max(Math.min(quietMs, leftMs), this.#retryAt - Date.now(), 0)
    this.#timer = setTimeout(() => void this.#next(), delayMs)
  }

  async #next(): Promise<void> {
    this.#isReading = true
    const { now } = this
    const ids = [...this.#dirty.keys()].slice(0, this.#atOnce)
    try {
      await this.#read(ids, now)
      this.#failures = 0
      for (const id of ids) if (this.isUntouched(id, now)) this.#dirty.delete(id)
    } catch (error) {
      // So many ids may be too much for the filter beside the list's own: 3,500 bytes, 200 comparisons.
      if (!isPassing(error) && ids.length > 1) this.#atOnce = Math.ceil(ids.length / 2)
      else if (!isPassing(error)) this.#onFailure(error)
      // Else the server is away, as a rule: when the connection is back, everything is read.
      else this.#retryAt = Date.now() + Math.min(maxRetryMs, firstRetryMs * 2 ** this.#failures++)
    }
    this.#waitingSince = Date.now()
    this.#isReading = false
    this.#schedule()
  }
}

/** Whether the same may work a moment later. */
export function isPassing(error: unknown): boolean {
  const { kind = '', status = 0 } = error as Partial<ClientResponseError>
  return /network|timeout|abort/.test(kind) || status === 429 || status >= 500
}
