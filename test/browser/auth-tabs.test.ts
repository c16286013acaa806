import type { BrowserContext, Frame, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { startBrowserTests } from '../support/browser.ts'
import type { BrowserTests, PageGlobals } from '../support/browser.ts'

const password = 'correct horse battery'

/** Page scripts find their globals by their bare names. */
declare const window: PageGlobals & { document: { cookie: string }; localStorage: Storage }

/** The part of `localStorage` that scripts use here. */
interface Storage {
  readonly length: number
  getItem(key: string): string | null
  setItem(key: string, text: string): void
}

let tests: BrowserTests
let context: BrowserContext
/** What went wrong in any page of the test, and what the pages printed. */
let uncaught: string[]
let printed: string[]
let users = 0

beforeAll(async () => {
  tests = await startBrowserTests()
})

afterAll(async () => tests?.[Symbol.asyncDispose]())

beforeEach(async () => {
  context = await tests.browser.newContext()
  uncaught = []
  printed = []
  listen(context)
})

afterEach(async () => {
  await context.close()
})

function listen(to: BrowserContext): void {
  to.on('weberror', (error) => uncaught.push(error.error().message))
  to.on('console', (message) => printed.push(message.text()))
}

async function createUser(name = 'Zoë'): Promise<{ id: string; email: string }> {
  const email = `user${++users}@pb.test`
  const body = { email, password, passwordConfirm: password, name }
  return tests.admin.collection('users').create(body)
}

/** A page with a client in `pb` that keeps in `told` what its listener heard. */
async function openTab(path = '/'): Promise<Page> {
  const page = await context.newPage()
  await page.goto(tests.server.url + path)
  await startClient(page)
  return page
}

async function startClient(page: Page | Frame): Promise<void> {
  await page.evaluate((url) => {
    window.pb = new window.pocketbase.default(url)
    window.told = []
    window.pb.authStore.onChange((token, record) => window.told.push([token, record?.['name']]))
  }, tests.server.url)
}

async function signIn(page: Page | Frame, email: string): Promise<string> {
  return page.evaluate(
    async ([identity, secret]) => {
      await window.pb.collection('users').authWithPassword(identity!, secret!)
      return window.pb.authStore.token
    },
    [email, password],
  )
}

/** The token that the next request of a page carries, and whether the server knows who sends it. */
async function nextRequest(
  page: Page | Frame,
  id: string,
): Promise<{ token: string; isKnown: boolean }> {
  const owner = 'page' in page ? page.page() : page
  const [request, isKnown] = await Promise.all([
    owner.waitForRequest((sent) => sent.url().includes('/records/') && sent.method() === 'GET'),
    page.evaluate(async (user) => {
      try {
        return (await window.pb.collection('users').getOne(user)).id === user
      } catch (error) {
        if ((error as { status: number }).status === 404) return false
        throw error
      }
    }, id),
  ])
  return { token: (await request.allHeaders())['authorization'] ?? '', isKnown }
}

/** Waits until the listener of a page has heard so much. */
async function heard(page: Page, count: number): Promise<unknown[]> {
  await page.waitForFunction((least) => window.told.length >= least, count)
  return page.evaluate(() => window.told)
}

describe('two tabs', () => {
  test('follow each other’s sign-in and sign-out, each told once', async () => {
    const user = await createUser()
    const [one, two] = [await openTab(), await openTab()]
    expect(await nextRequest(two, user.id)).toEqual({ token: '', isKnown: false })

    const token = await signIn(one, user.email)
    expect(await heard(two, 1)).toEqual([[token, 'Zoë']])
    expect(await nextRequest(two, user.id)).toEqual({ token, isKnown: true })
    expect(await two.evaluate(() => window.pb.authStore.isValid)).toBe(true)

    await two.evaluate(() => window.pb.authStore.clear())
    expect(await heard(one, 2)).toEqual([
      [token, 'Zoë'],
      ['', undefined],
    ])
    expect(await nextRequest(one, user.id)).toEqual({ token: '', isKnown: false })
    expect(await heard(two, 2)).toHaveLength(2)
    expect(uncaught).toEqual([])
  })

  test('follow each other from one person to the next', async () => {
    const [first, second] = [await createUser(), await createUser()]
    const [one, two] = [await openTab(), await openTab()]
    await signIn(one, first.email)
    await heard(two, 1)
    const token = await signIn(two, second.email)
    await heard(one, 2)
    expect(await nextRequest(one, second.id)).toEqual({ token, isKnown: true })
    expect(await nextRequest(one, first.id)).toEqual({ token, isKnown: false })
  })

  test('show the same record after one of them has updated it', async () => {
    const user = await createUser()
    const [one, two] = [await openTab(), await openTab()]
    const token = await signIn(one, user.email)
    await heard(two, 1)
    await one.evaluate((id) => window.pb.collection('users').update(id, { name: 'Max' }), user.id)
    expect(await heard(two, 2)).toEqual([
      [token, 'Zoë'],
      [token, 'Max'],
    ])
    // The same object until it changes: frameworks compare.
    const isSame = await two.evaluate(
      () => new Set([window.pb.authStore.record, window.pb.authStore.record]).size === 1,
    )
    expect(isSame).toBe(true)
  })

  test('are both signed out when the record deletes itself', async () => {
    const user = await createUser()
    const [one, two] = [await openTab(), await openTab()]
    await signIn(one, user.email)
    await heard(two, 1)
    await two.evaluate((id) => window.pb.collection('users').delete(id), user.id)
    expect((await heard(one, 2)).at(-1)).toEqual(['', undefined])
  })

  test('never see each other signed out while one of them refreshes', async () => {
    const [one, two] = [await openTab(), await openTab()]
    await one.evaluate(() =>
      window.pb.authStore.save('t0', { id: 'u1', collectionId: 'c', collectionName: 'users' }),
    )
    await heard(two, 1)
    // The other one reads as often as it can, and hears the events in between.
    const seen = two.evaluate(async () => {
      const tokens = new Set<string>()
      while (!tokens.has('end')) {
        for (let left = 1000; left > 0; left--) tokens.add(window.pb.authStore.token)
        await new Promise((resolve) => {
          setTimeout(resolve)
        })
      }
      return [...tokens]
    })
    await one.evaluate(async () => {
      for (let n = 1; n <= 1000; n++) {
        window.pb.authStore.save(`t${n}`, window.pb.authStore.record)
        if (n % 10 > 0) continue
        await new Promise((resolve) => {
          setTimeout(resolve)
        })
      }
      window.pb.authStore.save('end')
    })
    const tokens = await seen
    expect(tokens.length).toBeGreaterThan(2)
    expect(tokens).not.toContain('')
    const told = (await two.evaluate(() => window.told)) as [string][]
    expect(told.map(([token]) => token)).not.toContain('')
  })

  test('are signed in when they are opened later, and after a reload', async () => {
    const user = await createUser()
    const one = await openTab()
    const token = await signIn(one, user.email)
    const two = await openTab()
    expect(await nextRequest(two, user.id)).toEqual({ token, isKnown: true })
    await one.reload()
    await startClient(one)
    expect(await nextRequest(one, user.id)).toEqual({ token, isKnown: true })
    expect(await one.evaluate(() => window.told)).toEqual([])
  })

  test('know nothing of a client with another key, or of another browser', async () => {
    const user = await createUser()
    const [one, two] = [await openTab(), await openTab()]
    await two.evaluate((url) => {
      window.pb = new window.pocketbase.PocketBase(
        url,
        new window.pocketbase.LocalAuthStore('other'),
      )
    }, tests.server.url)
    await signIn(one, user.email)
    expect(await nextRequest(two, user.id)).toEqual({ token: '', isKnown: false })

    await using foreign = await tests.browser.newContext()
    const three = await foreign.newPage()
    await three.goto(tests.server.url)
    await startClient(three)
    expect(await nextRequest(three, user.id)).toEqual({ token: '', isKnown: false })
  })

  test('follow each other when one of them runs the official client', async () => {
    const user = await createUser()
    const [ours, theirs] = [await openTab(), await context.newPage()]
    await theirs.goto(tests.server.url)
    const token = await theirs.evaluate(
      async ([url, identity, secret]) => {
        // It has the methods that this file uses.
        window.pb = new window.official.default(url) as unknown as PageGlobals['pb']
        await window.pb.collection('users').authWithPassword(identity!, secret!)
        window.told = []
        window.pb.authStore.onChange((text, record) => window.told.push([text, record?.['name']]))
        return window.pb.authStore.token
      },
      [tests.server.url, user.email, password],
    )
    expect(await heard(ours, 1)).toEqual([[token, 'Zoë']])
    expect(await nextRequest(ours, user.id)).toEqual({ token, isKnown: true })
    await ours.evaluate((id) => window.pb.collection('users').update(id, { name: 'Max' }), user.id)
    expect((await heard(theirs, 1)).at(-1)).toEqual([token, 'Max'])
    await ours.evaluate(() => window.pb.authStore.clear())
    await theirs.waitForFunction(() => window.pb.authStore.token === '')
  })
})

describe('blocked storage', () => {
  async function openSandbox(): Promise<Frame> {
    const page = await context.newPage()
    await page.goto(`${tests.server.url}/sandbox.html`)
    return page.mainFrame().childFrames()[0]!
  }

  async function openForbidden(): Promise<Page> {
    await context.close()
    context = await tests.launchWithoutStorage()
    listen(context)
    const page = await context.newPage()
    await page.goto(tests.server.url)
    return page
  }

  async function openWithout(script: string): Promise<Page> {
    await context.addInitScript(script)
    const page = await context.newPage()
    await page.goto(tests.server.url)
    return page
  }

  const places: [where: string, open: () => Promise<Page | Frame>, error: string][] = [
    ['a sandboxed frame', openSandbox, 'SecurityError'],
    ['a browser that forbids sites to store', openForbidden, 'SecurityError'],
    [
      'a page whose localStorage is gone',
      () => openWithout('Object.defineProperty(window, "localStorage", { value: undefined })'),
      'TypeError',
    ],
    [
      'a page without room in localStorage',
      () =>
        openWithout(
          'Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError") }',
        ),
      'QuotaExceededError',
    ],
  ]

  test.each(places)(
    'in %s: everything works in memory and nothing is thrown',
    async (_, open, error) => {
      const user = await createUser()
      const page = await open()
      // The block is real.
      const refusal = await page.evaluate(() => {
        try {
          window.localStorage.setItem('key', 'text')
          return 'none'
        } catch (thrown) {
          return (thrown as Error).name
        }
      })
      expect(refusal).toBe(error)

      await startClient(page)
      expect(await nextRequest(page, user.id)).toEqual({ token: '', isKnown: false })
      const token = await signIn(page, user.email)
      expect(await nextRequest(page, user.id)).toEqual({ token, isKnown: true })
      await page.evaluate(
        (id) => window.pb.collection('users').update(id, { name: 'Max' }),
        user.id,
      )
      await page.evaluate(() => window.pb.authStore.clear())
      expect(await nextRequest(page, user.id)).toEqual({ token: '', isKnown: false })
      expect(await page.evaluate(() => window.told)).toEqual([
        [token, 'Zoë'],
        [token, 'Max'],
        ['', undefined],
      ])
      expect(uncaught).toEqual([])
    },
  )

  test('that is really full keeps a sign-in in memory, and no older one anywhere', async () => {
    const [first, second] = [await createUser(), await createUser('x'.repeat(200))]
    const [one, two] = [await openTab(), await openTab()]
    await signIn(one, first.email)
    await heard(two, 1)
    await one.evaluate(() => {
      // To the last character.
      for (let size = 5_000_000; size >= 1; size = Math.floor(size / 2)) {
        for (let n = 0; n < 3; n++) {
          try {
            window.localStorage.setItem(`filler ${size} ${n}`, 'x'.repeat(size))
          } catch {
            break
          }
        }
      }
    })
    const token = await signIn(one, second.email)
    expect(await nextRequest(one, second.id)).toEqual({ token, isKnown: true })
    expect((await heard(two, 2)).at(-1)).toEqual(['', undefined])
    expect(await nextRequest(two, first.id)).toEqual({ token: '', isKnown: false })
    expect(uncaught).toEqual([])
  })
})

test('malformed cookies throw nothing, and a good one beside them is read', async () => {
  const user = await createUser()
  const page = await openTab()
  const token = await signIn(page, user.email)
  const result = await page.evaluate(() => {
    const read: [cookie: string, token: string][] = []
    const set = (cookie: string): void => {
      // oxlint-disable-next-line unicorn/no-document-cookie -- malformed ones go in no other way
      window.document.cookie = cookie
    }
    const store = new window.pocketbase.MemoryAuthStore()
    for (const value of ['', '%', '%7B', '{', '{"token":1}', '"x"', '[]', 'null', '%E9', '=;=']) {
      set(`pb_auth=${value}`)
      store.save('before')
      store.loadFromCookie(window.document.cookie)
      read.push([value, store.token])
    }
    for (const junk of ['__proto__=x', 'a=%', '=nameless', 'b="', 'constructor=%E9']) set(junk)
    set(window.pb.authStore.exportToCookie({ httpOnly: false, secure: false }))
    store.loadFromCookie(window.document.cookie)
    return { read, cookies: window.document.cookie, token: store.token, record: store.record }
  })
  expect(result.read.map(([, found]) => found)).toEqual(Array.from({ length: 10 }, () => ''))
  expect(result.cookies).toMatch('__proto__=x')
  expect(result.token).toBe(token)
  expect(result.record?.id).toBe(user.id)
  expect(uncaught).toEqual([])
})

describe('the console shows of an error', () => {
  const expected =
    /POST \/api\/collections\/users\/auth-with-password failed with 400: Failed to authenticate\./

  test('method, path and reason when an app prints it', async () => {
    const page = await openTab()
    await page.evaluate(async () => {
      try {
        await window.pb
          .collection('users')
          .authWithPassword('nobody', 'secret', { expand: 'hidden' })
      } catch (error) {
        console.error('Sign-in:', error)
      }
    })
    const line = printed.find((text) => text.includes('Sign-in:'))
    expect(line).toMatch(expected)
    expect(line).not.toMatch(/secret|expand|hidden/)
  })

  test('the same when nobody catches it', async () => {
    const page = await openTab()
    const error = page.waitForEvent('pageerror')
    await page.evaluate(() => {
      setTimeout(() => void window.pb.collection('users').authWithPassword('nobody', 'secret'))
    })
    expect((await error).stack).toMatch(expected)
  })

  test('the reason when there is no server', async () => {
    const page = await openTab()
    await page.evaluate(async () => {
      // Nothing listens there.
      const pb = new window.pocketbase.PocketBase('http://127.0.0.1:1')
      await pb.health.check().catch((error: unknown) => console.error('Health:', error))
    })
    expect(printed.find((text) => text.includes('Health:'))).toMatch(
      /GET \/api\/health failed: \S+/,
    )
  })
})
