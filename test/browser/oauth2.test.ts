import type { BrowserContext, Frame, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import type { OAuth2Error } from '../../src/index.ts'
import { closing, startBrowserTests } from '../support/browser.ts'
import type { BrowserTests, PageGlobals } from '../support/browser.ts'
import { serve } from '../support/local-server.ts'
import type { LocalServer } from '../support/local-server.ts'
import { acceptProvider, startOidcProvider } from '../support/oidc.ts'
import type { OidcProvider } from '../support/oidc.ts'

/** Page scripts find their globals by their bare names. */
declare const window: PageGlobals
declare const location: { readonly href: string }

let tests: BrowserTests
let oidc: OidcProvider
/** A site of its own, where no header cuts windows off from the page that opened them. */
let app: LocalServer
let appURL: string
let context: BrowserContext

beforeAll(async () => {
  tests = await startBrowserTests()
  const script = await (await fetch(`${tests.server.url}/pocketbase.js`)).text()
  app = await serve((_, response) => {
    response.setHeader('Content-Type', 'text/html').end(`<!doctype html><script>${script}</script>`)
  })
  appURL = `${app.url}/`
  oidc = await startOidcProvider([`${tests.server.url}/api/oauth2-redirect`, appURL])
  await acceptProvider(tests.admin, 'users', oidc)
})

afterAll(async () => {
  await tests?.[Symbol.asyncDispose]()
  await oidc?.[Symbol.asyncDispose]()
  await app?.[Symbol.asyncDispose]()
})

beforeEach(async () => {
  context = await tests.browser.newContext()
  return closing(context)
})

async function openPage(url: string): Promise<Page> {
  const page = await context.newPage()
  await page.goto(url)
  await startClient(page)
  return page
}

async function startClient(page: Page | Frame): Promise<void> {
  await page.evaluate((url) => {
    window.pb = new window.pocketbase.default(url)
    window.told = []
  }, tests.server.url)
}

/** Begins to sign in, as a click would; what comes of it goes into `told`. */
async function signIn(page: Page | Frame): Promise<void> {
  await page.evaluate(() => {
    const users = window.pb.collection('users')
    users.authWithOAuth2({ provider: 'oidc' }).then(
      ({ record }) => window.told.push(record['email']),
      (error: unknown) => {
        const { kind, code, isAbort, message, hint } = error as OAuth2Error
        window.told.push({ kind, code, isAbort, message, hint })
      },
    )
  })
}

async function outcome(page: Page | Frame): Promise<unknown> {
  await page.waitForFunction(() => window.told.length > 0)
  return page.evaluate(() => window.told[0])
}

/** Signs in and consents on the provider's pages. */
async function fillIn(page: Page, name: string): Promise<void> {
  await page.fill('[name=login]', name)
  await page.fill('[name=password]', 'any')
  await page.click('[type=submit]')
  await page.click('[type=submit]:has-text("Continue")')
}

test.each([
  ['of the server itself, which cuts windows off', () => `${tests.server.url}/`, 'ada'],
  ['of another site', () => appURL, 'grace'],
])('a window signs in from a page %s, and is gone afterwards', async (_, url, name) => {
  const page = await openPage(url())
  const [popup] = await Promise.all([page.waitForEvent('popup'), signIn(page)])
  await fillIn(popup, name)
  expect(await outcome(page)).toBe(`${name}@oidc.test`)
  if (!popup.isClosed()) await popup.waitForEvent('close')
  const email = await page.evaluate(() => window.pb.authStore.record!['email'])
  expect(email).toBe(`${name}@oidc.test`)
})

test('a window that is closed ends the sign-in, and not before', async () => {
  const page = await context.newPage()
  await page.clock.install()
  await page.goto(appURL)
  await startClient(page)
  const [popup] = await Promise.all([page.waitForEvent('popup'), signIn(page)])
  await popup.waitForSelector('[name=login]')
  await page.clock.runFor(20_000)
  expect(await page.evaluate(() => window.told)).toEqual([])
  await popup.close()
  await page.clock.runFor(20_000)
  expect(await outcome(page)).toMatchObject({
    kind: 'abort',
    isAbort: true,
    message: 'The window was closed.',
  })
})

test('a window that cannot be opened is an error that names the other ways', async () => {
  const page = await context.newPage()
  await page.goto(`${tests.server.url}/sandbox.html`)
  const frame = page.frames().find((other) => other.parentFrame())!
  await frame.waitForFunction(() => 'pocketbase' in window)
  await startClient(frame)
  await signIn(frame)
  const error = await outcome(frame)
  expect(error).toMatchObject({ kind: 'oauth2', code: 'popup_blocked', isAbort: false })
  expect(error).toHaveProperty('hint', expect.stringMatching(/urlCallback.*startOAuth2/))
  expect(context.pages()).toHaveLength(1)
})

test('a redirect signs in on the page that it comes back to, once', async () => {
  const page = await openPage(appURL)
  await page.evaluate((redirectURL) => {
    void window.pb.collection('users').startOAuth2({ provider: 'oidc', redirectURL })
  }, appURL)
  await page.waitForSelector('[name=login]')
  await fillIn(page, 'edsger')
  await page.waitForURL(/code=/)
  await startClient(page)
  const complete = async (): Promise<unknown> =>
    page.evaluate(() =>
      window.pb
        .collection('users')
        .completeOAuth2()
        .then(
          ({ record }) => record['email'] as string,
          (error: unknown) => (error as OAuth2Error).code,
        ),
    )
  expect(await complete()).toBe('edsger@oidc.test')
  // The page is loaded again.
  await page.reload()
  await startClient(page)
  expect(await page.evaluate(() => location.href)).toContain('code=')
  expect(await complete()).toBe('unknown_state')
  expect(await page.evaluate(() => window.pb.authStore.isValid)).toBe(true)
})

test('what another tab began is refused', async () => {
  const page = await openPage(appURL)
  await page.evaluate((redirectURL) => {
    void window.pb.collection('users').startOAuth2({ provider: 'oidc', redirectURL })
  }, appURL)
  await page.waitForSelector('[name=login]')
  await fillIn(page, 'mallory')
  await page.waitForURL(/code=/)
  const other = await openPage(page.url())
  const code = await other.evaluate(() =>
    window.pb
      .collection('users')
      .completeOAuth2()
      .then(
        () => 'signed in',
        (error: unknown) => (error as OAuth2Error).code,
      ),
  )
  expect(code).toBe('unknown_state')
})
