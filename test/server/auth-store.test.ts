import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, utimesSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

import * as official from 'pocketbase'
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'

import PocketBase, {
  AsyncAuthStore,
  BaseAuthStore,
  getTokenPayload,
  LocalAuthStore,
  MemoryAuthStore,
} from '../../src/index.ts'
import type { RecordModel } from '../../src/index.ts'
import { FileAuthStore } from '../../src/node/index.ts'
import { temporaryFolder } from '../support/processes.ts'
import { randomNumbers, seed } from '../support/seed.ts'
import { describeServers } from '../support/server.ts'

const entry = pathToFileURL(resolve(import.meta.dirname, '../../src/node/index.ts')).href
const password = 'correct horse battery'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let items: Map<string, string>

beforeEach(async () => {
  folder = await temporaryFolder()
  items = new Map()
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, text: string) => items.set(key, text),
    removeItem: (key: string) => items.delete(key),
  })
})

afterEach(async () => {
  vi.unstubAllGlobals()
  await folder[Symbol.asyncDispose]()
})

function openAsyncStore(): AsyncAuthStore {
  return new AsyncAuthStore({
    save: async (text) => void items.set('async', text),
    initial: Promise.resolve(items.get('async')),
  })
}

function openFileStore(): FileAuthStore {
  const onWarning = (message: string): never => {
    throw new Error(message)
  }
  return new FileAuthStore(join(folder.path, 'auth.json'), { onWarning })
}

const stores: [name: string, open: () => BaseAuthStore, isKept: boolean][] = [
  ['BaseAuthStore', () => new BaseAuthStore(), false],
  ['MemoryAuthStore', () => new MemoryAuthStore(), false],
  ['LocalAuthStore', () => new LocalAuthStore(), true],
  ['AsyncAuthStore', openAsyncStore, true],
  ['FileAuthStore', openFileStore, true],
]

describeServers('auth stores', (pb) => {
  let users = 0

  beforeAll(async () => {
    const { fields } = await pb.admin.collections.getOne('users')
    // Cheap hashes: these tests sign in often.
    for (const field of fields) if (field.type === 'password') field['cost'] = 4
    const { id: collectionId } = await pb.admin.collections.create({ name: 'teams', type: 'base' })
    await pb.admin.collections.update('users', {
      fields: [...fields, { name: 'team', type: 'relation', collectionId }],
    })
    await pb.admin.collections.update('teams', { viewRule: '' })
  })

  /** A record that can sign in with `password`. */
  async function createUser(name = 'Zoë'): Promise<RecordModel> {
    const email = `user${++users}@pb.test`
    const body = { email, password, passwordConfirm: password, name }
    return pb.admin.collection('users').create(body)
  }

  function clientWith(authStore: BaseAuthStore): PocketBase {
    return new PocketBase(pb.url, { authStore })
  }

  async function signedIn(
    authStore: BaseAuthStore,
  ): Promise<{ client: PocketBase; user: RecordModel }> {
    const { email } = await createUser()
    const client = clientWith(authStore)
    const { record } = await client.collection('users').authWithPassword(email, password)
    return { client, user: record }
  }

  /** The record as the server shows it to whom the store signs in. */
  async function whoAmI(authStore: BaseAuthStore): Promise<string> {
    const { record } = await clientWith(authStore).collection('users').authRefresh()
    return record.id
  }

  describe.each(stores)('%s', (_, open, isKept) => {
    test('holds a sign-in with a password, and the server knows it', async () => {
      const authStore = open()
      const changes: string[] = []
      authStore.onChange((token) => changes.push(token))
      const { client, user } = await signedIn(authStore)
      expect(authStore.record).toEqual(user)
      expect(authStore.record?.['email']).toBe(user['email'])
      expect(authStore.isValid).toBe(true)
      expect(authStore.isSuperuser).toBe(false)
      expect(authStore.isAuthRecord).toBe(true)
      expect(getTokenPayload(authStore.token)).toMatchObject({ id: user.id, type: 'auth' })
      expect(changes).toEqual([authStore.token])
      // A guest does not see it.
      expect((await client.collection('users').getOne(user.id)).id).toBe(user.id)
      await expect(pb.guest().collection('users').getOne(user.id)).rejects.toHaveProperty(
        'status',
        404,
      )
    })

    test('holds nothing of a refused sign-in, and keeps who was there', async () => {
      const authStore = open()
      const { client, user } = await signedIn(authStore)
      const { token } = authStore
      const signIn = client.collection('users').authWithPassword(user['email'], 'wrong')
      await expect(signIn).rejects.toHaveProperty('status', 400)
      expect(authStore.token).toBe(token)
      expect(authStore.record).toEqual(user)
    })

    test('follows a refresh', async () => {
      const authStore = open()
      const { client, user } = await signedIn(authStore)
      await pb.admin.collection('users').update(user.id, { name: 'renamed' })
      expect(authStore.record?.['name']).toBe('Zoë')
      const answer = await client.collection('users').authRefresh()
      expect(authStore.token).toBe(answer.token)
      expect(authStore.record).toEqual(answer.record)
      expect(authStore.record?.['name']).toBe('renamed')
    })

    test('follows the record that updates itself', async () => {
      const authStore = open()
      const { client, user } = await signedIn(authStore)
      const { token } = authStore
      await client.collection('users').update(user.id, { name: 'Max' })
      expect(authStore.token).toBe(token)
      expect(authStore.record).toMatchObject({ ...user, name: 'Max', updated: expect.any(String) })
      const { record } = authStore
      expect(authStore.record).toBe(record)
    })

    test('is left alone by updates of other records', async () => {
      const authStore = open()
      const { user } = await signedIn(authStore)
      const someone = await createUser()
      const before = authStore.token
      const superuser = clientWith(authStore)
      superuser.beforeSend = (url, options) => {
        options.headers = { ...options.headers, Authorization: pb.admin.authStore.token }
        return { url, options }
      }
      await superuser.collection('users').update(someone.id, { name: 'renamed' })
      await superuser.collection('users').delete(someone.id)
      expect(authStore.token).toBe(before)
      expect(authStore.record).toEqual(user)
    })

    test('signs out the record that deletes itself', async () => {
      const authStore = open()
      const { client, user } = await signedIn(authStore)
      const changes: string[] = []
      authStore.onChange((token) => changes.push(token))
      await client.collection('users').delete(user.id)
      expect(authStore.token).toBe('')
      expect(authStore.record).toBeNull()
      expect(changes).toEqual([''])
      if (authStore instanceof AsyncAuthStore) await authStore.flush()
      expect(open().token).toBe('')
      expect(readdirSync(folder.path)).toEqual([])
    })

    test(`${isKept ? 'is' : 'is not'} signed in when the program starts again`, async () => {
      const first = open()
      const { client, user } = await signedIn(first)
      await client.collection('users').update(user.id, { name: 'Max' })
      if (first instanceof AsyncAuthStore) await first.flush()

      const second = open()
      if (!isKept) {
        expect(second.token).toBe('')
        return
      }
      // Requests wait for stores that are still reading.
      expect(await whoAmI(second)).toBe(user.id)
      expect(second.record?.['name']).toBe('Max')
      second.clear()
      if (second instanceof AsyncAuthStore) await second.flush()
      const third = open()
      await expect(whoAmI(third)).rejects.toHaveProperty('status', 401)
      expect(third.token).toBe('')
    })

    test('goes through a cookie into another store', async () => {
      const { client, user } = await signedIn(open())
      const cookie = client.authStore.exportToCookie()
      const lifetime = getTokenPayload(client.authStore.token)['exp'] as number
      expect(cookie).toMatch(`Expires=${new Date(lifetime * 1000).toUTCString()}`)

      const next = new MemoryAuthStore()
      next.loadFromCookie(`theme=dark; ${cookie.split(';')[0]}; lang=de`)
      expect(next.token).toBe(client.authStore.token)
      expect(next.record).toEqual(user)
      expect(next.isValid).toBe(true)
      expect(await whoAmI(next)).toBe(user.id)
    })

    test('knows superusers', async () => {
      const authStore = open()
      const client = clientWith(authStore)
      const { email, password: secret } = pb.server.superuser!
      await client.collection('_superusers').authWithPassword(email, secret)
      expect(authStore.isSuperuser).toBe(true)
      expect(authStore.isAuthRecord).toBe(false)
      expect((await client.collections.getList(1, 1)).items).toHaveLength(1)
    })
  })

  test('an update of the own record keeps what was expanded in it', async () => {
    const { id: team } = await pb.admin.collection('teams').create({})
    const { id, email } = await createUser()
    await pb.admin.collection('users').update(id, { team })
    const client = clientWith(new MemoryAuthStore())
    await client.collection('users').authWithPassword(email, password, { expand: 'team' })
    await client.collection('users').update(id, { name: 'Max' })
    expect(client.authStore.record?.['name']).toBe('Max')
    expect(client.authStore.record?.expand?.['team']).toHaveProperty('id', team)
  })

  test('a cookie that claims to be somebody is a guest to the server', async () => {
    const { user } = await signedIn(new MemoryAuthStore())
    const store = new MemoryAuthStore()
    const forged = { token: `${pb.admin.authStore.token.slice(0, -3)}AAA`, record: user }
    store.loadFromCookie(`pb_auth=${encodeURIComponent(JSON.stringify(forged))}`)
    // It is what the store says until the server has been asked.
    expect(store.isSuperuser || store.isAuthRecord).toBe(true)
    await expect(whoAmI(store)).rejects.toHaveProperty('status', 401)
  })

  test('the official client and this one read each other through cookies and localStorage', async () => {
    const { email, id } = await createUser()
    const theirs = new official.default(pb.url, new official.BaseAuthStore())
    await theirs.collection('users').authWithPassword(email, password)
    const ours = new MemoryAuthStore()
    ours.loadFromCookie(theirs.authStore.exportToCookie())
    expect(ours.exportToCookie()).toBe(theirs.authStore.exportToCookie())
    expect(await whoAmI(ours)).toBe(id)

    theirs.authStore.clear()
    theirs.authStore.loadFromCookie(ours.exportToCookie())
    expect((await theirs.collection('users').authRefresh()).record.id).toBe(id)

    vi.stubGlobal('window', { localStorage, addEventListener: () => {} })
    const stored = new official.default(pb.url, new official.LocalAuthStore())
    await stored.collection('users').authWithPassword(email, password)
    expect(await whoAmI(new LocalAuthStore())).toBe(id)
    await stored.collection('users').authRefresh()
    new LocalAuthStore().clear()
    expect(stored.authStore.token).toBe('')
  })

  test('a file store that cannot be written rejects the sign-in, and the session works', async () => {
    const { email, id } = await createUser()
    const store = new FileAuthStore(join(folder.path, 'auth.json/not-a-folder.json'))
    // What the path needs for a folder is a file.
    openFileStore().save('')
    const client = clientWith(store)
    const signIn = client.collection('users').authWithPassword(email, password)
    await expect(signIn).rejects.toThrow(`${store.path} could not be written`)
    expect(store.record?.id).toBe(id)
    await expect(client.collection('users').getOne(id)).resolves.toHaveProperty('id', id)
  })

  test('a file store holds the token that the server gave, and nothing secret beside it', async () => {
    const { client, user } = await signedIn(openFileStore())
    const text = readFileSync(join(folder.path, 'auth.json'), 'utf8')
    expect(JSON.parse(text)).toEqual({ token: client.authStore.token, record: user })
    expect(text).not.toMatch(password)
  })
})

describe('several processes and one file', () => {
  interface Saver {
    readonly child: ChildProcess
    /** Numbers of the states that have been saved so far. */
    readonly saved: () => string[]
    /** Its exit code or signal. */
    readonly ended: Promise<unknown>
  }

  /** A process with a store, in which `work` runs. It fails on any warning. */
  function start(path: string, work: string): Saver {
    const module = `
      import { writeSync } from 'node:fs'
      import { FileAuthStore } from '${entry}'
      const onWarning = (message) => { throw new Error(message) }
      const store = new FileAuthStore(${JSON.stringify(path)}, { onWarning })
      ${fillerLength.toString()}
      ${work}`
    const child = spawn(process.execPath, ['--input-type=module', '--eval', module], {
      env: { ...process.env, NODE_NO_WARNINGS: '1' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString()
    })
    const saved = (): string[] => output.split('\n').slice(0, -1)
    const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as unknown)
    return { child, saved, ended }
  }

  /** Saves states that tell whether they are whole, the first one after that of the file, and prints the number of each afterwards. */
  function startSaver(path: string, saves: number): Saver {
    return start(
      path,
      `const first = Number(store.token) + 1
       for (let n = first; n < first + ${saves}; n++) {
         store.save(String(n), { id: String(n), filler: 'x'.repeat(fillerLength(n)) })
         writeSync(1, n + '\\n')
       }`,
    )
  }

  /** Up to 50,000, and every fifth time ten times that: a write that lasts. */
  function fillerLength(n: number): number {
    return ((n * 7919) % 50_000) * (n % 5 === 0 ? 10 : 1)
  }

  /** The number of the state in the file. */
  function expectWhole(path: string, message: string): number {
    const warnings: string[] = []
    const store = new FileAuthStore(path, { onWarning: (warning) => warnings.push(warning) })
    const n = Number(store.token)
    expect(warnings, message).toEqual([])
    expect(store.record?.id, message).toBe(store.token)
    expect(store.record?.['filler'], message).toHaveLength(fillerLength(n))
    return n
  }

  test(
    'kill -9 during 1,000 saves leaves a whole state, and the last one that was saved',
    { timeout: 120_000 },
    async () => {
      console.log(`kill -9: FC_SEED=${seed}`)
      const random = randomNumbers(seed)
      const path = join(folder.path, 'auth.json')
      let last = 0
      let kills = 0
      // Where this process is slow each round has more saves than it asks for.
      while (last < 1000 || kills < 8) {
        const saves = 20 + random(80)
        const { child, saved, ended } = startSaver(path, Infinity)
        const enough = new Promise<void>((isEnough) => {
          child.stdout!.on('data', () => {
            if (saved().length >= saves) isEnough()
          })
        })
        await Promise.race([enough, ended])
        // Somewhere in a save, or between two.
        for (let left = random(30_000); left > 0; left--) JSON.stringify(left)
        child.kill('SIGKILL')
        kills++
        const message = `FC_SEED=${seed}, kill ${kills}`
        expect(await ended, message).toBe('SIGKILL')
        const acknowledged = Number(saved().at(-1))
        expect(acknowledged, message).toBeGreaterThanOrEqual(last + saves)
        last = expectWhole(path, message)
        // Between a save and its line there is room for a kill.
        expect(last - acknowledged, message).toBeGreaterThanOrEqual(0)
        expect(last - acknowledged, message).toBeLessThanOrEqual(1)
      }
      expect(kills).toBeGreaterThan(7)

      // What the killed ones left goes with time.
      const left = readdirSync(folder.path).filter((name) => name !== 'auth.json')
      console.log(`kill -9: ${last} saves, ${kills} kills, ${left.length} of them within a write`)
      for (const name of left) utimesSync(join(folder.path, name), 0, 0)
      new FileAuthStore(path).save('t1')
      expect(readdirSync(folder.path)).toEqual(['auth.json'])
    },
  )

  test(
    'the file is whole at every moment while two processes save',
    { timeout: 60_000 },
    async () => {
      const path = join(folder.path, 'auth.json')
      new FileAuthStore(path).save('0', {
        collectionId: 'c1',
        collectionName: 'users',
        id: '0',
        filler: '',
      })
      const savers = [startSaver(path, 300), startSaver(path, 300)]
      const ended = Promise.all(savers.map((each) => each.ended))
      const isRunning = (): boolean => savers.some(({ child }) => child.exitCode === null)
      let reads = 0
      while (isRunning()) {
        expectWhole(path, `read ${reads}`)
        reads++
        await new Promise(setImmediate)
      }
      expect(await ended).toEqual([0, 0])
      expect(reads).toBeGreaterThan(10)
      expect(expectWhole(path, 'at the end')).toBeGreaterThanOrEqual(300)
      expect(readdirSync(folder.path)).toEqual(['auth.json'])
    },
  )

  test(
    'a store that starts while another process signs in and out warns of nothing',
    { timeout: 60_000 },
    async () => {
      const path = join(folder.path, 'auth.json')
      const { child, ended } = start(
        path,
        'for (let n = 0; n < 1500; n++) { store.save("1", { id: "1" }); store.clear() }',
      )
      const seen = new Set<string>()
      while (child.exitCode === null) {
        const warnings: string[] = []
        const store = new FileAuthStore(path, { onWarning: (warning) => warnings.push(warning) })
        expect(warnings).toEqual([])
        expect(store.record?.id ?? '').toBe(store.token)
        seen.add(store.token)
        await new Promise(setImmediate)
      }
      expect(await ended).toBe(0)
      expect([...seen].sort()).toEqual(['', '1'])
      expect(readdirSync(folder.path)).toEqual([])
    },
  )
})
