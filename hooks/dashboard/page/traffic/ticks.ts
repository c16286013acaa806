/** Round numbers from 0 to the first that is not below `max`, about four of them. */
export function ticksTo(max: number): number[] {
  const raw = Math.max(max, 1) / 4
  const power = 10 ** Math.floor(Math.log10(raw))
  const factor = [1, 2, 5, 10].find((round) => round * power >= raw) ?? 10
  const step = Math.max(1, factor * power)
  const count = Math.max(1, Math.ceil(max / step))
  return Array.from({ length: count + 1 }, (_, index) => index * step)
}
