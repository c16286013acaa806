import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'

import { readmeBlocks, root, sources } from '../support/readme.ts'
import { open } from '../support/rules.ts'
import { describeServers } from '../support/server.ts'

const ada = { email: 'ada@example.com', password: 'correct horse' }

/** What blocks print, where it is worth a look. Blocks are named by heading and number. */
const printed: Record<string, RegExp> = {
  'First lines 1': /^\d+ posts, the newest is Hello$/m,
  'Sign in 1': /^true true\ngrace@example.com\nnobody$/m,
  'Types by schema 1': /^Hello nobody$/m,
  'Lists that stay right 1': /^Hello\n(.*\n)*true true$/m,
  'Batches 1': /^One Two$/m,
  'Realtime 1': /^create Hello, realtime$/m,
  'Files 1': /^text or bytes /m,
  'Errors 1': /^Cannot be blank\.$/m,
  'On a server 1': /^401$/m,
  'Hooks and middleware 1': /^GET http:.*\/api\/health [\d.]+\n200\n200\nAPI is healthy\.$/m,
  'Test against a real server 1': /^403$/m,
}

/** Blocks that only declare something are called. */
const calls: Record<string, string> = {
  'On a server 1': `console.log((await handle(new Request('http://app.test'))).status)`,
}

let folder: string
beforeEach(() => {
  // Inside the project, so that the blocks are run as its other modules are.
  mkdirSync(join(root, 'temp'), { recursive: true })
  folder = mkdtempSync(join(root, 'temp/readme-'))
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true })
})

describeServers('the code of the README', (pb) => {
  beforeAll(async () => {
    await pb.admin.collection('users').create({ ...ada, passwordConfirm: ada.password })
    await pb.admin.settings.update({ batch: { enabled: true } })
    const users = await pb.admin.collections.getOne('users')
    await pb.admin.collections.create({
      name: 'posts',
      type: 'base',
      fields: [
        { name: 'title', type: 'text', required: true },
        { name: 'views', type: 'number' },
        { name: 'tags', type: 'json' },
        { name: 'cover', type: 'file' },
        { name: 'author', type: 'relation', collectionId: users.id },
        { name: 'created', type: 'autodate', onCreate: true },
      ],
      ...open,
    })
  })

  test.each(readmeBlocks())('$title $number runs', async ({ title, number, code }) => {
    const client = pb.guest()
    await client.collection('users').authWithPassword(ada.email, ada.password)
    vi.stubGlobal('pb', client)
    const lines: string[] = []
    vi.spyOn(console, 'log').mockImplementation((...values: unknown[]) => {
      lines.push(values.join(' '))
    })
    const file = join(folder, 'block.ts')
    const name = `${title} ${number}`
    writeFileSync(file, runnable(code) + (calls[name] ?? ''))
    await import(pathToFileURL(file).href)
    expect(lines.join('\n')).toMatch(printed[name] ?? /.*/)
  })

  function runnable(code: string): string {
    return code
      .replaceAll('http://127.0.0.1:8090', pb.url)
      .replaceAll('./pb_auth.json', join(folder, 'pb_auth.json'))
      .replaceAll(/from '(.*)'/g, (_from, name: string) => `from '${sources[name]!}'`)
  }
})

test('every expected output belongs to a block', () => {
  const names = readmeBlocks().map(({ title, number }) => `${title} ${number}`)
  expect(names).toEqual(expect.arrayContaining(Object.keys(printed)))
})
