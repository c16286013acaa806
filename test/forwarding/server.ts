import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { PocketBase } from '../../src/index.ts'
import { startPocketBase } from '../../src/testing/index.ts'
import type { PocketBaseServer } from '../../src/testing/index.ts'

export type FeedName = 'events' | 'spans'

/** A route that fails, and jobs for servers of before 0.24, which have no route for them. */
const hooks = `
routerAdd('GET', '/fails/{id}', () => {
  throw new InternalServerError('It always does.')
})
routerAdd('POST', '/jobs/{name}', (e) => {
  require(__hooks + '/pbts/index.js')[e.request.pathValue('name')]()
  return e.noContent(204)
})
`

const jobs = {
  events: { cron: 'pbtsForwardEvents', functionName: 'forwardEvents' },
  spans: { cron: 'pbtsForwardSpans', functionName: 'forwardSpans' },
  retention: { cron: 'pbtsRetention', functionName: 'removeOld' },
}
type Job = keyof typeof jobs

/** What `config` says of a feed. */
interface FeedStatus {
  readonly rows: number
  readonly seconds: number | null
  readonly failures: number
  readonly error: string
  readonly errorAt: string | null
  readonly retryAt: string | null
  readonly refused: number
  readonly lost: number
}

export interface ForwardingServer extends AsyncDisposable {
  readonly server: PocketBaseServer
  /** The superuser's. */
  readonly admin: PocketBase
  readonly status: (feed: FeedName) => Promise<FeedStatus>
  /** Starts a job, and does not wait for its end. */
  readonly run: (job: Job) => Promise<void>
}

/** Starts a server with the pack, with more than the pack's limits on what may be sent. */
export async function startForwarding(
  version: string,
  env: Record<string, string>,
): Promise<ForwardingServer> {
  const hooksDir = await mkdtemp(join(tmpdir(), 'hooks-'))
  await writeFile(join(hooksDir, 'test.pb.js'), hooks)
  const server = await startPocketBase({
    version,
    pack: true,
    hooksDir,
    env: {
      PB_ANALYTICS_RATE_LIMIT: '0',
      PB_ANALYTICS_MAX_EVENT_AGE: String(40 * 86_400),
      PB_TRACE_MODE: 'full',
      ...env,
    },
  })
  // The server has a copy.
  await rm(hooksDir, { recursive: true })
  const admin = await server.superuserClient()
  return {
    server,
    admin,
    status: async (feed) => {
      const { forwarding } = await admin.send<{ forwarding: Record<FeedName, FeedStatus> }>(
        '/api/analytics/config',
        {},
      )
      return forwarding[feed]
    },
    run: async (job) => {
      const { functionName, cron } = jobs[job]
      if (!version.startsWith('0.23.')) await admin.crons.run(cron)
      // It answers when the job is over. The server may be killed before.
      else void fetch(`${server.url}/jobs/${functionName}`, { method: 'POST' }).catch(() => {})
    },
    [Symbol.asyncDispose]: async () => server.stop(),
  }
}
