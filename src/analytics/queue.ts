import type { AnalyticsEvent } from '../index.ts'
import { pageStorage } from './storage.ts'
import type { Texts } from './storage.ts'

/** How much waits at most; what is older goes first. */
export interface QueueLimits {
  count: number
  /** Two for each character. */
  bytes: number
}

/** An event that waits. */
export interface Waiting {
  readonly key: string
  /** Its JSON. */
  readonly text: string
  /** When it came, in milliseconds since 1970. */
  readonly at: number
}

/**
 * Events that wait until the server has them, in `localStorage` so that the next page can send them. Each has an entry of its own, which is
 * written once and never changed: so tabs cannot write over what another one has added.
 */
export class Queue {
  readonly #stored = pageStorage('localStorage')
  /** What storage had no room for. */
  readonly #kept: Texts = {}
  readonly #prefix: string
  readonly #limits: QueueLimits

  constructor(prefix: string, limits: QueueLimits) {
    this.#prefix = prefix
    this.#limits = limits
  }

  /**
   * @returns its key.
   * @throws TypeError for what is no JSON, and for more than a request may have.
   */
  add(event: AnalyticsEvent): string {
    // The time has eight digits until 2059, so keys sort by it.
    const key = this.#prefix + event.ts!.toString(36) + event.id
    const text = JSON.stringify(event)
    // Three bytes for each character at most.
    if (text.length > 16_000) throw new TypeError(`${event.event} is too large to be sent.`)
    try {
      this.#stored[key] = text
    } catch {
      this.#kept[key] = text
    }
    const all = this.list()
    let { length: count } = all
    let bytes = all.reduce((sum, waiting) => sum + waiting.text.length * 2, 0)
    for (const waiting of all) {
      if (count <= this.#limits.count && bytes <= this.#limits.bytes) break
      this.remove([waiting])
      count--
      bytes -= waiting.text.length * 2
    }
    return key
  }

  /** All that wait, the oldest first. */
  list(): Waiting[] {
    return [...Object.keys(this.#kept), ...Object.keys(this.#stored)]
      .filter((key) => key.startsWith(this.#prefix))
      .sort()
      .map((key) => {
        const at = Number.parseInt(key.slice(this.#prefix.length).slice(0, 8), 36)
        return { key, text: this.#kept[key] ?? this.#stored[key]!, at }
      })
  }

  remove(waiting: readonly Waiting[]): void {
    for (const { key } of waiting) {
      delete this.#kept[key]
      delete this.#stored[key]
    }
  }
}
