import { vi } from 'vitest'

/** Waits until a check passes. How long that takes is no claim of any test: a busy machine is given the time it needs. */
export async function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 20_000, interval: 20 })
}
