import { startPocketBase } from '../src/testing/index.ts'
import type { PocketBaseServer } from '../src/testing/index.ts'
import type { Setup } from './client-process.ts'

/** A real PocketBase with more small records than any process asks for, each of which it asks for once. */
export interface BenchServer extends AsyncDisposable {
  readonly version: string
  /** What a client process has to know of it. */
  readonly setup: Omit<Setup, 'contestant'>
}

const records = 150_000

export async function startBenchServer(): Promise<BenchServer> {
  const server = await startPocketBase()
  try {
    return { ...(await prepare(server)), [Symbol.asyncDispose]: () => server.stop() }
  } catch (error) {
    await server.stop()
    throw error
  }
}

async function prepare(server: PocketBaseServer): Promise<Pick<BenchServer, 'version' | 'setup'>> {
  const admin = await server.superuserClient()
  // A row for every request would be the server's work alone.
  await admin.settings.update({ logs: { maxDays: 0 } })
  await admin.collections.create({
    name: 'posts',
    type: 'base',
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
  return {
    version: server.version,
    setup: { url: server.url, token, user: record, collection: 'posts' },
  }
}
