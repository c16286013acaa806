import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { stamped } from '../../src/cli/pack/stamp.ts'
import { hooksDir, version } from '../../src/hooks/index.ts'
import { startPocketBase } from '../../src/testing/index.ts'
import { pbts, pbtsOnTerminal } from '../support/pbts.ts'
import type { Result } from '../support/pbts.ts'
import { temporaryFolder } from '../support/processes.ts'
import { randomNumbers, seed } from '../support/seed.ts'
import { newest, versionsUnderTest } from '../support/versions.ts'

const scripts = ['pbts/index.js', 'pbts.pb.js']
const oldVersion = '0.0.0-old'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let dir: string

beforeEach(async () => {
  folder = await temporaryFolder()
  dir = join(folder.path, 'pb_hooks')
})

afterEach(async () => {
  await folder[Symbol.asyncDispose]()
})

function text(name: string, of = dir): string {
  return readFileSync(join(of, name), 'utf8')
}

function files(of = dir): string[] {
  return readdirSync(of, { recursive: true, encoding: 'utf8' }).sort()
}

/** A pack of an earlier version, which works and says its version. */
function oldText(name: string): string {
  const [, ...lines] = text(name, hooksDir).split('\n')
  return stamped(lines.join('\n').replaceAll(`"${version}"`, `"${oldVersion}"`), oldVersion)
}

function writeOldPack(): void {
  mkdirSync(join(dir, 'pbts'), { recursive: true })
  for (const name of scripts) writeFileSync(join(dir, name), oldText(name))
}

async function expectSuccess(...args: string[]): Promise<Result> {
  const result = await pbts(args)
  expect(result).toMatchObject({ stderr: '', exitCode: 0 })
  return result
}

describe('install', () => {
  test('puts the three files into a folder that it makes, and says what else there is to do', async () => {
    const { stdout } = await expectSuccess('hooks', 'install', dir)
    expect(files()).toEqual(['pbts', 'pbts.pb.js', 'pbts/LICENSE', 'pbts/index.js'])
    for (const name of [...scripts, 'pbts/LICENSE']) expect(text(name)).toBe(text(name, hooksDir))
    expect(stdout).toContain(`Installed the hooks pack ${version} in ${dir}`)
    expect(stdout).toContain(
      'label POST /api/analytics/events, max 60 requests, interval 10 seconds',
    )
    expect(stdout).toContain('--hooksWatch=false')
  })

  test('a second time changes nothing', async () => {
    await expectSuccess('hooks', 'install', dir)
    const { stdout } = await expectSuccess('hooks', 'install', dir)
    expect(stdout).toContain('already installed')
  })

  test('brings an older pack up to date, and leaves the files of others alone', async () => {
    writeOldPack()
    writeFileSync(join(dir, 'mine.pb.js'), '// mine')
    writeFileSync(join(dir, 'pbts/mine.txt'), 'mine')
    const { stdout } = await expectSuccess('hooks', 'install', dir)
    expect(stdout).toContain(`from ${oldVersion} to ${version}`)
    for (const name of scripts) expect(text(name)).toBe(text(name, hooksDir))
    expect([text('mine.pb.js'), text('pbts/mine.txt')]).toEqual(['// mine', 'mine'])
  })

  test('mends a pack that misses a file, and one of two versions', async () => {
    await expectSuccess('hooks', 'install', dir)
    for (const damage of [
      () => rmSync(join(dir, 'pbts/index.js')),
      () => writeFileSync(join(dir, 'pbts/index.js'), oldText('pbts/index.js')),
    ]) {
      damage()
      const { stderr, exitCode } = await pbts(['hooks', 'status', dir])
      expect({ stderr, exitCode }).toMatchObject({ exitCode: 1 })
      expect(stderr).toContain('not whole')
      expect((await expectSuccess('hooks', 'install', dir)).stdout).toContain('Mended')
      await expectSuccess('hooks', 'status', dir)
    }
  })

  test('refuses a folder with other hooks on its paths, and names the line; --force does not', async () => {
    mkdirSync(dir)
    writeFileSync(
      join(dir, 'own.pb.js'),
      `\nrouterAdd('GET', '/api/analytics/stats', (e) => e.json(200, {}))\n`,
    )
    const { stdout, stderr, exitCode } = await pbts(['hooks', 'install', dir])
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 6 })
    expect(stderr).toContain('own.pb.js, line 2,')
    expect(files()).toEqual(['own.pb.js'])
    await expectSuccess('hooks', 'install', dir, '--force')
  })

  test('refuses a copy of the pack under another name', async () => {
    await expectSuccess('hooks', 'install', dir)
    renameSync(join(dir, 'pbts.pb.js'), join(dir, 'analytics.pb.js'))
    expect(await pbts(['hooks', 'install', dir])).toMatchObject({ exitCode: 6 })
  })

  test('refuses to go over a file that somebody has changed, and one that is not of the pack', async () => {
    await expectSuccess('hooks', 'install', dir)
    for (const [name, content, sentence] of [
      ['pbts.pb.js', `${text('pbts.pb.js')}\n// mine`, 'pbts.pb.js was changed by hand'],
      ['pbts/index.js', 'module.exports = {}', 'pbts/index.js is none of the pack'],
    ] as const) {
      writeFileSync(join(dir, name), content)
      const { stderr, exitCode } = await pbts(['hooks', 'install', dir])
      expect(exitCode).toBe(6)
      expect(stderr).toContain(sentence)
      expect(text(name)).toBe(content)
      expect(await pbts(['hooks', 'remove', dir])).toMatchObject({ exitCode: 6 })
      await expectSuccess('hooks', 'install', dir, '--force')
      expect(text(name)).toBe(text(name, hooksDir))
    }
  })

  test('knows its files where version control has changed the ends of their lines', async () => {
    await expectSuccess('hooks', 'install', dir)
    for (const name of scripts) {
      writeFileSync(join(dir, name), text(name).replaceAll('\n', '\r\n'))
    }
    await expectSuccess('hooks', 'status', dir)
  })

  test('refuses a folder whose parent is not there, and a file', async () => {
    expect(await pbts(['hooks', 'install', join(dir, 'deep')])).toMatchObject({ exitCode: 2 })
    writeFileSync(dir, '')
    expect(await pbts(['hooks', 'install', dir])).toMatchObject({ exitCode: 2 })
  })

  test('with --json tells what it has done, and the rule for the rate limiter', async () => {
    const { stdout } = await expectSuccess('hooks', 'install', dir, '--json')
    expect(JSON.parse(stdout)).toMatchObject({
      dir,
      before: { state: 'none' },
      after: { state: 'whole', version, isCurrent: true },
      rateLimit: { label: 'POST /api/analytics/events', maxRequests: 60, duration: 10 },
    })
  })
})

/** Runs the program and kills it at each change of a file, one run for each, until it comes to its end. */
async function killedEverywhere(
  args: string[],
  prepare: () => void,
  look: (at: number) => Promise<void>,
): Promise<number> {
  const random = randomNumbers(seed)
  const preload = pathToFileURL(join(import.meta.dirname, '../support/kill-at-write.ts')).href
  for (let at = 0; ; at += 1) {
    rmSync(dir, { recursive: true, force: true })
    prepare()
    const { exitCode, stderr } = await pbts(args, {
      nodeArgs: ['--import', preload],
      env: { KILL_AT: String(at), KILL_PART: String(random(1000) / 1000) },
    })
    await look(at)
    if (exitCode === 0) return at
    expect(exitCode, stderr).toBe('SIGKILL')
  }
}

/** The version of each script, as whole files alone have one. */
function versionOf(name: string): string {
  if (!existsSync(join(dir, name))) return 'none'
  const content = text(name)
  if (content === text(name, hooksDir)) return 'new'
  return content === oldText(name) ? 'old' : 'broken'
}

async function runs(bundle: string): Promise<void> {
  const expected = { new: version, old: oldVersion }[bundle]
  await using server = await startPocketBase({ version: newest, hooksDir: dir })
  const pb = await server.superuserClient()
  if (expected === undefined) {
    await expect(pb.analytics.getConfig()).rejects.toMatchObject({ status: 404 })
    return
  }
  expect(await pb.analytics.getConfig()).toMatchObject({ enabled: true, pack: expected })
  expect(await pb.analytics.trackEvent('page_view', '/')).toMatchObject({ accepted: 1 })
  expect((await pb.analytics.getStats()).summary.totalPV).toBe(1)
}

describe(`kill -9 (seed ${seed})`, () => {
  test('in the middle of an upgrade leaves the old pack or the new one, and it works', async () => {
    const found = new Set<string>()
    const kills = await killedEverywhere(['hooks', 'install', dir], writeOldPack, async (at) => {
      const [bundle, entry] = scripts.map(versionOf)
      expect(['old-old', 'new-old', 'new-new'], `at change ${at}`).toContain(`${bundle}-${entry}`)
      if (found.has(`${bundle}-${entry}`)) return
      found.add(`${bundle}-${entry}`)
      await runs(bundle!)
      // Once more mends it, and nothing is left of the first time.
      await expectSuccess('hooks', 'install', dir)
      expect(scripts.map(versionOf)).toEqual(['new', 'new'])
      expect(files()).toEqual(['pbts', 'pbts.pb.js', 'pbts/LICENSE', 'pbts/index.js'])
    })
    expect([...found]).toEqual(['old-old', 'new-old', 'new-new'])
    expect(kills).toBeGreaterThan(15)
  }, 120_000)

  test('in the middle of the first install leaves no pack or a whole one', async () => {
    const found = new Set<string>()
    await killedEverywhere(
      ['hooks', 'install', dir],
      () => mkdirSync(dir),
      async (at) => {
        const [bundle, entry] = scripts.map(versionOf)
        const states = ['none-none', 'new-none', 'new-new']
        expect(states, `at change ${at}`).toContain(`${bundle}-${entry}`)
        if (found.has(`${bundle}-${entry}`)) return
        found.add(`${bundle}-${entry}`)
        await runs(entry!)
      },
    )
    expect([...found]).toEqual(['none-none', 'new-none', 'new-new'])
  }, 120_000)

  test('in the middle of removing never leaves an entry without what it asks for', async () => {
    await killedEverywhere(
      ['hooks', 'remove', dir],
      () => cpSync(hooksDir, dir, { recursive: true }),
      async (at) => {
        const [bundle, entry] = scripts.map(versionOf)
        expect(['new-new', 'new-none', 'none-none'], `at change ${at}`).toContain(
          `${bundle}-${entry}`,
        )
      },
    )
    expect(files()).toEqual([])
  }, 60_000)
})

describe.each(versionsUnderTest())('a server that runs (PocketBase %s)', (pocketbase) => {
  test('gets the pack, tells of it, and loses it and its tables again', async () => {
    mkdirSync(dir)
    await using server = await startPocketBase({ version: pocketbase, hooksDir: dir })
    const { email, password } = server.superuser!
    const env = { PB_URL: server.url, PB_SUPERUSER_EMAIL: email, PB_SUPERUSER_PASSWORD: password }
    const status = async (...args: string[]): Promise<Result> =>
      pbts(['hooks', 'status', ...args], { env })

    const before = await status()
    expect(before).toMatchObject({ exitCode: 5 })
    expect(before.stderr).toContain('pbts hooks install')

    await expectSuccess('hooks', 'install', dir)
    // Its watcher notices.
    await vi.waitFor(
      async () => {
        const { stdout, stderr, exitCode } = await status(dir)
        expect(stderr).toBe('')
        expect(exitCode).toBe(0)
        expect(stdout).toContain(`files\tpack ${version}, up to date`)
        expect(stdout).toContain(`runs\tpack ${version}`)
        expect(stdout).toContain('analytics\ton, events are kept for 90 days')
      },
      { timeout: 20_000, interval: 250 },
    )
    const pb = await server.superuserClient()
    await pb.analytics.trackEvent('page_view', '/')
    expect((await pb.analytics.getStats()).summary.totalPV).toBe(1)

    // Without --drop-tables what is stored stays.
    await expectSuccess('hooks', 'remove', dir)
    expect(files()).toEqual([])
    await vi.waitFor(async () => expect(await pb.analytics.isEnabled()).toBe(false), 20_000)
    await expectSuccess('hooks', 'install', dir)
    await vi.waitFor(async () => expect(await pb.analytics.isEnabled()).toBe(true), 20_000)
    expect((await pb.analytics.getStats()).summary.totalPV).toBe(1)

    const unasked = await pbts(['hooks', 'remove', dir, '--drop-tables'])
    expect(unasked).toMatchObject({ exitCode: 2 })
    expect(unasked.stderr).toContain('--yes')
    const { stdout } = await expectSuccess(
      'hooks',
      'remove',
      dir,
      '--drop-tables',
      '--yes',
      '--json',
    )
    const { tables } = JSON.parse(stdout) as { tables: string[] }
    expect(tables).toEqual(expect.arrayContaining(['_pbts_events', '_pbts_spans', '_pbts_meta']))
    expect(files()).toEqual([])
    await vi.waitFor(async () => expect(await pb.analytics.isEnabled()).toBe(false), 20_000)
    await expectSuccess('hooks', 'install', dir)
    await vi.waitFor(async () => expect(await pb.analytics.isEnabled()).toBe(true), 20_000)
    expect((await pb.analytics.getStats()).summary.totalPV).toBe(0)
  }, 90_000)
})

describe('remove', () => {
  test('of what is not there is 5', async () => {
    mkdirSync(dir)
    expect(await pbts(['hooks', 'remove', dir])).toMatchObject({ stdout: '', exitCode: 5 })
  })

  test('asks at a terminal before tables go, and No does nothing', async () => {
    await expectSuccess('hooks', 'install', dir)
    const run = pbtsOnTerminal(['hooks', 'remove', dir, '--drop-tables'])
    await run.sees('Remove all events, sessions and spans of this server?')
    run.type('n')
    expect(await run.ended).toBe(130)
    await expectSuccess('hooks', 'status', dir)
  })

  test('without a server that removes the tables says what to do, and a second run ends it', async () => {
    await expectSuccess('hooks', 'install', dir)
    const drop = ['hooks', 'remove', dir, '--drop-tables', '--yes']
    const first = await pbts([...drop, '--wait', '0'])
    expect(first).toMatchObject({ stdout: '', exitCode: 1 })
    expect(first.stderr).toContain('Restart the server, and run this once more.')
    const status = await pbts(['hooks', 'status', dir])
    expect(status).toMatchObject({ exitCode: 1 })
    expect(status.stderr).toContain('is being removed')
    {
      await using server = await startPocketBase({ version: newest, hooksDir: dir })
      await expect((await server.superuserClient()).health.check()).resolves.toBeTruthy()
    }
    await expectSuccess(...drop)
    expect(files()).toEqual([])
  }, 60_000)
})
