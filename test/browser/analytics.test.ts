import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'

import type { Analytics, StartAnalyticsOptions } from '../../src/analytics/index.ts'
import { startPocketBase } from '../../src/testing/index.ts'
import { startBrowserTests } from '../support/browser.ts'
import type { BrowserTests, PageGlobals } from '../support/browser.ts'

/** Page scripts find their globals by their bare names. */
declare const window: PageGlobals & {
  collector: Analytics
  navigation: unknown
  navigator: { globalPrivacyControl?: boolean }
  document: {
    readonly readyState: string
    visibilityState: string
    title: string
    addEventListener(type: string, listener: () => void): void
    dispatchEvent(event: unknown): void
  }
  history: {
    pushState(state: unknown, unused: string, url: string): void
    replaceState(state: unknown, unused: string, url: string): void
    back(): void
  }
  location: { readonly origin: string; readonly pathname: string; hash: string }
  Event: new (type: string) => unknown
  localStorage: { readonly length: number; clear(): void }
}

let tests: BrowserTests
let context: BrowserContext
/** What went wrong in any page of the test. */
let uncaught: string[]

beforeAll(async () => {
  tests = await startBrowserTests({
    pack: true,
    env: { PB_TRACE_MODE: 'full', PB_ANALYTICS_RATE_LIMIT: '0' },
  })
})

afterAll(async () => tests?.[Symbol.asyncDispose]())

beforeEach(async () => {
  context = await tests.browser.newContext()
  watch(context)
})

afterEach(async () => {
  await context.close()
  expect(uncaught).toEqual([])
})

function watch(watched: BrowserContext): void {
  uncaught = []
  watched.on('weberror', (error) => uncaught.push(error.error().message))
}

/** Has every page from now on collect, from the moment when it is there. */
async function collectOn(
  pages: BrowserContext,
  { url, ...options }: StartAnalyticsOptions & { url?: string } = {},
): Promise<void> {
  await pages.addInitScript(
    ([given, server]) => {
      window.document.addEventListener('DOMContentLoaded', () => {
        window.pb = new window.pocketbase.default(server || window.location.origin)
        window.collector = window.analytics.startAnalytics(window.pb, given)
      })
    },
    [options, url ?? ''] as const,
  )
}

async function open(path: string): Promise<Page> {
  const page = await context.newPage()
  await page.goto(tests.server.url + path)
  return page
}

async function push(page: Page, path: string): Promise<void> {
  await page.evaluate((to) => window.history.pushState(null, '', to), path)
}

/** Pages without a window are never hidden by themselves: this is what they would see. */
async function hide(page: Page): Promise<void> {
  await page.evaluate(() => {
    Object.defineProperty(window.document, 'visibilityState', {
      configurable: true,
      value: 'hidden',
    })
    window.document.dispatchEvent(new window.Event('visibilitychange'))
  })
}

interface StoredEvent {
  event: string
  path: string
  sid: string
  referrer: string
  query: string
  props: { [key: string]: unknown } | null
}

/** What a server has stored of paths that begin so. */
async function stored(prefix: string, { admin } = tests): Promise<StoredEvent[]> {
  const { dates } = await admin.analytics.getRawLogs()
  const token = await admin.files.getToken()
  const events: StoredEvent[] = []
  for (const date of dates) {
    const answer = await admin.files.download(admin.analytics.getRawLogDownloadURL(date, token))
    const lines = (await answer.text()).split('\n').filter(Boolean)
    events.push(...lines.map((line) => JSON.parse(line) as StoredEvent))
  }
  return events.filter(({ path }) => path.startsWith(prefix))
}

async function views(prefix: string): Promise<string[]> {
  const events = await stored(prefix)
  return events
    .filter(({ event }) => event === 'page_view')
    .map(({ path }) => path.slice(prefix.length))
    .sort()
}

const arrives = { timeout: 40_000, interval: 200 }

test('every view of a page that navigates, hides, goes offline and closes arrives once', async () => {
  await collectOn(context)
  const page = await open('/all/load')
  await push(page, '/all/push')
  await page.evaluate(() => window.history.replaceState(null, '', '/all/replace'))
  await page.evaluate(() => (window.location.hash = 'not-a-page'))
  await page.goto(`${tests.server.url}/all/load-again`)
  await push(page, '/all/before-back')
  await page.evaluate(() => window.history.back())
  await page.waitForFunction(() => window.location.pathname === '/all/load-again')
  await push(page, '/all/hidden')
  await hide(page)
  await context.setOffline(true)
  await push(page, '/all/offline')
  // It tries, and fails.
  await page.evaluate(async () => window.collector.flush())
  await context.setOffline(false)
  await push(page, '/all/closed')
  await page.close()

  const all = [
    ['before-back', 'closed', 'hidden', 'load'],
    ['load-again', 'load-again', 'offline', 'push', 'replace'],
  ].flat()
  // What was not confirmed when its page closed is sent by another one; and what the server had got is not counted again.
  await open('/another')
  await expect.poll(async () => views('/all/'), arrives).toEqual(all)
  const last = context.pages().at(-1)!
  await expect.poll(async () => last.evaluate(() => window.localStorage.length), arrives).toBe(0)
  expect(await views('/all/')).toEqual(all)
  expect(new Set((await stored('/all/')).map(({ sid }) => sid)).size).toBe(1)
  const { pages } = await tests.admin.analytics.getTopPages('today', 100)
  expect(pages.filter(({ path }) => path.startsWith('/all/'))).toHaveLength(8)
})

test('browsers without the Navigation API count as many views', async () => {
  await context.addInitScript(() => {
    Object.defineProperty(window, 'navigation', { value: undefined })
  })
  await collectOn(context)
  const page = await open('/history/load')
  await push(page, '/history/push')
  await page.evaluate(() => window.history.replaceState({}, '', '/history/replace'))
  await page.evaluate(() => window.history.replaceState({}, '', '/history/replace?page=2'))
  await page.evaluate(() => window.history.back())
  await page.waitForFunction(() => window.location.pathname === '/history/load')
  await page.evaluate(async () => window.collector.stop())
  await push(page, '/history/stopped')
  await expect
    .poll(async () => views('/history/'), arrives)
    .toEqual(['load', 'load', 'push', 'replace'])
})

test('a view says where the visitor came from, and nothing of the query but the campaign', async () => {
  await collectOn(context)
  const page = await context.newPage()
  await page.goto(`${tests.server.url}/from/load?token=secret&utm_source=mail&ref=a`, {
    referer: 'https://news.example.com/story',
  })
  await push(page, '/from/push')
  await page.evaluate(async () => window.collector.flush())
  const events = await stored('/from/')
  expect(
    events.map(({ path, query, referrer }) => [path, query, referrer].join(' ')).sort(),
  ).toEqual(['/from/load utm_source=mail&ref=a https://news.example.com/story', '/from/push  '])
})

test('tabs that wait at the same time neither lose nor double anything', async () => {
  await collectOn(context, { pageViews: false, flushIntervalMs: 500 })
  const tabs = [await open('/tabs/1'), await open('/tabs/2'), await open('/tabs/3')]
  await context.setOffline(true)
  await Promise.all(
    tabs.map(async (tab) =>
      tab.evaluate(async () => {
        for (let i = 0; i < 100; i++) {
          window.collector.track('waits', { i })
          if (i % 10 === 9) await window.collector.flush()
        }
      }),
    ),
  )
  await tabs[2]!.close()
  await context.setOffline(false)
  const waiting = async (): Promise<unknown> => tabs[0]!.evaluate(() => window.localStorage.length)
  await expect.poll(waiting, arrives).toBe(0)
  const events = await stored('/tabs/')
  const numbers = events.map(({ path, props }) => `${path} ${String(props?.['i'])}`)
  expect(numbers).toHaveLength(300)
  expect(new Set(numbers).size).toBe(300)
})

test('what happens while the server is away arrives once when it is back', async () => {
  await collectOn(context, { flushIntervalMs: 200 })
  const page = await open('/away/load')
  await expect.poll(async () => views('/away/'), arrives).toEqual(['load'])
  await tests.server.kill()
  await push(page, '/away/push')
  await page.evaluate(async () => window.collector.flush())
  await tests.server.restart()
  await expect.poll(async () => views('/away/'), arrives).toEqual(['load', 'push'])
})

test('who asks not to be tracked is not, until they opt in, and their choice is remembered', async () => {
  await context.addInitScript(() => {
    Object.defineProperty(window.navigator, 'globalPrivacyControl', { value: true })
  })
  await collectOn(context)
  const sent: string[] = []
  context.on('request', (request) => {
    if (request.url().includes('/api/analytics')) sent.push(request.method())
  })
  const page = await open('/choice/first')
  await push(page, '/choice/second')
  await page.evaluate(async () => window.collector.flush())
  expect(sent).toEqual([])
  expect(await page.evaluate(() => window.localStorage.length)).toBe(0)
  await page.evaluate(async () => {
    window.collector.optIn()
    await window.collector.flush()
  })
  await page.goto(`${tests.server.url}/choice/third`)
  await page.evaluate(async () => window.collector.flush())
  expect(await views('/choice/')).toEqual(['second', 'third'])
  await page.evaluate(() => window.collector.optOut())
  await page.goto(`${tests.server.url}/choice/fourth`)
  await page.evaluate(async () => window.collector.flush())
  expect(await views('/choice/')).toEqual(['second', 'third'])
})

test('a server of another origin is asked nothing first', async () => {
  await using server = await startPocketBase({ pack: true })
  await collectOn(context, { url: server.url })
  const sent: string[] = []
  context.on('request', (request) => {
    if (request.url().startsWith(server.url)) sent.push(request.method())
  })
  const page = await open('/elsewhere')
  await page.evaluate(async () => window.collector.flush())
  expect(sent).toEqual(['POST'])
  const admin = await server.superuserClient()
  const { pages } = await admin.analytics.getTopPages('today')
  expect(pages).toEqual([{ path: '/elsewhere', pv: 1, visitors: 1 }])
})

test('where there is no pack the console says once how to install it', async () => {
  await using server = await startPocketBase()
  await collectOn(context, { url: server.url, flushIntervalMs: 100 })
  const told: string[] = []
  context.on('console', (message) => {
    if (message.type() === 'warning') told.push(message.text())
  })
  const page = await open('/nowhere')
  await page.evaluate(async () => {
    await window.collector.flush()
    window.collector.track('more')
    await window.collector.flush()
  })
  await expect.poll(() => told, arrives).toHaveLength(1)
  expect(told[0]).toMatch(/nothing is counted.*npx pbts hooks install <pb_hooks folder>/)
})

test('pages that may store nothing are counted too', async () => {
  await context.close()
  context = await tests.launchWithoutStorage()
  watch(context)
  await collectOn(context, { flushIntervalMs: 100 })
  const page = await open('/forbidden/load')
  await push(page, '/forbidden/push')
  await expect.poll(async () => views('/forbidden/'), arrives).toEqual(['load', 'push'])
  expect(new Set((await stored('/forbidden/')).map(({ sid }) => sid)).size).toBe(1)
})

test("a click's trace is that of the server's span", async () => {
  const page = await open('/')
  const [traceId, clickId] = await page.evaluate(async () => {
    const { StackContextManager, TracerProvider, context: active, trace } = window.tracing
    active.setGlobalContextManager(new StackContextManager().enable())
    trace.setGlobalTracerProvider(new TracerProvider())
    const pb = new window.pocketbase.default(window.location.origin)
    window.tracing.instrument(pb)
    return trace.getTracer('app').startActiveSpan('click', async (click) => {
      await Promise.all([
        pb.health.check(),
        pb.send('/api/collections/nowhere/records', {}).catch(() => {}),
      ])
      click.end()
      return [click.spanContext().traceId, click.spanContext().spanId]
    })
  })
  const spans = await tests.admin.traces.getTrace(traceId!)
  expect(spans.map(({ name, status }) => `${name}: ${status}`).sort()).toEqual([
    'GET /api/collections/nowhere/records: error',
    'GET /api/health: ok',
  ])
  for (const { parentId } of spans) expect(parentId).toMatch(/^(?!0{16})[0-9a-f]{16}$/)
  expect(spans.map(({ parentId }) => parentId)).not.toContain(clickId)
})

test('without OpenTelemetry a request of a page of another origin is a trace too', async () => {
  await using server = await startPocketBase({ pack: true, env: { PB_TRACE_MODE: 'full' } })
  const page = await open('/')
  const sent = new Promise<string>((resolve) => {
    page.on('request', (request) => {
      if (request.url().startsWith(server.url) && request.method() === 'GET')
        resolve(request.headers()['traceparent']!)
    })
  })
  await page.evaluate(async (url) => {
    await new window.pocketbase.default(url, { traceparent: true }).health.check()
  }, server.url)
  const [, traceId, parentId] = (await sent).split('-')
  const admin = await server.superuserClient()
  expect(await admin.traces.getTrace(traceId!)).toMatchObject([
    { name: 'GET /api/health', parentId },
  ])
})
