import { readJSON, write } from '../database.ts'
import type { Feed } from './feed.ts'

/** How far a feed is. Times are Unix milliseconds, 0 is never. */
export interface State {
  /** Up to this row the receiver has all. */
  readonly after: number
  /** When there was nothing left to send. */
  readonly levelAt: number
  /** In a row, 0 while it works. */
  readonly failures: number
  /** Until then nothing is tried. */
  readonly retryAt: number
  /** The last one, `''` where there was none. */
  readonly error: string
  readonly errorAt: number
  /** Rows that the receiver took and did not want. */
  readonly refused: number
}

const initial: State = {
  after: 0,
  levelAt: 0,
  failures: 0,
  retryAt: 0,
  error: '',
  errorAt: 0,
  refused: 0,
}

export function readState({ name }: Feed): State {
  return { ...initial, ...(JSON.parse(readMeta(`forward:${name}`) ?? '{}') as Partial<State>) }
}

export function saveState({ name }: Feed, state: State): void {
  write('INSERT INTO _pbts_meta VALUES ({:k}, {:v}) ON CONFLICT DO UPDATE SET v = excluded.v', {
    k: `forward:${name}`,
    v: JSON.stringify(state),
  })
}

/** Rows that were removed before the receiver had them. */
export function lostRows({ name }: Feed): number {
  return Number(readMeta(`lost:${name}`) ?? 0)
}

/** Apart from the rest, which a run may be about to write. */
export function addLostRows({ name }: Feed, count: number): void {
  if (count === 0) return
  write(
    `INSERT INTO _pbts_meta VALUES ({:k}, {:count})
     ON CONFLICT DO UPDATE SET v = CAST(v AS INTEGER) + {:count}`,
    { k: `lost:${name}`, count },
  )
}

/** Runs that overlap would send everything twice. Returns what releases it, `undefined` where another run has it. */
export function takeLock({ name }: Feed, leaseMs: number): Lock | undefined {
  const k = `lock:forward:${name}`
  const now = Date.now()
  let until = now + leaseMs
  write("INSERT OR IGNORE INTO _pbts_meta VALUES ({:k}, '0')", { k })
  const isMine =
    write('UPDATE _pbts_meta SET v = {:until} WHERE k = {:k} AND CAST(v AS INTEGER) < {:now}', {
      k,
      until,
      now,
    }) === 1
  if (!isMine) return undefined
  const replace = (by: number): boolean => {
    const isStillMine =
      write('UPDATE _pbts_meta SET v = {:by} WHERE k = {:k} AND CAST(v AS INTEGER) = {:until}', {
        k,
        by,
        until,
      }) === 1
    until = by
    return isStillMine
  }
  return { renew: () => replace(Date.now() + leaseMs), release: () => void replace(0) }
}

export interface Lock {
  /** Whether it is still ours. */
  renew(): boolean
  release(): void
}

function readMeta(k: string): string | undefined {
  const [value] = readJSON<(string | null)[]>(
    'SELECT json_array((SELECT CAST(v AS TEXT) FROM _pbts_meta WHERE k = {:k})) AS json',
    { k },
  )
  return value ?? undefined
}
