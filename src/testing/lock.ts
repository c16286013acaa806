import { randomUUID } from 'node:crypto'
import { readFile, stat, unlink, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

/** Settings of {@link takeLock}. */
export interface LockOptions {
  /** Called for each look at a lock that somebody else holds. */
  onWait?: ((holder: LockHolder) => void) | undefined
  /** Gives up waiting. */
  signal?: AbortSignal | undefined
  /** Age at which a lock without a heartbeat counts as left behind. Default 15 seconds. */
  staleAfterMs?: number | undefined
}

/** Who wrote a lock file. */
export interface LockHolder {
  pid: number
  host: string
  /** Tells one taking of the lock from another by the same process. */
  id: string
}

const heartbeatMs = 1000
const pollMs = 100

/**
 * Waits for the lock `file`, which one caller over all processes can hold, and returns what releases it.
 *
 * A lock whose process is gone, or whose heartbeat stopped, is taken over. Two waiters may take over
 * the same one at the same moment and then work side by side, so the work has to publish its result
 * atomically: the lock saves double work, it does not protect the result.
 */
export async function takeLock(
  file: string,
  options: LockOptions = {},
): Promise<() => Promise<void>> {
  const me: LockHolder = { pid: process.pid, host: hostname(), id: randomUUID() }
  await acquire(file, me, options)
  const heartbeat = setInterval(() => {
    const now = new Date()
    utimes(file, now, now).catch(() => {})
  }, heartbeatMs)
  return async () => {
    clearInterval(heartbeat)
    if ((await readHolder(file))?.id === me.id) await unlink(file).catch(() => {})
  }
}

async function acquire(file: string, me: LockHolder, options: LockOptions): Promise<void> {
  const { onWait, signal, staleAfterMs = 15_000 } = options
  for (;;) {
    signal?.throwIfAborted()
    try {
      await writeFile(file, JSON.stringify(me), { flag: 'wx' })
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const holder = await readHolder(file)
    if (await isLeftBehind(file, holder, staleAfterMs)) {
      await unlink(file).catch(() => {})
    } else {
      if (holder) onWait?.(holder)
      await sleep(pollMs, undefined, { signal })
    }
  }
}

/** Who holds the lock; undefined when nobody does, or when the holder is just writing its name. */
async function readHolder(file: string): Promise<LockHolder | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as LockHolder
  } catch {
    return undefined
  }
}

async function isLeftBehind(
  file: string,
  holder: LockHolder | undefined,
  staleAfterMs: number,
): Promise<boolean> {
  if (holder && holder.host === hostname() && !isRunning(holder.pid)) return true
  // Process numbers are reused, and mean nothing on another host or in another container.
  const changed = await stat(file).catch(() => undefined)
  return changed !== undefined && Date.now() - changed.mtimeMs > staleAfterMs
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it runs, as another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
