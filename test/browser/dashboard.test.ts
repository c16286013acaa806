import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { source } from 'axe-core'
import { chromium } from 'playwright-core'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'

import { findChromium } from '../../scripts/chromium.ts'
import { ensureDist } from '../../scripts/ensure-dist.ts'
import type { PocketBase } from '../../src/index.ts'
import { startPocketBase } from '../../src/testing/index.ts'
import type { PocketBaseServer } from '../../src/testing/index.ts'
import { codeOf, sendMailsTo, startMailbox } from '../support/mail.ts'
import { seed } from '../support/seed.ts'
import { newest, oldest } from '../support/versions.ts'
import { dayOf, sendVisits, truthOf, visitsOf } from '../support/visits.ts'

const path = '/api/analytics/dashboard'
const superuser = { email: 'admin@example.com', password: 'correct horse battery' }
const environment = {
  PB_TRACE_MODE: 'full',
  PB_ANALYTICS_RATE_LIMIT: '0',
  PB_ANALYTICS_MAX_EVENT_AGE: String(100 * 86_400),
}
const dayMs = 86_400_000

/** Page scripts find their globals by their bare names. */
declare const document: {
  readonly documentElement: { readonly scrollWidth: number }
  readonly activeElement: { readonly id: string; readonly outerHTML: string } | null
}
declare const window: { readonly innerWidth: number; hacked?: boolean }
declare const getComputedStyle: (element: unknown) => Record<string, string>
declare const localStorage: { readonly length: number }
declare const sessionStorage: { readonly length: number }
declare const axe: {
  run(): Promise<{
    violations: { id: string; nodes: { html: string; failureSummary: string }[] }[]
  }>
}

/** Pictures of the page are written there, to be looked at. */
const pictures = resolve(import.meta.dirname, '../../temp/dashboard')

let browser: Browser
/** What pages complained of, and whom they asked that they should not have. */
let complaints: string[] = []
const contexts: BrowserContext[] = []

beforeAll(async () => {
  ensureDist()
  const executablePath = findChromium()
  if (!executablePath)
    throw new Error('No Chromium found: `node scripts/chromium.ts` says how to get one')
  browser = await chromium.launch({ executablePath })
  mkdirSync(pictures, { recursive: true })
})

afterAll(async () => browser?.close())

afterEach(async () => {
  await Promise.all(contexts.splice(0).map((context) => context.close()))
  const found = complaints
  complaints = []
  expect(found, 'errors on the console, and requests to other servers').toEqual([])
})

async function newPage(server: PocketBaseServer, options: BrowserContextOptions = {}) {
  const context = await browser.newContext({ locale: 'en-US', timezoneId: 'UTC', ...options })
  contexts.push(context)
  context.on('weberror', (error) => complaints.push(error.error().message))
  context.on('console', (message) => {
    // Chromium writes refusals of the server there too.
    const isRefusal = message.text().startsWith('Failed to load resource')
    if (['error', 'warning'].includes(message.type()) && !isRefusal) complaints.push(message.text())
  })
  context.on('request', (request) => {
    const isOwn = request.url().startsWith(`${server.url}/`)
    if (!isOwn && !request.url().startsWith('data:')) complaints.push(request.url())
  })
  const page = await context.newPage()
  page.on('dialog', (dialog) => complaints.push(dialog.message()))
  return page
}

async function signIn(page: Page, password = superuser.password): Promise<void> {
  await page.getByLabel('E-mail').fill(superuser.email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** A page of someone who is signed in, at a place such as `traces?status=error`. */
async function open(server: PocketBaseServer, place = '', options?: BrowserContextOptions) {
  const page = await newPage(server, options)
  await page.goto(`${server.url}${path}#${place}`)
  await signIn(page)
  await page.getByRole('tab').first().waitFor()
  return page
}

/** The cells of a table's rows, once there are any. */
async function rowsOf(page: Page, name: string): Promise<string[][]> {
  const table = page.getByRole('table', { name, exact: true })
  await table.locator('tbody tr').first().waitFor()
  return table
    .locator('tbody tr')
    .evaluateAll((rows: unknown[]) =>
      (rows as { cells: Iterable<{ innerText: string }> }[]).map((row) =>
        [...row.cells].map((cell) => cell.innerText.trim()),
      ),
    )
}

/** Names and figures of a table, as a map of what is shown in the last columns. */
async function figuresOf(page: Page, table: string): Promise<Map<string, number[]>> {
  const rows = await rowsOf(page, table)
  return new Map(rows.map(([name = '', ...cells]) => [name, cells.map(numberOf)]))
}

function numberOf(text: string): number {
  return Number(text.replaceAll(',', ''))
}

async function summaryOf(page: Page): Promise<Record<string, string>> {
  await page.locator('.figures').waitFor()
  return Object.fromEntries(
    await page
      .locator('.figures > div')
      .evaluateAll((figures: unknown[]) =>
        (figures as { children: ArrayLike<{ textContent: string }> }[]).map(({ children }) => [
          children[0]!.textContent,
          children[1]!.textContent,
        ]),
      ),
  )
}

/** Waits until what was asked for last is there. */
async function settled(page: Page): Promise<void> {
  await page.locator('.loading, [aria-busy="true"]').first().waitFor({ state: 'detached' })
}

/** `3 min 5 sec` in seconds, of what `format.ts` writes. */
function secondsOf(text: string): number {
  const units: Record<string, number> = { μs: 1e-6, ms: 1e-3, sec: 1, min: 60, hr: 3600 }
  let seconds = 0
  for (const [, figure, unit] of text.matchAll(/([\d.]+) (\S+)/g)) {
    seconds += Number(figure) * (units[unit!] ?? Number.NaN)
  }
  return seconds
}

async function expectNoSidewaysScrolling(page: Page): Promise<void> {
  const content = await page.evaluate(() => document.documentElement.scrollWidth)
  const room = await page.evaluate(() => window.innerWidth)
  expect(content).toBeLessThanOrEqual(room)
}

async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(source)
  const { violations } = await page.evaluate(async () => axe.run())
  expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([])
}

async function takePicture(page: Page, name: string): Promise<void> {
  await settled(page)
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true })
}

describe.each([oldest, newest])('the dashboard of PocketBase %s', (version) => {
  const now = Date.now()
  const visits = visitsOf(seed, 400, 60, now)
  let server: PocketBaseServer
  let admin: PocketBase
  const traceId = '0af7651916cd43dd8448eb211c80319c'

  beforeAll(async () => {
    const env = { ...environment, PB_TRACE_DYE_MAX: '3' }
    server = await startPocketBase({ version, pack: true, superuser, env })
    admin = await server.superuserClient()
    await sendVisits(server.url, visits)
    await sendTrace()
  })
  afterAll(async () => server?.stop())

  /** A trace of four requests: two that the first one has caused, and one of the third. */
  async function sendTrace(): Promise<void> {
    const send = async (target: string, parent: string): Promise<string> => {
      const traceparent = `00-${traceId}-${parent}-01`
      const { headers } = await fetch(server.url + target, { headers: { traceparent } })
      return headers.get('traceparent')!.split('-')[2]!
    }
    const first = await send('/api/health', 'b7ad6b7169203331')
    await send('/api/health?two', first)
    const third = await send('/api/collections/nope/records', first)
    await send('/api/health?four', third)
  }

  test('is a public page that may load nothing and run nothing but itself', async () => {
    const response = await fetch(server.url + path)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(response.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'sha256-[^ ]+'; style-src 'sha256-[^ ]+'; connect-src 'self'; /,
    )
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    const etag = response.headers.get('etag')!
    const headers = { 'if-none-match': etag }
    expect((await fetch(server.url + path, { headers })).status).toBe(304)
    const head = await fetch(server.url + path, { method: 'HEAD' })
    expect([head.status, head.headers.get('etag')]).toEqual([200, etag])
    expect(await head.text()).toBe('')
  })

  test('signs a superuser in for as long as the tab is open, and out', async () => {
    const page = await newPage(server)
    await page.goto(server.url + path)
    await signIn(page, 'wrong')
    await page.getByRole('alert').getByText('Failed to authenticate.').waitFor()
    expect(await page.getByRole('tab').count()).toBe(0)

    await signIn(page)
    await page.getByRole('tab', { name: 'Traffic' }).waitFor()
    // Chosen themes are for good, sessions are not.
    expect(await page.evaluate(() => sessionStorage.length)).toBe(1)
    await page.reload()
    await page.getByRole('tab', { name: 'Traffic' }).waitFor()
    const other = await page.context().newPage()
    await other.goto(server.url + path)
    await other.getByLabel('E-mail').waitFor()

    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('E-mail').waitFor()
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0)
  })

  test('does not let ordinary users in', async () => {
    const email = 'user@example.com'
    const { password } = superuser
    await admin.collection('users').create({ email, password, passwordConfirm: password })
    const page = await newPage(server)
    await page.goto(server.url + path)
    await page.getByLabel('E-mail').fill(email)
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('alert').getByText('Failed to authenticate.').waitFor()
    expect(await page.getByRole('tab').count()).toBe(0)
  })

  test.each([
    ['today', 'Today', 1],
    ['7d', '7 days', 7],
    ['30d', '30 days', 30],
  ])('shows the visits of the range %s as they were', async (_range, label, days) => {
    const truth = truthOf(visits, dayOf(now - (days - 1) * dayMs))
    const page = await open(server)
    await page.getByLabel(label).check()
    await settled(page)
    if (truth.visitors === 0) {
      // Just after midnight.
      await page.getByText('No visits in these days.').waitFor()
      return
    }
    const summary = await summaryOf(page)
    expect(numberOf(summary['Visitors']!)).toBe(truth.visitors)
    expect(numberOf(summary['Page views']!)).toBe(truth.views)
    // To a tenth of a percent, and to a second.
    const bounceRate = Number.parseFloat(summary['Bounce rate']!) / 100
    expect(Math.abs(bounceRate - truth.bounceRate)).toBeLessThanOrEqual(0.000501)
    const meanDuration = secondsOf(summary['Mean duration']!)
    expect(Math.abs(meanDuration - truth.meanDurationMs / 1000)).toBeLessThanOrEqual(0.501)

    const flat = (of: ReadonlyMap<string, { visitors: number; views: number }>) =>
      new Map([...of].map(([name, { visitors, views }]) => [name, [visitors, views]]))
    const single = (of: ReadonlyMap<string, number>) =>
      new Map([...of].map(([name, visitors]) => [name, [visitors]]))
    expect(await figuresOf(page, 'Pages')).toEqual(flat(truth.pages))
    if (truth.sources.size > 0) {
      expect(await figuresOf(page, 'Sources')).toEqual(single(truth.sources))
    }
    expect(await figuresOf(page, 'Browsers')).toEqual(single(truth.browsers))
    expect(await figuresOf(page, 'Operating systems')).toEqual(single(truth.systems))
    expect(await figuresOf(page, 'Devices')).toEqual(single(truth.devices))
    if (days === 1) return

    await page.getByText('As a table').click()
    const rows = page.getByRole('table', { name: 'By day', exact: true }).locator('tbody tr')
    expect(await rows.count()).toBe(days)
    const dates = await rows
      .locator('time')
      .evaluateAll((times: unknown[]) =>
        (times as { dateTime: string }[]).map(({ dateTime }) => dateTime),
      )
    const cells = await rowsOf(page, 'By day')
    const shown = dates.map((date, index) => [date, ...cells[index]!.slice(1).map(numberOf)])
    expect(shown).toEqual(
      dates.map((date) => {
        const { visitors = 0, views = 0 } = truth.days.get(date) ?? {}
        return [date, visitors, views]
      }),
    )
  })

  test('shows a trace as a waterfall, from the list of requests', async () => {
    const page = await open(server, 'traces?name=nope')
    const link = page.getByRole('link', { name: 'GET /api/collections/nope/records' })
    await link.focus()
    await page.keyboard.press('Enter')
    await page.locator('.waterfall li').first().waitFor()
    const spans = page.locator('.waterfall summary .request')
    const read = async (element: unknown): Promise<string> =>
      (element as { innerText: string }).innerText.replaceAll(/\s+/g, ' ')
    const shown = await Promise.all((await spans.all()).map((span) => span.evaluate(read)))
    expect(shown).toEqual([
      '200 GET /api/health',
      '200 GET /api/health',
      '404 GET /api/collections/nope/records',
      '200 GET /api/health',
    ])
    const indents = await spans.evaluateAll((names: unknown[]) =>
      names.map((name) => Number.parseInt(getComputedStyle(name)['paddingLeft']!, 10) / 15),
    )
    expect(indents).toEqual([0, 1, 1, 2])
    await page.locator('.waterfall summary').first().press('Enter')
    await page.getByText('b7ad6b7169203331').waitFor()
    // The bars are where the spans are.
    const stored = await admin.traces.getTrace(traceId)
    const start = stored[0]!.startTime
    const total = Math.max(...stored.map((span) => span.startTime + span.duration)) - start
    const bars = page.locator('.track .span')
    const track = (await page.locator('.track').first().boundingBox())!
    for (const [index, span] of stored.entries()) {
      const box = (await bars.nth(index).boundingBox())!
      expect((box.x - track.x) / track.width).toBeCloseTo((span.startTime - start) / total, 1)
      expect(box.width).toBeGreaterThanOrEqual(Math.floor((span.duration / total) * track.width))
    }
  })

  test('lists requests as its filters say', async () => {
    const page = await open(server, 'traces')
    await page.getByLabel('Method or path has').fill('/api/collections/nope')
    await page.getByLabel('Status').selectOption('Error')
    await page.getByRole('button', { name: 'Filter', exact: true }).click()
    await page.getByText('1–1 of 1').waitFor()
    expect((await rowsOf(page, 'Requests')).map(([request]) => request?.split('\n')[0])).toEqual([
      '404',
    ])
    await page.getByRole('link', { name: 'Clear' }).click()
    await page.getByText('More filters').click()
    await page.getByLabel('Trace id').fill(traceId)
    await page.getByLabel('Order').selectOption('Oldest first')
    await page.getByRole('button', { name: 'Filter', exact: true }).click()
    await page.getByText('1–4 of 4').waitFor()
    // It is in the URL, for links and for going back.
    await page.reload()
    await page.getByText('1–4 of 4').waitFor()
    expect(await page.getByLabel('Order').inputValue()).toBe('oldest')
    await page.getByLabel('At least, in ms').fill('600000')
    await page.getByRole('button', { name: 'Filter', exact: true }).click()
    await page.getByText('No request is like that.').waitFor()
    await page.goBack()
    await page.getByText('1–4 of 4').waitFor()
  })

  test('shows how long the requests of each route took', async () => {
    const page = await open(server, 'traces')
    const shown = await rowsOf(page, 'Slowest routes')
    const { items, totalCount } = await admin.traces.listSpans(0, {
      limit: 500,
      name: 'GET /api/health',
    })
    expect(totalCount).toBeLessThanOrEqual(500)
    const [, requests, errors, ...times] = shown.find(([route]) => route === 'GET /api/health')!
    expect([numberOf(requests!), numberOf(errors!)]).toEqual([totalCount, 0])
    const sorted = items.map(({ duration }) => duration).sort((a, b) => a - b)
    const nearest = [50, 95, 99].map((p) => sorted[Math.ceil((p / 100) * totalCount) - 1]! / 1e6)
    for (const [index, seconds] of nearest.entries()) {
      expect(secondsOf(times[index]!) / seconds).toBeCloseTo(1, 1)
    }
    const p95s = shown.map((cells) => secondsOf(cells[4]!))
    expect(p95s).toEqual(p95s.toSorted((a, b) => b - a))
  })

  test('deletes a trace when asked twice', async () => {
    const id = 'f'.repeat(31) + (version === oldest ? '1' : '2')
    const traceparent = `00-${id}-b7ad6b7169203331-01`
    await fetch(`${server.url}/api/health`, { headers: { traceparent } })
    const page = await open(server, `traces/${id}`)
    await page.getByRole('button', { name: 'Delete…' }).click()
    await page.getByRole('button', { name: 'Keep' }).click()
    expect(await admin.traces.getTrace(id)).toHaveLength(1)
    await page.getByRole('button', { name: 'Delete…' }).click()
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    await page.getByRole('heading', { name: 'Requests' }).waitFor()
    expect(await admin.traces.getTrace(id)).toEqual([])
    await page.goBack()
    await page.getByText('There is no such trace.').waitFor()
  })

  test('adds dyed users, gives them more time, and removes them', async () => {
    const page = await open(server, 'dyed-users')
    await page.getByText('No user is traced now.').waitFor()
    await page.getByLabel('User id').fill('abc123def456ghi')
    await page.getByLabel('For', { exact: true }).fill('3')
    await page.getByLabel('Unit').selectOption('days')
    await page.getByLabel('Reason').fill('ticket <b>9</b>')
    await page.getByRole('button', { name: 'Trace this user' }).click()
    await page.getByText('abc123def456ghi is traced from now on.').waitFor()
    const stored = async () => (await admin.traces.listDyedUsers()).items
    const [user] = await stored()
    expect(user).toMatchObject({ userId: 'abc123def456ghi', reason: 'ticket <b>9</b>' })
    expect(user!.addedBy).toBe(superuser.email)
    expect(Date.parse(user!.expiresAt) - Date.parse(user!.addedAt)).toBe(3 * dayMs)
    const [row] = await rowsOf(page, 'Dyed users')
    expect(row).toEqual(expect.arrayContaining(['in 2 days', superuser.email, 'ticket <b>9</b>']))

    await page.getByRole('button', { name: '+1 hour for abc123def456ghi' }).click()
    await page.getByText('is traced for an hour more.').waitFor()
    const more = Date.parse((await stored())[0]!.expiresAt) - Date.parse(user!.expiresAt)
    // The page counts in whole seconds.
    expect(Math.abs(more - 3_600_000)).toBeLessThan(2_000)

    await page.getByRole('button', { name: 'Remove abc123def456ghi' }).click()
    await page.getByText('No user is traced now.').waitFor()
    expect(await stored()).toEqual([])
  })

  test('says what the server says when a user cannot be added', async () => {
    for (const id of ['one', 'two', 'three']) await admin.traces.addDyedUser(id)
    const page = await open(server, 'dyed-users')
    await page.getByLabel('User id').fill('four')
    await page.getByRole('button', { name: 'Trace this user' }).click()
    await page.getByRole('alert').getByText('Maximum dyed users limit reached.').waitFor()
    // To try again with.
    expect(await page.getByLabel('User id').inputValue()).toBe('four')
    for (const id of ['one', 'two', 'three']) await admin.traces.removeDyedUser(id)
  })

  test('shows the form again when the server ends the session', async () => {
    const { email, password } = { email: 'second@example.com', password: 'second password' }
    const second = await admin
      .collection('_superusers')
      .create({ email, password, passwordConfirm: password })
    const page = await newPage(server)
    await page.goto(server.url + path)
    await page.getByLabel('E-mail').fill(email)
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('tab', { name: 'Traffic' }).waitFor()
    await settled(page)
    await admin.collection('_superusers').delete(second.id)
    await page.getByRole('button', { name: 'Refresh' }).click()
    await page.getByText('Your session has ended. Sign in again.').waitFor()
    expect(await page.getByRole('tab').count()).toBe(0)
  })

  test('is used by keyboard alone', async () => {
    const page = await newPage(server)
    await page.goto(server.url + path)
    // The form has the focus.
    await page.getByLabel('E-mail').waitFor()
    await page.keyboard.type(superuser.email)
    await page.keyboard.press('Tab')
    await page.keyboard.type(superuser.password)
    await page.keyboard.press('Enter')
    await page.getByRole('tab', { name: 'Traffic' }).waitFor()
    await settled(page)

    const focused = async (): Promise<string> => page.evaluate(() => document.activeElement!.id)
    for (let presses = 0; (await focused()) !== 'tab-traffic'; presses++) {
      expect(presses).toBeLessThan(5)
      await page.keyboard.press('Tab')
    }
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement))
    expect(outline['outlineStyle']).toBe('solid')
    for (const [key, name] of [
      ['ArrowRight', 'traces'],
      ['End', 'dyed-users'],
      ['ArrowRight', 'traffic'],
      ['ArrowLeft', 'dyed-users'],
      ['Home', 'traffic'],
    ]) {
      await page.keyboard.press(key!)
      expect(await focused()).toBe(`tab-${name}`)
      await page.locator(`#tab-${name}[aria-selected="true"]`).waitFor()
    }
    await page.keyboard.press('Tab')
    await page.keyboard.press('ArrowRight')
    await page.getByRole('radio', { name: '30 days', checked: true }).waitFor()

    // All that can be used is reached.
    await settled(page)
    const controls = await page.locator('main').locator('a, button, summary, pre').count()
    const reached = new Set<string>()
    for (let presses = 0; presses < controls + 5; presses++) {
      await page.keyboard.press('Tab')
      reached.add(await page.evaluate(() => document.activeElement!.outerHTML))
    }
    expect(controls).toBeGreaterThan(1)
    expect(reached.size).toBeGreaterThanOrEqual(controls)
  })

  test.each([
    ['light', { colorScheme: 'light', viewport: { width: 1280, height: 900 } }],
    ['dark', { colorScheme: 'dark', viewport: { width: 1280, height: 900 } }],
    ['390px', { colorScheme: 'light', viewport: { width: 390, height: 844 } }],
  ] as const)('can be read by all, %s', async (name, options) => {
    await admin.traces.addDyedUser('abc123def456ghi', 3600, { reason: 'ticket 9' })
    const page = await newPage(server, options)
    await page.goto(server.url + path)
    await page.getByLabel('E-mail').waitFor()
    await expectAccessible(page)
    await takePicture(page, `${version}-${name}-sign-in`)
    await signIn(page)
    const places = {
      'traffic?range=30d': '.figures',
      'traces?max=99999': '.requests',
      [`traces/${traceId}`]: '.waterfall li',
      'dyed-users': 'table',
    }
    for (const [place, part] of Object.entries(places)) {
      await page.goto(`${server.url}${path}#${place}`)
      await page.locator(part).first().waitFor()
      await settled(page)
      await expectNoSidewaysScrolling(page)
      await expectAccessible(page)
      await takePicture(page, `${version}-${name}-${place.split(/\W/)[0]}${place.includes('/') ? '-one' : ''}`) // prettier-ignore
    }
    await admin.traces.removeDyedUser('abc123def456ghi')
  })

  test('works below the path of a proxy', async () => {
    const page = await newPage(server)
    const asked: string[] = []
    await page.context().route('**/behind/a-proxy/**', async (route) => {
      const { pathname, href } = new URL(route.request().url())
      asked.push(pathname)
      await route.continue({ url: href.replace('/behind/a-proxy/', '/') })
    })
    page.on('request', (request) => {
      if (!request.url().includes('/behind/a-proxy/')) asked.push(request.url())
    })
    await page.goto(`${server.url}/behind/a-proxy${path}`)
    await signIn(page)
    await summaryOf(page)
    const outside = asked.filter((target) => !target.startsWith('/behind/a-proxy/api/'))
    expect(outside.filter((target) => !target.startsWith('data:'))).toEqual([])
    expect(asked).toContain('/behind/a-proxy/api/analytics/stats')
  })

  test('remembers the theme that was chosen', async () => {
    const page = await open(server, '', { colorScheme: 'light' })
    const background = async (): Promise<string> =>
      page.evaluate(() => getComputedStyle(document.documentElement)['backgroundColor']!)
    const light = await background()
    await page.getByLabel('Theme').selectOption('Dark')
    await expect.poll(background).not.toBe(light)
    const dark = await background()
    await page.reload()
    await page.getByRole('tab').first().waitFor()
    expect(await background()).toBe(dark)
    expect(await page.evaluate(() => localStorage.length)).toBe(1)
  })
})

describe.each([oldest, newest])('what strangers send to PocketBase %s', (version) => {
  let server: PocketBaseServer
  let admin: PocketBase
  const markup = '<img src=x onerror="window.hacked=true"><script>window.hacked=true</script>'
  const hostile = [
    `/${markup}`,
    `/${'long'.repeat(250)}`,
    '/\u202Egnp.exe',
    '/%3Cscript%3Ealert(1)%3C/script%3E',
    '/"onmouseover="window.hacked=true',
    `/{{7*7}}\${window.hacked=true}';--`,
    '/a\u0000b\u001B[31m',
  ]

  beforeAll(async () => {
    server = await startPocketBase({ version, pack: true, superuser, env: environment })
    admin = await server.superuserClient()
    await admin.analytics.trackEvents(
      hostile.map((text, index) => ({
        event: 'page_view',
        path: text,
        sid: `s${index}`,
        referrer: `https://${'sub.'.repeat(60)}<script>${index}.example/`,
        title: markup,
      })),
    )
    const name = encodeURIComponent(markup)
    await fetch(`${server.url}/api/${name}/${'x'.repeat(2000)}?${name}`, {
      headers: { traceparent: `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01` },
    })
    await admin.traces.addDyedUser('a/b?c=#<img src=x onerror="window.hacked=true">', 3600, {
      reason: 'long'.repeat(250),
    })
  })
  afterAll(async () => server?.stop())

  test('is text on the page, and stays in its place', async () => {
    const page = await open(server, '', { viewport: { width: 390, height: 844 } })
    const paths = (await rowsOf(page, 'Pages')).map(([name]) => name)
    expect(paths.some((text) => text!.includes('<img src=x onerror='))).toBe(true)
    for (const place of ['traffic', 'traces', `traces/${'c'.repeat(32)}`, 'dyed-users']) {
      await page.goto(`${server.url}${path}#${place}`)
      await page.locator('.card').first().waitFor()
      await settled(page)
      await expectNoSidewaysScrolling(page)
      for (const summary of await page.locator('.waterfall summary').all()) await summary.click()
      expect(await page.locator('main img, main script').count()).toBe(0)
      expect(await page.evaluate(() => window.hacked)).toBeUndefined()
      await takePicture(page, `${version}-hostile-${place.replace(/\/.*/, '-one')}`)
    }
  })

  test('can be removed where it names a user', async () => {
    const page = await open(server, 'dyed-users')
    await page.getByRole('button', { name: 'Remove a/b' }).click()
    await page.getByText('No user is traced now.').waitFor()
    expect((await admin.traces.listDyedUsers()).items).toEqual([])
  })

  test('is as harmless in the URL of the page', async () => {
    for (const place of ['traces/%', `traces/${markup}`, 'toString', 'traces?page=-1&range=x']) {
      const page = await open(server, place)
      await settled(page)
      expect(await page.getByRole('tab', { selected: true }).count()).toBe(1)
      expect(await page.getByRole('alert').count()).toBe(0)
    }
  })
})

describe.each([oldest, newest])('where nothing is yet on PocketBase %s', (version) => {
  let server: PocketBaseServer

  afterEach(async () => server?.stop())

  test('the page says how to send events, and how to have requests recorded', async () => {
    server = await startPocketBase({ version, pack: true, superuser, env: { PB_TRACE_MODE: '' } })
    const page = await open(server)
    await page.getByText('No events yet.').waitFor()
    await expectAccessible(page)
    await takePicture(page, `${version}-empty-traffic`)
    // What it says works.
    const [, body] = /-d '(.+)'$/.exec(await page.locator('pre').last().innerText())!
    const headers = { 'content-type': 'application/json' }
    await fetch(`${server.url}/api/analytics/events`, { method: 'POST', headers, body: body! })
    await page.getByRole('button', { name: 'Refresh' }).click()
    expect(await figuresOf(page, 'Pages')).toEqual(new Map([['/hello', [1, 1]]]))

    await page.getByRole('tab', { name: 'Traces' }).click()
    await page.getByText('Only chosen users are traced.').waitFor()
    await page.getByText('No requests were recorded.').first().waitFor()
    await takePicture(page, `${version}-empty-traces`)
  })

  test('the page says what is off, and how to turn it on', async () => {
    const env = { PB_TRACE_MODE: 'off', PB_ANALYTICS_MODE: 'off' }
    server = await startPocketBase({ version, pack: true, superuser, env })
    const page = await open(server)
    await page.getByText('Analytics are off on this server.').waitFor()
    await page.getByRole('tab', { name: 'Traces' }).click()
    await page.getByText('Tracing is off on this server.').waitFor()
    await expectAccessible(page)
    await takePicture(page, `${version}-off-traces`)
    await page.getByRole('tab', { name: 'Dyed users' }).click()
    await page.getByText('so nothing is recorded for these users').waitFor()
  })

  test('a server that has gone is said to be gone, and asked again', async () => {
    server = await startPocketBase({ version, pack: true, superuser })
    const page = await open(server)
    await page.getByText('No events yet.').waitFor()
    await page.context().setOffline(true)
    await page.getByRole('button', { name: 'Refresh' }).click()
    await page.getByRole('alert').getByText('The server did not answer.').waitFor()
    await page.context().setOffline(false)
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByText('No events yet.').waitFor()
    expect(await page.getByRole('alert').count()).toBe(0)
  })

  test('superusers with two factors get a mail with a code', async () => {
    server = await startPocketBase({ version, pack: true, superuser })
    await using mailbox = await startMailbox()
    const admin = await server.superuserClient()
    await sendMailsTo(admin, mailbox)
    await admin.collections.update('_superusers', {
      mfa: { enabled: true, duration: 600 },
      otp: { enabled: true, duration: 300, length: 8 },
    })
    const page = await newPage(server)
    await page.goto(server.url + path)
    await signIn(page)
    await page.getByText('This account has two factors.').waitFor()
    await page.getByLabel('Code').fill('00000000')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('alert').getByText(/\w/).waitFor()
    await page.getByLabel('Code').fill(codeOf(await mailbox.next(superuser.email)))
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('tab', { name: 'Traffic', selected: true }).waitFor()
    expect(await page.getByLabel('Code').count()).toBe(0)
  })
})
