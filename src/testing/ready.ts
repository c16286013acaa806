import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

import { PocketBaseServerError } from './errors.ts'
import type { ServerProcess } from './process.ts'

/** Settings of {@link untilReady}. */
export interface ReadyOptions {
  url: string
  /** How long the server may take. */
  timeoutMs: number
  signal?: AbortSignal | undefined
}

const pollMs = 10
const silentServerMs = 2000

/**
 * Waits until the server answers.
 *
 * @throws {@link PocketBaseServerError} `start-failed` or `port-taken` as soon as the process is gone,
 * `start-timeout` when it does not answer in time.
 */
export async function untilReady(server: ServerProcess, options: ReadyOptions): Promise<void> {
  const { url, timeoutMs, signal } = options
  const startedAt = performance.now()
  let answeredAt = Infinity
  for (;;) {
    signal?.throwIfAborted()
    if (!server.isRunning) throw startFailure(server, url)
    const now = performance.now()
    if (await Promise.race([isHealthy(url), server.exited.then(() => false)])) {
      answeredAt = Math.min(answeredAt, now)
      // On a taken port the answer may come from another PocketBase. This one prints where it listens,
      // once it does; a build that prints nothing is believed when it is still there after a while.
      if (server.output().includes('Server started at') || now - answeredAt > silentServerMs) return
    }
    if (now - startedAt > timeoutMs) throw timeoutFailure(server, options)
    await Promise.race([sleep(pollMs), server.exited])
  }
}

/** The error for a process that ended instead of serving. */
function startFailure(server: ServerProcess, url: string): PocketBaseServerError {
  if (/address already in use|Only one usage of each socket address/i.test(server.output())) {
    return new PocketBaseServerError(
      'port-taken',
      `Something else listens on ${url}. Leave out \`port\` to have a free one chosen.`,
    )
  }
  return new PocketBaseServerError(
    'start-failed',
    `PocketBase ended while starting (${server.exitStatus}). It printed:\n${server.lastLines()}`,
  )
}

function timeoutFailure(server: ServerProcess, options: ReadyOptions): PocketBaseServerError {
  const { url, timeoutMs } = options
  return new PocketBaseServerError(
    'start-timeout',
    `PocketBase did not answer at ${url}/api/health within ${timeoutMs / 1000} seconds ` +
      `(startTimeoutMs). It printed:\n${server.lastLines()}`,
  )
}

/** Uses no `fetch`, which tests replace, and keeps no connection open. */
async function isHealthy(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(`${url}/api/health`, { agent: false, timeout: 2000 }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve(false))
  })
}
