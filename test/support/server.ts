import { afterAll, beforeAll, describe } from 'vitest'

import { MemoryAuthStore, PocketBase } from '../../src/index.ts'
import { nodeFetch } from '../../src/node/index.ts'
import { startPocketBase } from '../../src/testing/index.ts'
import type { PocketBaseServer, StartOptions } from '../../src/testing/index.ts'
import { versionsUnderTest } from './versions.ts'

/** The server of a suite. Its members can be used inside tests and hooks, where it runs. */
export interface ServerUnderTest {
  /** The version that the suite is about; known before the server runs. */
  readonly version: string
  readonly server: PocketBaseServer
  readonly url: string
  /** Signed in as superuser, shared by the suite. */
  readonly admin: PocketBase
  /** A new client that nobody is signed in with. */
  guest(): PocketBase
}

/** `PB_FETCH=nodeFetch` runs the suites on that instead of the global `fetch`. */
const fetch = process.env['PB_FETCH'] === 'nodeFetch' ? nodeFetch() : undefined

/** Describes a suite once for each version under test, each time with a server of its own. */
export function describeServers(
  name: string,
  suite: (pb: ServerUnderTest) => void,
  options: Omit<StartOptions, 'version'> = {},
): void {
  for (const version of versionsUnderTest()) {
    describe(`${name} (PocketBase ${version})`, () => {
      suite(serverUnderTest({ ...options, version }))
    })
  }
}

function serverUnderTest(options: StartOptions & { version: string }): ServerUnderTest {
  let server: PocketBaseServer | undefined
  let admin: PocketBase | undefined
  beforeAll(async () => {
    server = await startPocketBase(options)
    admin = clientOf(server)
    admin.authStore = (await server.superuserClient()).authStore
  })
  afterAll(async () => server?.stop())

  return {
    version: options.version,
    get server() {
      return running(server)
    },
    get url() {
      return running(server).url
    },
    get admin() {
      return running(admin)
    },
    guest: () => clientOf(running(server)),
  }
}

function clientOf({ url }: PocketBaseServer): PocketBase {
  const authStore = new MemoryAuthStore()
  return new PocketBase(url, { authStore, autoCancellation: false, fetch })
}

function running<T>(value: T | undefined): T {
  if (!value) throw new Error('The server runs inside tests and hooks only')
  return value
}
