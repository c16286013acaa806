import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { faults, refusingUrl, serveFault } from '../support/faulty.ts'
import type { FaultyServer } from '../support/faulty.ts'

type Call = 'getOne' | 'getList' | 'getFullList' | 'create' | 'upload' | 'remove' | 'signIn'

/** What a call against a faulty server must end with: a class, and what `describe()` says. */
type Expected = [call: Call, error: string, text: RegExp]

const expected: { [fault: string]: Expected } = {
  'a page of HTML with 200': ['getOne', 'DecodeError', /with 200: .*text\/html.*<!doctype html>/],
  'HTML that is said to be JSON': ['getOne', 'DecodeError', /with 200: .*<!doctype html>/],
  'nothing with 200': ['getList', 'DecodeError', /with 200: .*nothing/],
  'a 204 where a record is due': ['create', 'DecodeError', /with 204: .*nothing/],
  'JSON cut before its content-length': ['getOne', 'NetworkError', /failed: .*cut/],
  'JSON cut between chunks': ['getOne', 'NetworkError', /failed: .*cut/],
  'JSON cut by closing the connection': ['getOne', 'DecodeError', /with 200: .*\{\\"id\\":/],
  'a chunk of no size': ['getOne', 'NetworkError', /failed: \S/],
  'a list without items': ['getList', 'DecodeError', /with 200: .*list.*totalItems/],
  'a list of the wrong kind': ['getFullList', 'DecodeError', /with 200: .*list.*items/],
  'a record that is a list': ['getOne', 'DecodeError', /with 200: .*record.*\[\{/],
  'a record without id': ['getOne', 'DecodeError', /with 200: .*record.*title/],
  'a page where a record is due': ['create', 'DecodeError', /with 200: .*record.*items/],
  'null where a record is due': ['getOne', 'DecodeError', /with 200: .*record.*null/],
  'a sign-in without token': ['signIn', 'DecodeError', /with 200: .*token.*record/],
  'another charset': ['getOne', 'DecodeError', /with 200: .*utf-16/],
  'headers that never end': ['getOne', 'TimeoutError', /failed: .*400 ms/],
  'no answer at all': ['remove', 'TimeoutError', /failed: .*400 ms/],
  'a body that falls silent': ['getOne', 'TimeoutError', /failed: .*400 ms/],
  'a reset within the body': ['getOne', 'NetworkError', /failed: .*cut.*\w/],
  'a connection closed without an answer': ['create', 'NetworkError', /failed: \S/],
  'a reset without an answer': ['getOne', 'NetworkError', /failed: .*ECONNRESET/],
  'noise that is no HTTP': ['getOne', 'NetworkError', /failed: \S/],
  'a header that is none': ['getOne', 'NetworkError', /failed: \S/],
  'two lengths': ['getOne', 'NetworkError', /failed: \S/],
  'a redirect to itself': ['getOne', 'NetworkError', /failed: .*redirect/],
  'gzip that is none': ['getOne', 'NetworkError', /failed: .*header/],
  // Node's fetch hands out what it could unpack, and says nothing.
  'gzip that is cut': ['getOne', 'DecodeError', /with 200: \S/],
  '400 with fields': [
    'create',
    'ValidationError',
    /with 400: Failed to create record. title: Cannot/,
  ],
  '401 with HTML': ['getOne', 'AuthError', /with 401: \S/],
  '404 with nothing': ['getOne', 'NotFoundError', /with 404: \S/],
  '413 of a proxy': ['create', 'ApiError', /with 413: \S/],
  '429 without Retry-After': ['getOne', 'RateLimitError', /with 429: Too Many Requests\./],
  '429 with Retry-After': ['getOne', 'RateLimitError', /with 429: \S/],
  '500 with cut JSON': ['getOne', 'ServerError', /with 500: \S/],
  '500 whose body is reset': ['getOne', 'ServerError', /with 500: \S/],
  '503 with HTML': ['getOne', 'ServerError', /with 503: \S/],
}

/** Long enough for a busy machine: what ends by it is told from what has an error of its own. */
const timeout = 25_000

/** Known to end in one of two ways: the system may drop the answer when it resets the connection. */
const closing = '413 that closes while the client sends'
const endless = 'a body without end'
const refused = 'a port that nobody listens on'

const methods = {
  getOne: 'GET /api/collections/posts/records/abc',
  getList: 'GET /api/collections/posts/records',
  getFullList: 'GET /api/collections/posts/records',
  create: 'POST /api/collections/posts/records',
  upload: 'POST /api/collections/posts/records',
  remove: 'DELETE /api/collections/posts/records/abc',
  signIn: 'POST /api/collections/posts/auth-with-password',
}

describe.each(['fetch', 'nodeFetch'] as const)('against faulty servers, by %s', (fetchName) => {
  const servers: FaultyServer[] = []
  let report: Report

  beforeAll(async () => {
    const cases: Case[] = [{ name: refused, url: await refusingUrl(), call: 'getOne', timeout }]
    const others: { [fault: string]: readonly [Call, string, ...unknown[]] } = {
      ...expected,
      [closing]: ['upload', ''],
    }
    for (const [name, [call, error]] of Object.entries(others)) {
      const server = await serveFault(faults[name]!)
      servers.push(server)
      cases.push({ name, url: server.url, call, timeout: error === 'TimeoutError' ? 400 : timeout })
    }
    report = await run(cases, fetchName)
  })

  afterAll(async () => {
    for (const server of servers) await server[Symbol.asyncDispose]()
  })

  test.each(Object.entries(expected))('%s: the right error', (name, [call, error, text]) => {
    const result = report.results[name]
    expect(result?.error).toBe(error)
    expect(result?.text).toMatch(text)
    expect(result?.text).toMatch(new RegExp(`^${methods[call]} failed`))
  })

  test('a refused connection names the address', () => {
    const result = report.results[refused]
    expect(result?.error).toBe('NetworkError')
    expect(result?.text).toMatch(/^GET \S+ failed: .*ECONNREFUSED 127\.0\.0\.1:\d+/)
  })

  test('an upload that is refused and cut is an error with the status, or a reset', () => {
    const result = report.results[closing]
    expect(['ApiError', 'NetworkError']).toContain(result?.error)
    expect(result?.text).toMatch(/^POST \S+ failed(: \S| with 413: \S)/)
  })

  test('every fault is covered', () => {
    const covered = [...Object.keys(expected), closing, endless].sort()
    expect(covered).toEqual(Object.keys(faults).sort())
    expect(Object.keys(report.results)).toHaveLength(covered.length)
  })

  test('nothing stays open, and the process ends by itself', () => {
    expect(report.open).toEqual([])
    expect(report.exit).toBe(0)
  })

  test('no token, password, header or query is printed', () => {
    expect(report.output).toContain('failed with 413')
    expect(report.output).not.toContain('hunter2')
  })
})

test('an answer without end is given up, and fills no memory', async () => {
  await using server = await serveFault(faults[endless]!)
  const report = await run([{ name: endless, url: server.url, call: 'getList', timeout }])
  expect(report.results[endless]?.error).toBe('DecodeError')
  expect(report.results[endless]?.text).toMatch(/^GET \S+ failed with 200: .{1,300}$/)
  expect(report.open).toEqual([])
  expect(report.exit).toBe(0)
  expect(report.maxBytes).toBeLessThan(2 ** 30)
}, 120_000)

interface Case {
  name: string
  url: string
  call: Call
  /** The silence that the client bears. */
  timeout: number
}

interface Report {
  results: { [name: string]: { error: string; text?: string } }
  /** What still kept the process running after the last call. */
  open: string[]
  maxBytes: number
  output: string
  exit: number | null
}

/** Runs calls in a process of its own, all at once, and waits for it to end by itself. */
async function run(cases: Case[], fetchName: 'fetch' | 'nodeFetch' = 'fetch'): Promise<Report> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    env: { ...process.env, NODE_NO_WARNINGS: '1', CASES: JSON.stringify(cases), FETCH: fetchName },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (data: Buffer) => {
    output += data.toString()
  })
  const [exit] = (await once(child, 'close')) as [number | null]
  return { ...(JSON.parse(output) as Report), output, exit }
}

const source = pathToFileURL(join(import.meta.dirname, '../../src/')).href

const script = `
import { inspect } from 'node:util'
import { MemoryAuthStore, PocketBase } from '${source}index.ts'
import { nodeFetch } from '${source}node/index.ts'

const fetch = process.env.FETCH === 'nodeFetch' ? nodeFetch() : undefined

const calls = {
  getOne: (posts, options) => posts.getOne('abc', options),
  getList: (posts, options) => posts.getList(1, 30, options),
  getFullList: (posts, options) => posts.getFullList(options),
  create: (posts, options) => posts.create({ title: 'hunter2' }, options),
  upload: (posts, options) => posts.create({ doc: new Blob([new Uint8Array(50e6)]) }, options),
  remove: (posts, options) => posts.delete('abc', options),
  signIn: (posts, options) => posts.authWithPassword('someone', 'hunter2', options),
}

async function attempt({ url, call, timeout }) {
  const client = new PocketBase(url, { authStore: new MemoryAuthStore(), timeout, fetch })
  client.authStore.save('hunter2')
  const options = { query: { filter: 'hunter2' }, headers: { 'X-Secret': 'hunter2' } }
  try {
    const value = await calls[call](client.collection('posts'), options)
    return { error: 'none', text: JSON.stringify(value) }
  } catch (error) {
    const printed = [inspect(error, { depth: 9 }), String(error), JSON.stringify(error), error.stack]
    return { error: error.constructor.name, text: error.describe(), printed }
  }
}

function openSince(before) {
  const open = process.getActiveResourcesInfo()
  for (const kind of before) {
    if (open.includes(kind)) open.splice(open.indexOf(kind), 1)
  }
  return open
}

const before = process.getActiveResourcesInfo()
const results = {}
await Promise.all(
  JSON.parse(process.env.CASES).map(async (each) => {
    results[each.name] = await attempt(each)
  }),
)
// Sockets take a moment to close.
for (let tick = 0; tick < 100 && openSince(before).length > 0; tick++) {
  await new Promise((resolve) => setTimeout(resolve, 20))
}
const maxBytes = process.resourceUsage().maxRSS * 1024
console.log(JSON.stringify({ results, open: openSince(before), maxBytes }))
`
