import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { exitCodes, outcomes } from '../../src/cli/exit.ts'
import { refusingUrl } from '../support/faulty.ts'
import { bin, pbts, pbtsOnTerminal } from '../support/pbts.ts'
import { temporaryFolder } from '../support/processes.ts'

const root = resolve(import.meta.dirname, '../..')
let folder: Awaited<ReturnType<typeof temporaryFolder>>

beforeEach(async () => {
  folder = await temporaryFolder()
})

afterEach(async () => {
  await folder[Symbol.asyncDispose]()
})

test('help goes to standard output, and tells commands, settings, exit codes and examples', async () => {
  const { stdout, stderr, exitCode } = await pbts(['--help'])
  expect(stderr).toBe('')
  expect(exitCode).toBe(0)
  for (const command of ['hooks', 'analytics', 'traces', 'completion']) {
    expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'))
  }
  expect(stdout).toContain('PB_SUPERUSER_PASSWORD')
  for (const [outcome, code] of Object.entries(exitCodes)) {
    expect(stdout).toContain(`${code}`.padEnd(5) + outcomes[outcome as keyof typeof outcomes])
  }
  expect(stdout).toContain('pbts hooks install ./pb_hooks')
})

test('docs/pbts.md lists the same exit codes', () => {
  const docs = readFileSync(join(root, 'docs/pbts.md'), 'utf8')
  const rows = [...docs.matchAll(/^\| (\d+) +\| (.*?) +\|$/gm)].map(([, code, text]) => [
    code,
    text,
  ])
  expect(rows).toEqual(
    Object.entries(exitCodes).map(([outcome, code]) => [
      String(code),
      outcomes[outcome as keyof typeof outcomes],
    ]),
  )
})

test('every command has a help of its own that fits 80 columns', async () => {
  const commands = [
    [],
    ['hooks'],
    ['hooks', 'install'],
    ['hooks', 'status'],
    ['hooks', 'remove'],
    ['analytics'],
    ['analytics', 'stats'],
    ['analytics', 'pages'],
    ['analytics', 'sources'],
    ['analytics', 'devices'],
    ['analytics', 'logs'],
    ['traces'],
    ['traces', 'list'],
    ['traces', 'show'],
    ['traces', 'routes'],
    ['traces', 'delete'],
    ['traces', 'dyed'],
    ['traces', 'dyed', 'add'],
    ['traces', 'dyed', 'remove'],
    ['traces', 'dyed', 'list'],
  ]
  await Promise.all(
    commands.map(async (command) => {
      const { stdout, exitCode } = await pbts([...command, '--help'])
      expect(exitCode).toBe(0)
      expect(stdout).toContain(['Usage: pbts', ...command].join(' '))
      expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
    }),
  )
})

test('--version prints the version of the package', async () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    version: string
  }
  expect(await pbts(['--version'])).toEqual({ stdout: `${version}\n`, stderr: '', exitCode: 0 })
})

test('without a command it prints its help to standard error and exits with 2', async () => {
  const { stdout, stderr, exitCode } = await pbts([])
  expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 2 })
  expect(stderr).toContain('Usage: pbts')
})

test.each([
  ['an unknown command', ['analytcs'], "unknown command 'analytcs' (Did you mean analytics?)"],
  ['an unknown option', ['traces', '--slow', '3'], "unknown option '--slow'"],
  ['a range that is none', ['analytics', '-r', '8d'], 'Allowed choices are today, 7d, 30d, 90d.'],
  ['a limit that is none', ['analytics', 'pages', '-n', '0'], 'from 1 to 100'],
  ['a day that is none', ['analytics', 'logs', '2026-13-01'], 'A day is written like 2026-01-31.'],
  ['a time that is none', ['traces', 'dyed', 'add', 'x', '--for', '0m'], '15m'],
  ['an interval that is none', ['traces', '--interval', '0'], 'from 0.1 to 86400'],
  ['a server without a name', ['analytics'], 'No URL is given.'],
  ['a URL that is none', ['analytics', '--url', 'localhost:8090'], 'begin with http://'],
  ['a file with settings that is not there', ['analytics', '--settings', 'x'], 'x cannot be read'],
])('%s exits with 2 and a sentence on standard error', async (_, args, sentence) => {
  const { stdout, stderr, exitCode } = await pbts(args, { cwd: folder.path })
  expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 2 })
  expect(stderr).toContain('pbts: ')
  expect(stderr).toContain(sentence)
})

test('with --json an error is JSON too', async () => {
  const { stdout, stderr, exitCode } = await pbts(['nothing', '--json'])
  expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 2 })
  expect(JSON.parse(stderr)).toEqual({
    error: {
      outcome: 'usage',
      exitCode: 2,
      message: "unknown command 'nothing'",
      hint: 'Add --help to see how it is used.',
    },
  })
})

test('a server that does not answer is 3', async () => {
  const url = await refusingUrl()
  const { stdout, stderr, exitCode } = await pbts(['analytics', '--url', url], {
    env: { PB_TOKEN: 'secret-token' },
  })
  expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 3 })
  expect(stderr).toMatch(/^pbts: /)
  expect(stderr).not.toContain('secret-token')
})

test('where nobody can be asked and no secret is set, it is 4 and told which to set', async () => {
  const { stderr, exitCode } = await pbts(['traces', '--url', 'http://127.0.0.1:1'], {
    cwd: folder.path,
  })
  expect(exitCode).toBe(4)
  expect(stderr).toContain('PB_SUPERUSER_EMAIL and PB_SUPERUSER_PASSWORD')
})

test('settings come from the command line, else the environment, else .env', async () => {
  writeFileSync(join(folder.path, '.env'), 'PB_URL="ftp://of.file"\nPB_TOKEN=token\n')
  const refused = async (args: string[], env = {}): Promise<boolean> => {
    const { stderr, exitCode } = await pbts(['analytics', ...args], { cwd: folder.path, env })
    expect(stderr).not.toContain('token')
    if (exitCode === 2) expect(stderr).toContain('begin with http://')
    else expect(exitCode).toBe(3)
    return exitCode === 3
  }
  const url = await refusingUrl()
  expect(await refused([])).toBe(false)
  expect(await refused([], { PB_URL: url })).toBe(true)
  expect(await refused(['--url', 'ftp://of.line'], { PB_URL: url })).toBe(false)
  writeFileSync(join(folder.path, 'other'), `PB_URL=${url}\nPB_TOKEN=token`)
  expect(await refused(['--settings', 'other'])).toBe(true)
})

test('colours are for terminals, unless NO_COLOR or --no-color is given', async () => {
  const escape = '\u001B['
  const onTerminal = async (args: string[], env = {}): Promise<string> => {
    const run = pbtsOnTerminal([...args, 'nothing'], { env })
    expect(await run.ended).toBe(2)
    return run.written()
  }
  expect(await onTerminal([])).toContain(escape)
  expect(await onTerminal([], { NO_COLOR: '1' })).not.toContain(escape)
  expect(await onTerminal([], { TERM: 'dumb' })).toContain('unknown command')
  expect((await pbts(['nothing'])).stderr).not.toContain(escape)
  expect((await pbts(['nothing'], { env: { FORCE_COLOR: '1' } })).stderr).toContain(escape)
})

test('a terminal is asked for what is missing, and the password never appears', async () => {
  const url = await refusingUrl()
  const run = pbtsOnTerminal(['analytics', '--url', url], { cwd: folder.path })
  await run.sees('E-mail of a superuser')
  run.type('admin@example.com\r')
  await run.sees('Password')
  for (const key of 'hunter2-and-more') run.type(key)
  run.type('\r')
  expect(await run.ended).toBe(3)
  expect(run.written()).toContain('admin@example.com')
  // Not even its length.
  expect(run.written()).not.toMatch(/hunter|[▪•*]{3}/)
})

test('Ctrl-C at a question is 130', async () => {
  const run = pbtsOnTerminal(['analytics', '--url', 'http://127.0.0.1:1'], { cwd: folder.path })
  await run.sees('E-mail of a superuser')
  run.type('\u0003')
  expect(await run.ended).toBe(130)
})

test('bash completes commands, options and their values', async () => {
  const { stdout, exitCode } = await pbts(['completion', 'bash'])
  expect(exitCode).toBe(0)
  const complete = (...words: string[]): string[] =>
    execFileSync(
      'bash',
      [
        '-c',
        `${stdout}\nCOMP_WORDS=("$@") COMP_CWORD=$(($# - 1))\n_pbts\nprintf '%s\\n' "\${COMPREPLY[@]}"`,
        'bash',
        ...words,
      ],
      { encoding: 'utf8' },
    )
      .split('\n')
      .filter((line) => line !== '')
  expect(complete('pbts', '')).toEqual(
    expect.arrayContaining(['hooks', 'analytics', 'traces', 'completion', '--json']),
  )
  expect(complete('pbts', 'an')).toEqual(['analytics'])
  expect(complete('pbts', 'traces', 'dyed', 're')).toEqual(['remove'])
  expect(complete('pbts', '--url', 'http://x', 'hooks', 'st')).toEqual(['status'])
  expect(complete('pbts', 'analytics', 'pages', '--range', '')).toEqual([
    'today',
    '7d',
    '30d',
    '90d',
  ])
  expect(complete('pbts', 'completion', 'f')).toEqual(['fish'])
})

test.each(['zsh', 'fish'])('%s gets a script with every command', async (shell) => {
  const { stdout, exitCode } = await pbts(['completion', shell])
  expect(exitCode).toBe(0)
  for (const word of ['hooks', 'install', 'analytics', 'dyed', 'range'])
    expect(stdout).toContain(word)
})

test('a reader that has seen enough ends it without a failure', () => {
  const script = `set -o pipefail; '${process.execPath}' '${bin}' completion fish | head -n 1`
  const [line] = execFileSync('bash', ['-c', script], { encoding: 'utf8' }).split('\n')
  expect(line).toContain('Completion of pbts in fish')
})
