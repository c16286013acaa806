import { fork } from 'node:child_process'
import { once } from 'node:events'

import { startPocketBase } from '../src/testing/index.ts'
import type { PocketBaseServer, StartOptions } from '../src/testing/index.ts'
import type { Setup } from './client-process.ts'

/** A server with small records. */
export interface BenchServer extends AsyncDisposable {
  readonly name: string
  /** What a client process has to know of it. */
  readonly setup: Omit<Setup, 'contestant'>
}

/**
 * Starts a real PocketBase and fills it.
 *
 * @param records - the default is more than a client process asks for, so that it asks for each once.
 */
export async function startRealServer(
  records = 100_000,
  options: StartOptions = {},
): Promise<BenchServer> {
  const server = await startPocketBase(options)
  try {
    return {
      name: `PocketBase ${server.version}`,
      setup: await fill(server, records),
      [Symbol.asyncDispose]: () => server.stop(),
    }
  } catch (error) {
    await server.stop()
    throw error
  }
}

/** Starts the server of `plain-server.ts`, which has every record. */
export async function startPlainServer(): Promise<BenchServer> {
  const child = fork(new URL(import.meta.resolve('./plain-server.ts')))
  const [port] = await once(child, 'message')
  const setup = {
    url: `http://127.0.0.1:${port}`,
    token: 'header.e30.signature',
    user: { id: 'reader' },
  }
  return {
    name: 'a plain server',
    setup: { ...setup, collection: 'posts' },
    [Symbol.asyncDispose]: async () => child.disconnect(),
  }
}

async function fill(server: PocketBaseServer, records: number): Promise<BenchServer['setup']> {
  const admin = await server.superuserClient()
  // A row for every request would be the server's work alone.
  await admin.settings.update({ logs: { maxDays: 0 } })
  await admin.collections.create({
    name: 'posts',
    type: 'base',
    listRule: '@request.auth.id != ""',
    viewRule: '@request.auth.id != ""',
    fields: [
      { name: 'title', type: 'text' },
      { name: 'views', type: 'number' },
      { name: 'public', type: 'bool' },
    ],
  })
  const query = `
    INSERT INTO posts (id, title, views, public)
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${records})
    SELECT printf('r%014d', n), 'The post number ' || n, n, n % 2 FROM numbers`
  await admin.send('/api/sql', { method: 'POST', body: { query: query.trim() } })

  const signIn = { email: 'reader@example.com', password: 'correct horse' }
  const { email, password } = signIn
  await admin.collection('users').create({ email, password, passwordConfirm: password })
  const guest = server.client()
  const { token, record } = await guest.collection('users').authWithPassword(email, password)
  return { url: server.url, token, user: record, collection: 'posts' }
}
