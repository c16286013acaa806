import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'

import {
  findPocketBase,
  isPocketBaseServerError,
  PocketBaseServerError,
  printProgress,
  startPocketBase,
} from '../../../src/testing/index.ts'
import type { PocketBaseServer as Server, StartOptions } from '../../../src/testing/index.ts'
import { failure } from '../case.ts'
import type { Cases } from '../case.ts'
import type { Context } from '../context.ts'

/** Another server of the same version, for a moment. */
async function withServer<T>(
  { server: { version } }: Context,
  work: (server: Server) => Promise<T>,
  options: StartOptions = {},
): Promise<T> {
  await using server = await startPocketBase({ version, ...options })
  return await work(server)
}

async function isServing({ url }: Server): Promise<boolean> {
  return fetch(`${url}/api/health`).then(
    ({ ok }) => ok,
    () => false,
  )
}

export const PocketBaseServer: Cases = {
  client: {
    async ok({ server }) {
      const client = server.client()
      assert.equal(client.authStore.token, '')
      assert.equal((await client.health.check()).code, 200)
    },
    fails: 'cannot fail: making a client asks no server',
  },
  superuserClient: {
    async ok({ server }) {
      const client = await server.superuserClient()
      assert.equal((await client.health.check()).data['canBackup'], true)
    },
    fails: async (context) =>
      withServer(
        context,
        async (server) => failure(TypeError, async () => server.superuserClient()),
        {
          superuser: false,
        },
      ),
  },
  stop: {
    ok: async (context) =>
      withServer(context, async (server) => {
        await server.stop()
        assert.equal(await isServing(server), false)
        assert.equal(existsSync(server.dir), false)
        await server.stop()
      }),
    fails: 'cannot fail: a server that has ended is stopped',
  },
  restart: {
    ok: async (context) =>
      withServer(context, async (server) => {
        const { pid, url } = server
        const admin = await server.superuserClient()
        await server.restart()
        assert.notEqual(server.pid, pid)
        assert.equal(server.url, url)
        assert.equal((await admin.health.check()).data['canBackup'], true)
      }),
    fails: async (context) =>
      withServer(context, async (server) => {
        await server.stop()
        const error = await failure(PocketBaseServerError, async () => server.restart())
        assert.equal(error.reason, 'stopped')
        return error
      }),
  },
  kill: {
    ok: async (context) =>
      withServer(context, async (server) => {
        await server.kill()
        assert.equal(await isServing(server), false)
        assert.equal(server.pid, undefined)
        assert.equal(existsSync(server.dir), true)
        await server.restart()
        assert.equal(await isServing(server), true)
      }),
    fails: 'cannot fail: a server that has ended is killed',
  },
  '[Symbol.asyncDispose]': {
    ok: async (context) =>
      withServer(context, async (server) => {
        await server[Symbol.asyncDispose]()
        assert.equal(await isServing(server), false)
        assert.equal(existsSync(server.dir), false)
      }),
    fails: 'cannot fail: a server that has ended is stopped',
  },
}

export const functions: Cases = {
  findPocketBase: {
    async ok({ server: { version } }) {
      const file = await findPocketBase({ version })
      assert(execFileSync(file, ['--version'], { encoding: 'utf8' }).includes(version))
    },
    fails: async () => failure(TypeError, async () => findPocketBase({ version: 'newest' })),
  },
  startPocketBase: {
    ok: async (context) =>
      withServer(context, async (server) => {
        assert.equal(server.version, context.server.version)
        assert.equal(await isServing(server), true)
      }),
    async fails({ server: { version, port } }) {
      const error = await failure(PocketBaseServerError, async () =>
        startPocketBase({ version, port }),
      )
      assert.equal(error.reason, 'port-taken')
      return error
    },
  },
  isPocketBaseServerError: {
    async ok({ server: { version, port } }) {
      const refused = await startPocketBase({ version, port }).catch((error: unknown) => error)
      assert.equal(isPocketBaseServerError(refused), true)
      assert.equal(isPocketBaseServerError(new Error('another')), false)
    },
    fails: 'cannot fail: it takes any value',
  },
  printProgress: {
    ok() {
      let output = ''
      const report = printProgress({ write: (text: string) => (output += text) })
      report({ step: 'download', message: 'Downloading', elapsedMs: 0, done: false })
      report({ step: 'download', message: 'Downloaded', elapsedMs: 9, done: true })
      assert.equal(output, 'Downloading\nDownloaded\n')
    },
    fails: 'cannot fail: it writes to a stream',
  },
}
