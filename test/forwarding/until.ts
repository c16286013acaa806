import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Waits until `look` finds something, and returns it.
 *
 * @throws Error after three minutes, or as long as is said.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T>,
  { patienceMs = 180_000, pauseMs = 100 } = {},
): Promise<NonNullable<T>> {
  const giveUpAt = Date.now() + patienceMs
  for (;;) {
    const found = await look()
    if (found) return found
    if (Date.now() > giveUpAt) throw new Error(`Waited in vain: ${what}`)
    await sleep(pauseMs)
  }
}
