import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import type { RealtimeChange } from '../../src/index.ts'
import { closing, startBrowserTests } from '../support/browser.ts'
import type { BrowserTests, PageGlobals } from '../support/browser.ts'
import { eventually } from '../support/wait.ts'

const password = 'correct horse battery'

/** Page scripts find their globals by their bare names. */
declare const window: PageGlobals & {
  EventSource: any
  /** What the connection has told. */
  changes: RealtimeChange[]
  document: {
    visibilityState: string
    title: string
    body: { textContent: string }
    dispatchEvent(event: unknown): void
  }
  Event: new (type: string) => unknown
}

let tests: BrowserTests
let context: BrowserContext
let users = 0

beforeAll(async () => {
  tests = await startBrowserTests()
  const isOpen = 'owner = "" || owner = @request.auth.id'
  await tests.admin.collections.create({
    name: 'notes',
    type: 'base',
    listRule: isOpen,
    viewRule: isOpen,
    fields: [
      { name: 'text', type: 'text' },
      { name: 'owner', type: 'relation', collectionId: '_pb_users_auth_' },
    ],
  })
})

afterAll(async () => tests?.[Symbol.asyncDispose]())

beforeEach(async () => {
  context = await tests.browser.newContext()
  return closing(context)
})

/** A page with a client in `pb`. */
async function openPage(): Promise<Page> {
  const page = await context.newPage()
  await page.goto(tests.server.url)
  await page.evaluate((url) => {
    window.pb = new window.pocketbase.default(url)
  }, tests.server.url)
  return page
}

/** Has a page keep in `told` the texts of all notes that change, and in `changes` what its connection tells. */
async function follow(page: Page): Promise<void> {
  await page.evaluate(async () => {
    window.told = []
    window.changes = []
    window.pb.realtime.onStateChange((change) => window.changes.push(change))
    await window.pb.collection('notes').subscribe('*', ({ action, record }) => {
      window.told.push(`${action} ${record['text']}`)
    })
  })
}

async function write(text: string, owner = ''): Promise<string> {
  return (await tests.admin.collection('notes').create({ text, owner })).id
}

async function signIn(page: Page): Promise<string> {
  const email = `reader${++users}@pb.test`
  const user = { email, password, passwordConfirm: password }
  const { id } = await tests.admin.collection('users').create(user)
  await page.evaluate(
    async ([identity, secret]) =>
      void (await window.pb.collection('users').authWithPassword(identity!, secret!)),
    [email, password],
  )
  return id
}

/** What a page has been told, once it has been told this. */
async function told(page: Page, last: string): Promise<unknown[]> {
  await page.waitForFunction((text) => window.told.includes(text), last)
  return page.evaluate(() => window.told)
}

/** How often a page has been connected, and the gaps that it was told. */
async function connections(page: Page): Promise<{ count: number; gaps: number }> {
  return page.evaluate(() => {
    const all = window.changes.filter(({ state }) => state === 'connected')
    return { count: all.length, gaps: all.filter(({ gap }) => gap).length }
  })
}

async function connected(page: Page, count: number): Promise<void> {
  await page.waitForFunction(
    (least) => window.changes.filter(({ state }) => state === 'connected').length >= least,
    count,
  )
}

test('a page hears what changes while it is subscribed, and nothing afterwards', async () => {
  const page = await openPage()
  await follow(page)
  const id = await write('one')
  await tests.admin.collection('notes').update(id, { text: 'two' })
  await told(page, 'update two')
  await tests.admin.collection('notes').delete(id)
  await told(page, 'delete two')
  await page.evaluate(async () => {
    await window.pb.collection('notes').unsubscribe()
    await window.pb.collection('notes').subscribe('*', () => window.told.push('another'))
  })
  await write('after the end')
  expect(await told(page, 'another')).toEqual(['create one', 'update two', 'delete two', 'another'])
})

test('a page that comes online connects at once, without waiting for a pause to end, and tells the gap', async () => {
  const page = await openPage()
  await page.clock.install()
  await follow(page)
  await context.setOffline(true)
  // Chromium leaves open streams alone; a server that goes takes them along.
  await tests.server.restart()
  await page.waitForFunction(() => window.changes.at(-1)?.state === 'connecting')
  await write('missed')
  // No timer of the page ends any more.
  await page.clock.pauseAt(Date.now() + 3_600_000)
  await context.setOffline(false)
  await connected(page, 2)
  expect(await connections(page)).toEqual({ count: 2, gaps: 1 })
  await write('after the gap')
  expect(await told(page, 'create after the gap')).toEqual(['create after the gap'])
})

test('a page that comes online replaces a stream that looks alive', async () => {
  const page = await openPage()
  await follow(page)
  await context.setOffline(true)
  await context.setOffline(false)
  await connected(page, 2)
  expect(await connections(page)).toEqual({ count: 2, gaps: 1 })
  await write('after the gap')
  expect(await told(page, 'create after the gap')).toEqual(['create after the gap'])
})

/** Pages without a window are never hidden by themselves: this is what they would see. */
async function show(page: Page, visibilityState: 'visible' | 'hidden'): Promise<void> {
  await page.evaluate((state) => {
    Object.defineProperty(window.document, 'visibilityState', { configurable: true, value: state })
    window.document.dispatchEvent(new window.Event('visibilitychange'))
  }, visibilityState)
}

test('a page that is shown after a minute gets a new stream and tells the gap', async () => {
  const page = await openPage()
  await page.clock.install()
  await follow(page)
  await show(page, 'hidden')
  await page.clock.fastForward(60_000)
  expect(await connections(page)).toEqual({ count: 1, gaps: 0 })
  await show(page, 'visible')
  await connected(page, 2)
  expect(await connections(page)).toEqual({ count: 2, gaps: 1 })
  await write('after the gap')
  expect(await told(page, 'create after the gap')).toEqual(['create after the gap'])
})

test('a page that is shown after some seconds keeps its stream', async () => {
  const page = await openPage()
  await page.clock.install()
  await follow(page)
  const clientId = await page.evaluate(() => window.pb.realtime.clientId)
  await show(page, 'hidden')
  await page.clock.fastForward(20_000)
  await show(page, 'visible')
  await write('still here')
  await told(page, 'create still here')
  expect(await page.evaluate(() => window.pb.realtime.clientId)).toBe(clientId)
})

test('with another user comes another stream, and nothing any more that only the one before may see', async () => {
  const page = await openPage()
  const first = await signIn(page)
  await follow(page)
  await write('for the first', first)
  await told(page, 'create for the first')

  const second = await signIn(page)
  await connected(page, 2)
  await write('for the first again', first)
  await write('for the second', second)
  await told(page, 'create for the second')
  await page.evaluate(() => window.pb.authStore.clear())
  await connected(page, 3)
  await write('for the second again', second)
  await write('for all')
  expect(await told(page, 'create for all')).toEqual([
    'create for the first',
    'create for the second',
    'create for all',
  ])
  expect(await connections(page)).toEqual({ count: 3, gaps: 2 })
})

test('an EventSource that is passed brings the events, and another one after a restart of the server', async () => {
  const page = await openPage()
  const opened: string[] = []
  page.on('request', (request) => {
    if (request.url().endsWith('/api/realtime')) {
      opened.push(`${request.method()} ${request.resourceType()}`)
    }
  })
  await page.evaluate((url) => {
    const { EventSource } = window
    window.pb = new window.pocketbase.PocketBase(url, { realtime: { EventSource } })
  }, tests.server.url)
  await follow(page)
  await write('one')
  await told(page, 'create one')
  await tests.server.restart()
  await connected(page, 2)
  await write('two')
  expect(await told(page, 'create two')).toEqual(['create one', 'create two'])
  expect(await connections(page)).toEqual({ count: 2, gaps: 1 })
  expect(new Set(opened)).toEqual(new Set(['GET eventsource', 'POST fetch']))
})

test('two tabs have a stream each, and both follow who signs in or out in one of them', async () => {
  const [one, two] = [await openPage(), await openPage()]
  const user = await signIn(one)
  await two.waitForFunction(() => window.pb.authStore.isValid)
  await Promise.all([one, two].map(follow))
  await write('for the user', user)
  await Promise.all([one, two].map(async (page) => told(page, 'create for the user')))

  await one.evaluate(() => window.pb.authStore.clear())
  await Promise.all([one, two].map(async (page) => connected(page, 2)))
  await write('for the user again', user)
  await write('for all')
  for (const page of [one, two]) {
    expect(await told(page, 'create for all')).toEqual(['create for the user', 'create for all'])
  }
  const ids = await Promise.all(
    [one, two].map(async (page) => page.evaluate(() => window.pb.realtime.clientId)),
  )
  expect(new Set(ids).size).toBe(2)

  await one.close()
  await write('for who is left')
  await told(two, 'create for who is left')
})

test('a live list in a page shows every change, also those of the time when the server was away', async () => {
  const page = await openPage()
  const id = await write('list: b')
  await page.evaluate(async () => {
    const list = window.live.liveList(window.pb.collection('notes'), {
      filter: 'text ~ "list:"',
      sort: 'text',
    })
    const render = (): void => {
      window.document.body.textContent = list
        .getSnapshot()
        .map((note) => note['text'])
        .join()
      window.document.title = list.state
    }
    list.subscribe(render)
    await list.ready
    render()
  })
  const shown = async (): Promise<unknown> =>
    page.evaluate(() => [window.document.title, window.document.body.textContent])
  expect(await shown()).toEqual(['live', 'list: b'])
  await write('list: a')
  await eventually(async () => expect(await shown()).toEqual(['live', 'list: a,list: b']))

  await context.setOffline(true)
  await tests.server.restart()
  await page.waitForFunction(() => window.document.title === 'stale')
  await tests.admin.collection('notes').update(id, { text: 'no more' })
  await write('list: c')
  await context.setOffline(false)
  await eventually(async () => expect(await shown()).toEqual(['live', 'list: a,list: c']))
})
