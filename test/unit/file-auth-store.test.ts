import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

import { describe, expect, test, vi } from 'vitest'

import type { AuthRecord } from '../../src/index.ts'
import { FileAuthStore } from '../../src/node/index.ts'
import { json, observed } from '../support/observed.ts'
import { temporaryFolder } from '../support/processes.ts'

const entry = pathToFileURL(resolve(import.meta.dirname, '../../src/node/index.ts')).href
const user = { id: 'u1', collectionId: 'c1', collectionName: 'users', name: 'Zoë' }
const other = { id: 'u2', collectionId: 'c1', collectionName: 'users', name: 'Max' }

/** A store that collects its warnings. */
function open(path: string | URL): { store: FileAuthStore; warnings: string[] } {
  const warnings: string[] = []
  const store = new FileAuthStore(path, { onWarning: (message) => warnings.push(message) })
  return { store, warnings }
}

function stateOf(store: FileAuthStore): { token: string; record: AuthRecord } {
  return { token: store.token, record: store.record }
}

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8)
}

const signedOut = { token: '', record: null }

describe('a file', () => {
  test('that is missing means nobody is signed in, and is created by the first sign-in', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'a/b/auth.json')
    const { store, warnings } = open(path)
    expect(stateOf(store)).toEqual(signedOut)
    expect(existsSync(join(folder.path, 'a'))).toBe(false)

    store.save('t1', user)
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ token: 't1', record: user })
    expect(modeOf(path)).toBe('600')
    expect(modeOf(join(folder.path, 'a/b'))).toBe('700')
    expect(warnings).toEqual([])
  })

  test('signs in the store that is made next', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'auth.json')
    open(path).store.save('t1', user)
    const next = open(path)
    expect(stateOf(next.store)).toEqual({ token: 't1', record: user })
    expect(next.store.record).toBe(next.store.record)
    expect(next.warnings).toEqual([])
  })

  test('holds a token without a record as well', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'auth.json')
    open(path).store.save('t1')
    expect(stateOf(open(path).store)).toEqual({ token: 't1', record: null })
  })

  test('is read too when the record stands under its older name', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'auth.json')
    writeFileSync(path, JSON.stringify({ token: 't1', model: user }))
    expect(stateOf(open(path).store)).toEqual({ token: 't1', record: user })
  })

  test('that others could read is private after the next save', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'auth.json')
    writeFileSync(path, JSON.stringify({ token: 't1', record: user }))
    chmodSync(path, 0o644)
    open(path).store.save('t2', user)
    expect(modeOf(path)).toBe('600')
  })

  test('that is read-only itself is replaced', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'auth.json')
    open(path).store.save('t1', user)
    chmodSync(path, 0o400)
    open(path).store.save('t2', other)
    expect(stateOf(open(path).store)).toEqual({ token: 't2', record: other })
    expect(modeOf(path)).toBe('600')
  })

  test('is removed by signing out, and its folder stays', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'auth.json')
    const { store } = open(path)
    store.save('t1', user)
    store.clear()
    expect(stateOf(store)).toEqual(signedOut)
    expect(readdirSync(folder.path)).toEqual([])
    expect(stateOf(open(path).store)).toEqual(signedOut)

    store.clear()
    store.save('t2', other)
    expect(stateOf(open(path).store)).toEqual({ token: 't2', record: other })
  })

  test('is written before listeners are called', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'auth.json')
    const { store } = open(path)
    const seen: unknown[] = []
    store.onChange((token) => seen.push([token, stateOf(open(path).store).token]))
    store.save('t1', user)
    store.clear()
    expect(seen).toEqual([
      ['t1', 't1'],
      ['', ''],
    ])
  })

  test('keeps what a listener saves', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'auth.json')
    const { store } = open(path)
    store.onChange((token) => {
      if (token === 't1') store.save('t2', other)
    })
    store.save('t1', user)
    expect(stateOf(store)).toEqual({ token: 't2', record: other })
    expect(stateOf(open(path).store)).toEqual({ token: 't2', record: other })
  })

  test('can be named by a URL', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'with space.json')
    const { store } = open(pathToFileURL(path))
    store.save('t1', user)
    expect(store.path).toBe(path)
    expect(stateOf(open(path).store)).toEqual({ token: 't1', record: user })
  })

  test('stays where it is when the working directory changes', async () => {
    await using folder = await temporaryFolder()
    const { output } = await run(
      `process.chdir(${JSON.stringify(folder.path)})
       const store = new FileAuthStore('auth.json')
       process.chdir('/')
       store.save('t1', null)`,
    )
    expect(output).toBe('')
    expect(stateOf(open(join(folder.path, 'auth.json')).store).token).toBe('t1')
  })

  test('has a name, and no other protocol', () => {
    expect(() => new FileAuthStore('')).toThrow(TypeError)
    expect(() => new FileAuthStore(new URL('https://pb.test/auth.json'))).toThrow(TypeError)
  })
})

describe('a file that cannot be used', () => {
  const whole = JSON.stringify({
    token: 'secret-token',
    record: { ...user, email: 'secret@pb.test' },
  })
  const cases: [name: string, content: string | Uint8Array, reason: string][] = [
    ['is empty', '', 'it is empty'],
    ['holds blanks', ' \n', 'it is empty'],
    ['is torn after its first byte', whole.slice(0, 1), 'it is not JSON'],
    ['is torn in the token', whole.slice(0, 20), 'it is not JSON'],
    ['is torn before its last byte', whole.slice(0, -1), 'it is not JSON'],
    ['holds two states', whole + whole, 'it is not JSON'],
    ['holds text', 'secret-token', 'it is not JSON'],
    ['holds zeros, as after a power cut', new Uint8Array(200), 'it is not JSON'],
    ['holds bytes that are no text', new Uint8Array([0xff, 0xfe, 0x00, 0xd8]), 'it is not JSON'],
    ['holds a list', '["secret-token"]', 'it holds no token and record'],
    ['holds null', 'null', 'it holds no token and record'],
    ['holds a number', '1', 'it holds no token and record'],
    ['holds a text in quotes', '"secret-token"', 'it holds no token and record'],
    ['holds no token', '{"record":{"id":"secret"}}', 'it holds no token and record'],
    ['holds a token that is no text', '{"token":1,"record":{}}', 'it holds no token and record'],
    [
      'holds a record that is a text',
      '{"token":"t","record":"secret"}',
      'it holds no token and record',
    ],
    [
      'holds a record that is a list',
      '{"token":"t","record":["secret"]}',
      'it holds no token and record',
    ],
  ]

  test.each(cases)(
    'because it %s is reported once, without its content',
    async (_, content, reason) => {
      await using folder = await temporaryFolder()
      const path = join(folder.path, 'auth.json')
      writeFileSync(path, content)
      const { store, warnings } = open(path)
      expect(stateOf(store)).toEqual(signedOut)
      expect(warnings).toEqual([
        `FileAuthStore: ${path} was not used: ${reason}. Nobody is signed in.`,
      ])

      // It is left alone until there is something better.
      expect(readFileSync(path)).toEqual(Buffer.from(content))
      store.save('t1', user)
      expect(stateOf(open(path).store)).toEqual({ token: 't1', record: user })
      expect(warnings).toHaveLength(1)
    },
  )

  test('is removed by signing out', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'auth.json')
    writeFileSync(path, 'garbage')
    open(path).store.clear()
    expect(readdirSync(folder.path)).toEqual([])
  })

  test('is reported on the console where nobody else listens', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'auth.json')
    writeFileSync(path, 'garbage')
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    try {
      expect(stateOf(new FileAuthStore(path))).toEqual(signedOut)
      expect(warn.mock.calls).toEqual([[expect.stringContaining(path)]])
    } finally {
      warn.mockRestore()
    }
  })

  test('because it may not be read is reported with the reason of the system', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'auth.json')
    writeFileSync(path, whole)
    chmodSync(path, 0o000)
    const { output } = await runUnprivileged(
      folder.path,
      `const warnings = []
       const store = new FileAuthStore(${JSON.stringify(path)}, { onWarning: (text) => warnings.push(text) })
       console.log(JSON.stringify({ token: store.token, warnings }))`,
    )
    expect(JSON.parse(output)).toEqual({
      token: '',
      warnings: [
        `FileAuthStore: ${path} was not used: EACCES: permission denied, open '${path}'. Nobody is signed in.`,
      ],
    })
  })

  test('because it is a folder is reported, and stays a folder', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'auth.json')
    mkdirSync(path)
    const { store, warnings } = open(path)
    expect(warnings).toEqual([
      `FileAuthStore: ${path} was not used: it is not a regular file. Nobody is signed in.`,
    ])
    expect(() => store.save('t1', user)).toThrow(path)
    expect(() => store.clear()).toThrow(path)
    expect(statSync(path).isDirectory()).toBe(true)
    expect(readdirSync(folder.path)).toEqual(['auth.json'])
  })

  test('because it is something like a device is reported, and not replaced', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'socket')
    const server = createServer().listen(path)
    await once(server, 'listening')
    try {
      const { store, warnings } = open(path)
      expect(warnings).toEqual([expect.stringContaining('it is not a regular file')])
      expect(() => store.save('t1', user)).toThrow('it is not a regular file')
      expect(() => store.clear()).toThrow('it is not a regular file')
      expect(lstatSync(path).isSocket()).toBe(true)
    } finally {
      server.close()
    }
  })
})

describe('a save that cannot be written', () => {
  test('names the path and the reason, and memory keeps the sign-in', async () => {
    await using folder = await temporaryFolder()
    writeFileSync(join(folder.path, 'file'), '')
    const path = join(folder.path, 'file/auth.json')
    const { store, warnings } = open(path)
    expect(warnings).toEqual([])
    const told: string[] = []
    store.onChange((token) => told.push(token))
    const error = thrownBy(() => store.save('secret-token', user))
    expect(error.cause).toHaveProperty('code', 'EEXIST')
    const reason = (error.cause as Error).message
    expect(error.message).toBe(
      `FileAuthStore: ${path} could not be written, the sign-in is kept in memory alone: ${reason}`,
    )
    expect(error.message).not.toMatch('secret-token')
    expect(stateOf(store)).toEqual({ token: 'secret-token', record: user })
    expect(told).toEqual(['secret-token'])

    // Nothing is there that could sign in.
    store.clear()
    expect(told).toEqual(['secret-token', ''])
  })

  test('because the folder is read-only leaves the file as it was', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'auth.json')
    open(path).store.save('t1', user)
    chmodSync(path, 0o644)
    chmodSync(folder.path, 0o555)
    const { output } = await runUnprivileged(
      folder.path,
      `const store = new FileAuthStore(${JSON.stringify(path)})
       const before = store.token
       const attempt = (work) => { try { work() } catch (error) { return error.message } }
       console.log(JSON.stringify({
         before,
         save: attempt(() => store.save('t2', null)),
         saved: store.token,
         clear: attempt(() => store.clear()),
         cleared: store.token,
       }))`,
    )
    chmodSync(folder.path, 0o755)
    const result = JSON.parse(output) as Record<string, string>
    expect(result).toEqual({
      before: 't1',
      save: expect.stringMatching(/could not be written.*EACCES/),
      saved: 't2',
      clear: expect.stringMatching(/could not be removed.*EACCES/),
      cleared: '',
    })
    expect(result['save']).toMatch(path)
    expect(result['clear']).toMatch(path)
    expect(stateOf(open(path).store)).toEqual({ token: 't1', record: user })
    expect(readdirSync(folder.path)).toEqual(['auth.json'])
  })

  test('because there is no room leaves the file as it was, and no torn one beside it', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'auth.json')
    open(path).store.save('t1', user)
    // A limit on file sizes stops a write half-way, as a full disk does.
    const { output } = await run(
      `const store = new FileAuthStore(${JSON.stringify(path)})
       let message
       try { store.save('t2', { id: 'x'.repeat(100_000) }) } catch (error) { message = error.message }
       console.log(JSON.stringify({ message, token: store.token }))
       store.clear()`,
      'ulimit -f 8 && exec "$0" "$@"',
    )
    expect(JSON.parse(output)).toEqual({
      message: expect.stringMatching(/could not be written.*EFBIG/),
      token: 't2',
    })
    // The script signed out at its end: that needs no room.
    expect(readdirSync(folder.path)).toEqual([])
  })

  test('because the record has no JSON names the path too', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'auth.json')
    const { store } = open(path)
    const record = { ...user, count: 1n }
    expect(() => store.save('t1', record)).toThrow(`FileAuthStore: ${path} could not be written`)
    expect(store.record).toBe(record)
    expect(readdirSync(folder.path)).toEqual([])
  })

  test('rejects the sign-in that made it, while later requests carry its token', async () => {
    await using folder = await temporaryFolder()
    writeFileSync(join(folder.path, 'file'), '')
    const path = join(folder.path, 'file/auth.json')
    const { client, requests } = observed(() => json({ token: 't1', record: user }), {
      authStore: new FileAuthStore(path, { onWarning: () => {} }),
    })
    const signIn = client.collection('users').authWithPassword('a', 'b')
    await expect(signIn).rejects.toThrow(`${path} could not be written`)
    expect(client.authStore.record).toEqual(user)
    await client.send('/api/x', {})
    expect(requests[1]?.init.headers['Authorization']).toBe('t1')
  })
})

describe('a symbolic link', () => {
  test('is followed, and stays', async () => {
    await using folder = await temporaryFolder()
    mkdirSync(join(folder.path, 'real'))
    mkdirSync(join(folder.path, 'links'))
    const target = join(folder.path, 'real/auth.json')
    const link = join(folder.path, 'links/auth.json')
    symlinkSync('../real/auth.json', link)

    // It points to nothing yet.
    const { store, warnings } = open(link)
    expect(stateOf(store)).toEqual(signedOut)
    store.save('t1', user)
    store.save('t2', user)
    expect(lstatSync(link).isSymbolicLink()).toBe(true)
    expect(lstatSync(target).isFile()).toBe(true)
    expect(stateOf(open(link).store)).toEqual({ token: 't2', record: user })

    store.clear()
    expect(existsSync(target)).toBe(false)
    expect(lstatSync(link).isSymbolicLink()).toBe(true)
    store.save('t3', user)
    expect(stateOf(open(target).store)).toEqual({ token: 't3', record: user })
    expect(readdirSync(join(folder.path, 'links'))).toEqual(['auth.json'])
    expect(readdirSync(join(folder.path, 'real'))).toEqual(['auth.json'])
    expect(warnings).toEqual([])
  })

  test('may lead to another one, through a folder that is one', async () => {
    await using folder = await temporaryFolder()
    mkdirSync(join(folder.path, 'deep/real'), { recursive: true })
    symlinkSync(join(folder.path, 'deep/real'), join(folder.path, 'folder'))
    symlinkSync('../second', join(folder.path, 'folder/first'))
    symlinkSync('real/auth.json', join(folder.path, 'deep/second'))
    open(join(folder.path, 'folder/first')).store.save('t1', user)
    expect(stateOf(open(join(folder.path, 'deep/real/auth.json')).store).token).toBe('t1')
    expect(lstatSync(join(folder.path, 'deep/second')).isSymbolicLink()).toBe(true)
  })

  test('that leads to itself is reported, and a save says so', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'loop')
    symlinkSync('loop', path)
    const { store, warnings } = open(path)
    expect(warnings).toEqual([expect.stringMatching(`${path} was not used: ELOOP`)])
    expect(() => store.save('t1', user)).toThrow('ELOOP')
    expect(store.token).toBe('t1')
  })
})

describe('temporary files', () => {
  test('of killed processes are removed once they are old, and nothing else is', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'auth.json')
    const old = ['auth.json.0123456789ab.tmp', 'auth.json.ba9876543210.tmp']
    const young = 'auth.json.aaaaaaaaaaaa.tmp'
    const foreign = [
      'auth.json.bak',
      'auth.json.tmp',
      'auth2.json.0123456789ab.tmp',
      'else.json.0123456789ab.tmp',
    ]
    const touch = (name: string, ageMs: number): void => {
      writeFileSync(join(folder.path, name), '')
      const seconds = (Date.now() - ageMs) / 1000
      utimesSync(join(folder.path, name), seconds, seconds)
    }
    for (const name of [...old, ...foreign]) touch(name, 11 * 60_000)
    touch(young, 9 * 60_000)

    const { store } = open(path)
    expect(readdirSync(folder.path)).toHaveLength(7)
    store.save('t1', user)
    expect(readdirSync(folder.path).sort()).toEqual(['auth.json', young, ...foreign].sort())

    // A token can be in one of them.
    touch(old[0]!, 11 * 60_000)
    store.clear()
    expect(readdirSync(folder.path).sort()).toEqual([young, ...foreign].sort())
  })
})

function thrownBy(work: () => void): Error {
  try {
    work()
  } catch (error) {
    return error as Error
  }
  throw new Error('It did not throw')
}

/** Starts a module's text as a process, through a line of shell if there is one. It finds `FileAuthStore` imported. */
function start(
  text: string,
  shell?: string,
): { child: ReturnType<typeof spawn>; ended: Promise<number | string> } {
  const module = `import { FileAuthStore } from '${entry}'\n${text}`
  const command = [process.execPath, '--input-type=module', '--eval', module]
  const [program, ...args] = shell ? ['sh', '-c', shell, ...command] : command
  const child = spawn(program!, args, {
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string)
  return { child, ended }
}

async function run(text: string, shell?: string): Promise<{ output: string }> {
  const { child, ended } = start(text, shell)
  let output = ''
  child.stdout!.on('data', (data: Buffer) => {
    output += data.toString()
  })
  expect(await ended).toBe(0)
  return { output }
}

/** Root may read and write everything: there, a script becomes nobody before it works with the folder. */
async function runUnprivileged(folder: string, text: string): Promise<{ output: string }> {
  const nobody = 65534
  if (process.getuid?.() !== 0) return run(text)
  chownSync(folder, nobody, nobody)
  for (const name of readdirSync(folder)) chownSync(join(folder, name), nobody, nobody)
  return run(
    `process.setgroups([]); process.setgid(${nobody}); process.setuid(${nobody})
     ${text}`,
  )
}
