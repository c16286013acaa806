/**
 * Tries `examples/todos-react`, an app written against the official client: with that client, with this package under its name, and
 * with this package imported as `pocketbase/cjs`. Each must compile, build and work in Chromium.
 */
import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

import { chromium } from 'playwright-core'
import type { Browser, Page } from 'playwright-core'

import { findChromium } from '../../scripts/chromium.ts'
import type { CollectionModel } from '../../src/index.ts'
import { startPocketBase } from '../../src/testing/index.ts'
import type { Cell, Row } from '../methods/table.ts'
import { versionsUnderTest } from '../support/versions.ts'
import { npm, quiet } from './project.ts'

const example = resolve(import.meta.dirname, '../../examples/todos-react')

/** Two windows of one person, who signs up in the first. */
interface Windows {
  readonly url: string
  readonly first: Page
  readonly second: Page
}

const email = 'zoe@example.com'
const password = 'correct horse'

/** What the person does, in order: each step goes on where the one before has ended. */
const steps: Readonly<Record<string, (windows: Windows) => Promise<void>>> = {
  async 'sign up'({ url, first }) {
    await first.goto(url)
    await signIn(first, password, true)
    await first.locator('#user').getByText(email, { exact: true }).waitFor()
    await shows(first, [], '0 in all')
    // The field's own sentence, by the shape of the server's answer.
    await using other = await first.context().browser()!.newContext()
    const page = await other.newPage()
    await page.goto(url)
    await signIn(page, password, true)
    const told = await page.getByRole('alert').textContent()
    assert.match(told!, /^Failed to create record\. email: .*unique/)
  },

  async add({ first }) {
    for (const title of ['buy milk', 'fix Zoë\'s "bike"', 'call mum']) {
      await add(first, title)
    }
    await shows(first, ['call mum', 'fix Zoë\'s "bike"', 'buy milk'], '1 of 1, 3 in all')
  },

  async tick({ first }) {
    await item(first, 'buy milk').getByRole('checkbox').click()
    await item(first, 'buy milk').locator('input:checked').waitFor()
    await first.reload()
    await item(first, 'buy milk').locator('input:checked').waitFor()
    assert.equal(await first.locator('#todos input:checked').count(), 1)
  },

  async filter({ first }) {
    const search = first.locator('[name=search]')
    // Typed letter by letter: each request takes the place of the one before.
    await search.pressSequentially('\'s "b')
    await shows(first, ['fix Zoë\'s "bike"'], '1 in all')
    await search.fill("' || text != '")
    await shows(first, [], '0 in all')
    await search.fill('')
    await first.locator('[name=open]').check()
    await shows(first, ['call mum', 'fix Zoë\'s "bike"'], '2 in all')
    await first.locator('[name=open]').uncheck()
    await shows(first, ['call mum', 'fix Zoë\'s "bike"', 'buy milk'], '3 in all')
    assert.equal(await first.getByRole('alert').count(), 0)
  },

  async sort({ first }) {
    await first.locator('[name=sort]').selectOption('text')
    await shows(first, ['buy milk', 'call mum', 'fix Zoë\'s "bike"'], '3 in all')
  },

  async file({ first }) {
    const buffer = Buffer.from('two eggs, some flour')
    await first
      .locator('#add [name=attachment]')
      .setInputFiles({ name: 'recipe.txt', mimeType: 'text/plain', buffer })
    await add(first, 'bake a cake')
    const link = item(first, 'bake a cake').getByRole('link')
    assert.match((await link.textContent())!, /^recipe_\w+\.txt$/)
    const href = await link.evaluate((element) => (element as unknown as { href: string }).href)
    assert.equal(await (await fetch(href)).text(), buffer.toString())
  },

  async pages({ first }) {
    for (const title of ['water the plants', 'zip the bag']) await add(first, title)
    const five = ['bake a cake', 'buy milk', 'call mum', 'fix Zoë\'s "bike"', 'water the plants']
    await shows(first, five, '1 of 2, 6 in all')
    await first.locator('#next').click()
    await shows(first, ['zip the bag'], '2 of 2, 6 in all')
    await first.locator('#back').click()
    await shows(first, five, '1 of 2, 6 in all')
  },

  async realtime({ url, first, second }) {
    await second.goto(url)
    await signIn(second, password)
    await second.locator('[name=sort]').selectOption('text')
    await second.locator('[data-live=true]').waitFor()
    await item(second, 'buy milk').locator('input:checked').waitFor()
    await item(first, 'buy milk').getByRole('checkbox').click()
    await item(second, 'buy milk').locator('input:not(:checked)').waitFor()
    await item(first, 'buy milk').getByRole('button').click()
    await second.getByText('5 in all').waitFor()
    await add(first, 'buy oat milk')
    await item(second, 'buy oat milk').waitFor()
  },

  async 'sign out'({ first, second }) {
    await first.locator('#sign-out').click()
    await first.locator('#sign-in').waitFor()
    assert.equal(await first.locator('#todos').count(), 0)
    await first.reload()
    await first.locator('#sign-in').waitFor()
    // Another browser has a session of its own.
    await add(second, 'still here')
    await item(second, 'still here').waitFor()
  },

  async 'wrong password'({ first }) {
    await signIn(first, 'wrong horse')
    await first.getByRole('alert').getByText('Failed to authenticate.', { exact: true }).waitFor()
    await signIn(first, password)
    await item(first, 'still here').waitFor()
  },
}

/** What is tried of it. */
export const columns = ['install', 'types', 'build', ...Object.keys(steps), 'no error']

async function signIn(page: Page, secret: string, isNew = false): Promise<void> {
  await page.locator('[name=email]').fill(email)
  await page.locator('[name=password]').fill(secret)
  await page.locator('[name=new]').setChecked(isNew)
  await page.locator('#sign-in button').click()
}

async function add(page: Page, title: string): Promise<void> {
  await page.locator('#add [name=text]').fill(title)
  await page.locator('#add button').click()
  // The form is emptied when the server has it.
  await page.waitForFunction(
    `document.querySelector('#add [name=text]').value === '' && !document.querySelector('[role=alert]')`,
  )
}

function item(page: Page, title: string): ReturnType<Page['locator']> {
  return page.getByRole('listitem').filter({ hasText: title })
}

/** Waits until the list is this, and so many are said to be there. */
async function shows(page: Page, titles: readonly string[], count: string): Promise<void> {
  const read = async (): Promise<unknown> => [
    await page.locator('#todos .text').allTextContents(),
    (await page.locator('#page').textContent())!.includes(count),
  ]
  const last = `JSON.stringify([...document.querySelectorAll('#todos .text')].map((one) => one.textContent))`
  const footer = `document.querySelector('#page').textContent.endsWith(${JSON.stringify(count)})`
  await page
    .waitForFunction(`${last} === ${JSON.stringify(JSON.stringify(titles))} && ${footer}`)
    .catch(async () => assert.deepEqual(await read(), [titles, true]))
}

/** What is done to the copy of the example before it is tried; returns the name of the package that must then be in place. */
const variants: Readonly<
  Record<string, (folder: string, tarball: string) => Promise<string> | string>
> = {
  'official client': () => 'pocketbase',
  async 'this package by alias'(folder, tarball) {
    await npm(folder, ['install', ...quiet, `pocketbase@file:${tarball}`])
    return 'pocketbase-typescript'
  },
  'this package as pocketbase/cjs'(folder) {
    const sources = join(folder, 'src')
    for (const name of readdirSync(sources)) {
      const code = readFileSync(join(sources, name), 'utf8')
      writeFileSync(join(sources, name), code.replaceAll(`'pocketbase'`, `'pocketbase/cjs'`))
    }
    const code = readFileSync(join(sources, 'pb.ts'), 'utf8')
    assert.equal(code.match(/from 'pocketbase\/cjs'/g)?.length, 2)
    return 'pocketbase-typescript'
  },
}

/** A row for each variant and server version of `PB_VERSIONS`. */
export async function tryDropIn(tarball: string): Promise<Row[]> {
  const executablePath = findChromium()
  if (!executablePath)
    throw new Error('No Chromium found: `node scripts/chromium.ts` says how to get one')
  const folder = mkdtempSync(join(tmpdir(), 'pocketbase-example-todos-react-'))
  await using cleanUp = new AsyncDisposableStack()
  cleanUp.defer(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  const isSource = (path: string): boolean => !/[/\\](node_modules|dist)$/.test(path)
  cpSync(example, folder, { recursive: true, filter: isSource })
  await npm(folder, ['ci', ...quiet])
  const browser = await chromium.launch({ executablePath })
  cleanUp.defer(() => browser.close())

  const rows: Row[] = []
  for (const [name, prepare] of Object.entries(variants)) {
    console.error(`${name} ...`)
    const made = new Map<string, Cell>(
      columns.map((column) => [column, { text: 'not run', isGood: false }]),
    )
    const isMade =
      (await attempt(made, 'install', async () => {
        const expected = await prepare(folder, tarball)
        const manifest = readFileSync(join(folder, 'node_modules/pocketbase/package.json'), 'utf8')
        assert.equal((JSON.parse(manifest) as { name: string }).name, expected)
      })) &&
      (await attempt(made, 'types', async () => npm(folder, ['run', 'check']))) &&
      (await attempt(made, 'build', async () => npm(folder, ['run', 'build'])))
    for (const version of versionsUnderTest()) {
      const cells = new Map(made)
      if (isMade) await useApp(join(folder, 'dist'), version, browser, cells)
      rows.push({ name: `${name}, PocketBase ${version}`, cells })
    }
  }
  return rows
}

/** Has a server of that version serve the built app, and takes the steps in it, until one fails. */
async function useApp(
  publicDir: string,
  version: string,
  browser: Browser,
  cells: Map<string, Cell>,
): Promise<void> {
  await using server = await startPocketBase({ version, publicDir })
  const admin = await server.superuserClient()
  const schema = readFileSync(join(example, 'pb_schema.json'), 'utf8')
  await admin.collections.import(JSON.parse(schema) as CollectionModel[])
  await using one = await browser.newContext()
  await using two = await browser.newContext()
  const uncaught: Error[] = []
  for (const context of [one, two]) {
    context.on('weberror', (error) => uncaught.push(error.error()))
  }
  const windows = { url: server.url, first: await one.newPage(), second: await two.newPage() }
  for (const [name, step] of Object.entries(steps)) {
    if (!(await attempt(cells, name, () => step(windows)))) break
  }
  await attempt(cells, 'no error', () => assert.deepEqual(uncaught, []))
}

/** Does something and fills in its cell. Resolves with whether it worked. */
async function attempt(
  cells: Map<string, Cell>,
  column: string,
  work: () => Promise<void> | void,
): Promise<boolean> {
  try {
    await work()
    cells.set(column, { text: 'ok', isGood: true })
    return true
  } catch (reason) {
    cells.set(column, { text: 'FAILED', isGood: false, reason })
    return false
  }
}
