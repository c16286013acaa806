/**
 * The seed of the random tests: `FC_SEED`, to repeat a run that failed, else a new one. fast-check prints it with a failure when it
 * is passed on: `fc.assert(property, { seed })`.
 */
export const seed: number = process.env['FC_SEED']
  ? Number(process.env['FC_SEED'])
  : Math.floor(Math.random() * 2 ** 31)

/** Random whole numbers from 0 up to but not including `limit`, the same ones for the same seed (mulberry32). */
export function randomNumbers(from: number): (limit: number) => number {
  let state = from
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), state | 1)
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61)
    return Math.floor((((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32) * limit)
  }
}
