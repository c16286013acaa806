import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { processesMentioning, temporaryFolder } from '../support/processes.ts'

const root = resolve(import.meta.dirname, '../..')
const quickstart = join(root, 'examples/quickstart.ts')

let folder: Awaited<ReturnType<typeof temporaryFolder>>
/** Where the quickstart has its temporary folders. */
let temporary: string

beforeEach(async () => {
  folder = await temporaryFolder()
  temporary = join(folder.path, 'tmp')
  mkdirSync(temporary)
})

afterEach(async () => {
  await folder[Symbol.asyncDispose]()
})

interface Run {
  readonly child: ChildProcess
  readonly output: () => string
  /** Exit code or signal. */
  readonly ended: Promise<number | string>
}

function run(file: string, env: Record<string, string> = {}): Run {
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, FORCE_COLOR: undefined, TMPDIR: temporary, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data: Buffer) => {
      output += data.toString()
    })
  }
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string)
  return { child, output: () => output, ended }
}

/** The watchdog cleans up after a process that was killed, in a moment of its own. */
async function expectNothingLeft(): Promise<void> {
  await vi.waitFor(
    () => {
      expect(readdirSync(temporary)).toEqual([])
      expect(processesMentioning(temporary)).toEqual([])
    },
    { timeout: 10_000, interval: 50 },
  )
}

const titles = readFileSync(quickstart, 'utf8').matchAll(/^step\('(.*)'\)$/gm)
const steps = [...titles].map(([, title], index) => `${index + 1}. ${title}`)

test('the quickstart runs every step, shows its code and leaves nothing', async () => {
  const { output, ended } = run(quickstart)
  expect(await ended, output()).toBe(0)
  const headings = output().match(/^\d+\. .*$/gm)
  expect(headings).toEqual(steps)
  expect(steps.length).toBeGreaterThan(10)
  expect(output()).toContain(`import { startPocketBase } from 'pocketbase-typescript/testing'`)
  expect(output()).toMatch(/bound by pb\.filter .*: 0\n/)
  expect(output()).toContain('title: Cannot be blank.')
  expect(output()).toContain('=> This could be a picture.')
  expect(output()).toContain('of 4 posts a guest sees 1')
  const shown = output().match(/(?<==> now: ).*/g)
  expect(shown?.length).toBeGreaterThan(1)
  expect(shown?.at(-1)).toBe(`Hello, world, It's "quoted", Old news, Plans`)
  expect(output()).not.toContain('\u001b')
  expect(output().trim().split('\n').slice(-2).join('\n')).toMatch(/README\.md.*\n.*docs\//)
  await expectNothingLeft()
})

test('what the quickstart shows as code are lines of its file', async () => {
  const { output, ended } = run(quickstart)
  await ended
  const source = readFileSync(quickstart, 'utf8')
    .replaceAll(`'../src/index.ts'`, `'pocketbase-typescript'`)
    .replaceAll(/'\.\.\/src\/(\w+)\/index\.ts'/g, `'pocketbase-typescript/$1'`)
  const blocks = output().matchAll(/^\d+\. .*\n\n((?: {3}.*\n)+)\n {3}=>/gm)
  const codes = [...blocks].map(([, code]) => code!.replace(/^ {3}/gm, ''))
  expect(codes).toHaveLength(steps.length)
  for (const code of codes) expect(source).toContain(code)
})

test('a step that did not do what it claims ends the quickstart with an error and leaves nothing', async () => {
  const claim = 'assert.equal(bound.length, 0)'
  const source = readFileSync(quickstart, 'utf8')
  expect(source).toContain(claim)
  const file = join(folder.path, 'quickstart.ts')
  const wrong = source
    .replace(claim, 'assert.equal(bound.length, 1)')
    .replaceAll(/'(\.\.?\/[^']*)'/g, (_quoted, path: string) => {
      return `'${pathToFileURL(resolve(root, 'examples', path)).href}'`
    })
  writeFileSync(file, wrong)
  const { output, ended } = run(file)
  expect(await ended).toBe(1)
  expect(output()).toContain('AssertionError')
  expect(output()).not.toContain('Read page by page')
  await expectNothingLeft()
})

test('without a server the quickstart says so in a sentence', async () => {
  const { output, ended } = run(quickstart, { POCKETBASE_BIN: join(folder.path, 'missing') })
  expect(await ended).toBe(1)
  expect(output()).toContain('POCKETBASE_BIN names')
  expect(output()).not.toMatch(/^ +at /m)
  await expectNothingLeft()
})

test('Ctrl-C ends the quickstart and its server', async () => {
  const { child, output, ended } = run(quickstart)
  await vi.waitFor(() => expect(output()).toMatch(/=> PocketBase/), { timeout: 20_000 })
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(output())![0]
  expect(readdirSync(temporary)).toHaveLength(1)
  child.kill('SIGINT')
  expect(await ended).toBe('SIGINT')
  await expectNothingLeft()
  await expect(fetch(url)).rejects.toThrow('fetch failed')
})
