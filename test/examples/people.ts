import type { RecordModel } from '../../src/index.ts'
import { MemoryAuthStore, PocketBase } from '../../src/index.ts'
import { CookieAuthStore } from '../../src/ssr/index.ts'
import { startPocketBase } from '../../src/testing/index.ts'

/** Somebody who can sign in. */
export interface Person {
  readonly email: string
  readonly password: string
  readonly record: RecordModel
  /** The text of the only note that this person may see. */
  readonly note: string
}

/** The PocketBase server that the examples are for: see `examples/README.md`. */
export interface World extends AsyncDisposable {
  readonly url: string
  /** Creates somebody with a note. */
  person(values?: object): Promise<Person>
  /** A token of somebody that lasts so many seconds, from the server. */
  token(person: Person, seconds: number): Promise<string>
  /** Ends all tokens of somebody. */
  revoke(person: Person): Promise<void>
}

/** Starts the server and creates the collections. */
export async function startWorld(): Promise<World> {
  const server = await startPocketBase()
  const admin = await server.superuserClient()
  const users = await admin.collections.getOne('users')
  const lifetime = users['authToken'].duration as number
  const bio = { name: 'bio', type: 'text', max: 20_000 }
  await admin.collections.update('users', { fields: [...users.fields, bio] })
  await admin.collections.create({
    name: 'notes',
    type: 'base',
    listRule: 'owner = @request.auth.id',
    fields: [
      { name: 'text', type: 'text' },
      { name: 'owner', type: 'relation', collectionId: users.id, maxSelect: 1 },
    ],
  })
  const setLifetime = async (duration: number): Promise<void> => {
    await admin.collections.update('users', { authToken: { duration } })
  }
  let count = 0
  return {
    url: server.url,
    async person(values) {
      const email = `person${++count}@example.com`
      const password = 'correct horse'
      const body = { email, password, passwordConfirm: password, ...values }
      const record = await admin.collection('users').create(body)
      const note = `The note <b>of</b> ${email}`
      await admin.collection('notes').create({ text: note, owner: record.id })
      return { email, password, record, note }
    },
    async token({ email, password }, seconds) {
      await setLifetime(seconds)
      const client = new PocketBase(server.url, new MemoryAuthStore())
      const { token } = await client.collection('users').authWithPassword(email, password)
      await setLifetime(lifetime)
      return token
    },
    async revoke({ record }) {
      const password = 'battery staple'
      await admin.collection('users').update(record.id, { password, passwordConfirm: password })
    },
    [Symbol.asyncDispose]: async () => server.stop(),
  }
}

/** The cookies of a browser that somebody has signed in with. */
export function cookiesOf(token: string, record: RecordModel | null): Map<string, string> {
  const store = new CookieAuthStore('')
  store.save(token, record)
  return new Map(
    store.setCookieHeaders().map((header) => {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(header)!
      return [name!, value!]
    }),
  )
}
