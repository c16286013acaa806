import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

import { InvalidArgumentError, Option } from 'commander'
import type { Command } from 'commander'

import { version } from '../../hooks/index.ts'
import type { AnalyticsConfig } from '../../index.ts'
import type { Cli, View } from '../cli.ts'
import { ProgramError, failureOf } from '../exit.ts'
import { inspect } from '../pack/inspect.ts'
import type { FoundPack } from '../pack/inspect.ts'
import { installPack } from '../pack/install.ts'
import { removePack } from '../pack/remove.ts'
import { table } from '../table.ts'
import { shownURL } from '../settings.ts'

const defaultDir = 'pb_hooks'

export function register(program: Command, cli: Cli): void {
  const hooks = program
    .command('hooks')
    .summary('install, look at and remove the hooks pack')
    .description(
      'The hooks pack gives a stock PocketBase, 0.23 and newer, analytics and traces. It lives in the folder with the ' +
        "server's JavaScript hooks, pb_hooks beside pb_data by default, and in tables of its own in auxiliary.db.",
    )

  hooks
    .command('install')
    .summary('put the pack into a folder of hooks, or bring it up to date')
    .description(
      'Puts the pack into a folder of hooks, or brings the one that is there up to date; what it has stored is kept. ' +
        'When it is stopped on the way, the server has the old pack or the new one.',
    )
    .argument('<dir>', 'the folder of hooks; it is made where its parent is there')
    .option(
      '-f, --force',
      'replace files that were changed by hand, go over other hooks that name paths of the pack',
    )
    .action((dir: string, { force = false }: { force?: boolean }) => {
      const { before, after, dir: folder } = installPack(dir, force)
      cli.done(
        { dir: folder, before, after, rateLimit: rateLimitRule },
        installedText(folder, before, cli),
      )
    })

  hooks
    .command('status')
    .summary('tell which pack is installed, and what the server says')
    .description(
      'Tells what there is of the pack in a folder of hooks and, where a server is named (--url, PB_URL), what that ' +
        'server says: the version that runs, what is kept, and how far forwarding is behind.',
    )
    .argument('[dir]', `the folder of hooks; default: ${defaultDir}, where there is one`)
    .action(async (dir: string | undefined) => status(cli, dir))

  hooks
    .command('remove')
    .summary('take the pack out of a folder of hooks')
    .description(
      'Takes the pack out of a folder of hooks. What it has stored stays in auxiliary.db, for the next time it is ' +
        'installed, unless --drop-tables is given: a running server then restarts and removes it.',
    )
    .argument('[dir]', 'the folder of hooks', defaultDir)
    .option('--drop-tables', 'remove all events, sessions and spans too')
    .option('-y, --yes', 'do not ask before tables are removed')
    .option('-f, --force', 'remove files that were changed by hand')
    .addOption(
      new Option('--wait <seconds>', 'how long the server has to remove the tables')
        .default(20)
        .argParser(wholeSeconds),
    )
    .action(async (dir: string, options: RemoveFlags) => remove(cli, dir, options))
}

interface RemoveFlags {
  dropTables?: boolean
  yes?: boolean
  force?: boolean
  wait: number
}

/** What PocketBase's own limiter can be told, in Settings, Application, Rate limiting. */
const rateLimitRule = {
  label: 'POST /api/analytics/events',
  audience: '@guest',
  maxRequests: 60,
  duration: 10,
}

function installedText(dir: string, before: FoundPack, { terminal }: Cli): string {
  const { label, audience, maxRequests, duration } = rateLimitRule
  return `${terminal.style('green', '✓')} ${whatHappened(before)} in ${dir}

${terminal.style('bold', 'Restart')}     The server notices by itself and restarts. On Windows, and with --hooksWatch=false: restart it.
${terminal.style('bold', 'Rate limit')}  Anyone can send events. The pack takes 60 requests of an address in 10 seconds; to have
            PocketBase's own limiter refuse them earlier (Settings, Application, Rate limiting), add the rule
            label ${label}, max ${maxRequests} requests, interval ${duration} seconds, for ${audience}
${terminal.style('bold', 'Next')}        pbts hooks status ${dir} --url http://127.0.0.1:8090`
}

function whatHappened({ state, isCurrent, version: old }: FoundPack): string {
  if (state === 'none') return `Installed the hooks pack ${version}`
  if (state === 'whole' && isCurrent) return `The hooks pack ${version} was already installed`
  return state === 'whole' && old !== version
    ? `Brought the hooks pack from ${old} to ${version}`
    : `Mended the hooks pack, which is ${version} now,`
}

async function remove(cli: Cli, dir: string, flags: RemoveFlags): Promise<void> {
  const { dropTables = false, force = false, yes, wait } = flags
  if (dropTables) {
    await cli.confirm(
      'Remove all events, sessions and spans of this server? They cannot be brought back.',
      yes,
    )
  }
  const signal = cli.interruptible()
  const removed = await removePack(dir, { force, dropTables, waitMs: wait * 1000, signal })
  const tables = removed.tables ? `, and its ${removed.tables.length} tables` : ''
  const kept = removed.tables ? '' : ' What it has stored is still in auxiliary.db.'
  cli.done(removed, `Removed the hooks pack from ${removed.dir}${tables}.${kept}`)
}

/** What `hooks status` found. */
interface Status {
  dir?: string
  pack?: FoundPack
  url?: string
  server?: AnalyticsConfig
  error?: string
}

async function status(cli: Cli, given: string | undefined): Promise<void> {
  const { url } = cli.settings()
  const dir = given ?? (existsSync(defaultDir) ? defaultDir : undefined)
  if (dir === undefined && url === undefined) {
    const hint = 'Name a folder, or a server by --url or PB_URL.'
    throw new ProgramError('usage', `There is no ${defaultDir} here, and no server is named.`, hint)
  }
  const found: Status = {}
  if (dir !== undefined) Object.assign(found, { dir: resolve(dir), pack: inspect(dir) })
  const failure = url === undefined ? undefined : await askServer(cli, found, url)
  cli.show(found, () => statusView(found))
  failure?.()
  complain(found)
}

/** Answers what tells why the server says nothing, when everything else has been shown. */
async function askServer(cli: Cli, found: Status, url: string): Promise<(() => never) | undefined> {
  try {
    const pb = await cli.connect()
    found.url = shownURL(url)
    found.server = await pb.analytics.getConfig({ signal: cli.signal })
    return undefined
  } catch (error) {
    found.error = failureOf(error).message
    return () => {
      throw error
    }
  }
}

function complain({ dir, pack }: Status): void {
  if (!pack || pack.state === 'whole') return
  if (pack.state === 'none') {
    throw new ProgramError(
      'missing',
      `There is no hooks pack in ${dir}.`,
      `To install it: pbts hooks install ${dir}`,
    )
  }
  const [outcome, message, hint] = (
    {
      partial: ['failed', 'The pack is not whole.', `To mend it: pbts hooks install ${dir}`],
      changed: [
        'inTheWay',
        'The pack was changed by hand.',
        `To replace it: pbts hooks install --force ${dir}`,
      ],
      removing: [
        'failed',
        'The pack is being removed.',
        `Restart the server, then: pbts hooks remove ${dir}`,
      ],
    } as const
  )[pack.state]
  throw new ProgramError(outcome, message, hint)
}

function statusView({ dir, pack, url, server, error }: Status): View {
  const rows: [string, string][] = []
  if (dir !== undefined && pack) {
    rows.push(['folder', dir], ['files', filesText(pack)])
  }
  if (url !== undefined) rows.push(['server', url])
  if (error !== undefined) rows.push(['answer', error])
  if (server) {
    rows.push(
      [
        'runs',
        server.pack === undefined ? 'analytics that are not of the pack' : `pack ${server.pack}`,
      ],
      ['analytics', server.enabled ? `on, events are kept for ${server.retention} days` : 'off'],
    )
    const { traces, forwarding } = server as ServerExtras
    if (traces) {
      rows.push(['traces', `${traces.mode}, spans are kept for ${traces.retention} days`])
    }
    if (forwarding) rows.push(['forwarding', JSON.stringify(forwarding)])
  }
  return [
    table(rows, {
      columns: [
        { key: 'what', value: ([what]) => what },
        { key: 'state', value: ([, state]) => state, isFlexible: true },
      ],
      empty: 'Nothing is known.',
    }),
  ]
}

/** Members of the pack's answer beside those of {@link AnalyticsConfig}. */
interface ServerExtras {
  traces?: { mode: string; retention: number }
  forwarding?: unknown
}

function filesText({ state, version: installed, isCurrent }: FoundPack): string {
  const texts: Record<FoundPack['state'], string> = {
    none: 'not installed',
    whole: isCurrent
      ? `pack ${installed}, up to date`
      : `pack ${installed}; this program has ${version}`,
    partial: 'not whole',
    changed: 'changed by hand',
    removing: 'waits for a start of the server to remove the tables',
  }
  return texts[state]
}

function wholeSeconds(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It is a whole number of seconds.')
}
