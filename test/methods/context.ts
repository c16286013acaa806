import { MemoryAuthStore, PocketBase } from '../../src/index.ts'
import type { PocketBaseOptions, RecordModel } from '../../src/index.ts'
import { startPocketBase } from '../../src/testing/index.ts'
import type { PocketBaseServer } from '../../src/testing/index.ts'

/** The password of every user. */
export const password = 'correct horse'

/**
 * A server with two collections: `posts`, which everyone reads and every user writes, with the fields title (required), views, cover
 * (file), secret (protected file) and author (a user); and `journal`, for superusers alone. Cases share it: each makes what it needs.
 */
export interface Context extends AsyncDisposable {
  readonly server: PocketBaseServer
  /** Signed in as superuser. */
  readonly admin: PocketBase
  /** A new client that nobody is signed in with. */
  readonly guest: (options?: PocketBaseOptions) => PocketBase
  /** A new client that a new user is signed in with. */
  readonly user: () => Promise<PocketBase>
  /** A new record of `posts`. */
  readonly post: (values?: { [field: string]: unknown }) => Promise<RecordModel>
  /** A text that no other case has. */
  readonly unique: (prefix: string) => string
}

/** What the server has besides: analytics, and traces of all requests. */
export const serverOptions = {
  pack: true,
  env: { PB_TRACE_MODE: 'full', PB_ANALYTICS_RATE_LIMIT: '0' },
}

export async function createContext(version: string): Promise<Context> {
  const server = await startPocketBase({ version, ...serverOptions })
  try {
    if (server.version !== version) {
      throw new Error(`POCKETBASE_BIN is ${server.version}: unset it to test against ${version}`)
    }
    const { authStore } = await server.superuserClient()
    return await contextOf(
      server,
      new PocketBase(server.url, { authStore, autoCancellation: false }),
    )
  } catch (error) {
    await server.stop()
    throw error
  }
}

/** Also for runtimes that cannot start a server: of `server` they need the address. */
export async function contextOf(server: PocketBaseServer, admin: PocketBase): Promise<Context> {
  await createCollections(admin)
  let count = 0
  const context: Context = {
    server,
    admin,
    guest: (options) =>
      new PocketBase(server.url, { authStore: new MemoryAuthStore(), ...options }),
    user: async () => {
      const email = `${context.unique('user')}@example.com`
      const client = context.guest()
      await client.collection('users').create({ email, password, passwordConfirm: password })
      await client.collection('users').authWithPassword(email, password)
      return client
    },
    post: async (values) => admin.collection('posts').create({ title: 'A post', ...values }),
    unique: (prefix) => `${prefix}${(count += 1)}`,
    [Symbol.asyncDispose]: async () => server.stop(),
  }
  return context
}

async function createCollections(admin: PocketBase): Promise<void> {
  // Many users sign up and in: hashing their passwords would take most of the time.
  const { fields } = await admin.collections.getOne('users')
  for (const field of fields) if (field.name === 'password') field['cost'] = 4
  await admin.collections.update('users', { fields })
  const isSignedIn = '@request.auth.id != ""'
  await admin.collections.create({
    name: 'posts',
    type: 'base',
    fields: [
      { name: 'title', type: 'text', required: true },
      { name: 'views', type: 'number' },
      { name: 'cover', type: 'file' },
      { name: 'secret', type: 'file', protected: true },
      { name: 'author', type: 'relation', collectionId: '_pb_users_auth_' },
    ],
    listRule: '',
    viewRule: isSignedIn,
    createRule: isSignedIn,
    updateRule: isSignedIn,
    deleteRule: isSignedIn,
  })
  await admin.collections.create({
    name: 'journal',
    type: 'base',
    fields: [{ name: 'title', type: 'text' }],
  })
}
