import { InvalidArgumentError, Option } from 'commander'
import type { Command } from 'commander'

import type { DyedUser, RouteStatsList, SpanList } from '../../index.ts'
import type { Cli, View } from '../cli.ts'
import { ProgramError } from '../exit.ts'
import { bars, table } from '../table.ts'
import type { Column } from '../table.ts'
import { duration, number, shortTime, time } from '../text.ts'
import { treeOf } from '../tree.ts'
import { statusOf, waterfall } from '../waterfall.ts'
import { showOrWatch, withWatch } from '../watch.ts'
import type { WatchOptions } from '../watch.ts'

export function register(program: Command, cli: Cli): void {
  const traces = program
    .command('traces')
    .summary('requests and how long they took, dyed users')
    .description(
      'What a server with the hooks pack did for each request that it traced. Times are those of UTC. Without a ' +
        'command: list.',
    )

  withWatch(traces.command('list', { isDefault: true }))
    .description('Spans, the latest first.')
    .option('--slower-than <ms>', 'those that took this many milliseconds or longer', count)
    .addOption(new Option('-s, --status <status>', 'those that ended so').choices(['ok', 'error']))
    .option('--name <text>', 'those with this in method and path, in any case')
    .option(
      '--since <time>',
      'those that began then or later: 2026-01-31T10:00:00Z, or 15m, 24h, 7d ago',
      since,
    )
    .addOption(
      new Option('--order <by>', 'in which order, the largest first')
        .choices(['startTime', 'duration', 'name'])
        .default('startTime'),
    )
    .addOption(
      new Option('-n, --limit <count>', 'how many, 500 at most').default(20).argParser(limit),
    )
    .action(async (options: ListOptions) =>
      showOrWatch(cli, options, async (signal) => list(cli, options, signal), listView),
    )

  traces
    .command('show')
    .description('One trace, as a waterfall.')
    .argument('<traceId>', 'as traces list shows it')
    .action(async (traceId: string) => show(cli, traceId))

  withWatch(traces.command('routes'))
    .description('How long the requests of each route took, the slowest routes first.')
    .addOption(
      new Option('-r, --range <range>', 'until now').choices(['1h', '24h', '7d']).default('24h'),
    )
    .action(async (options: WatchOptions & { range: '1h' | '24h' | '7d' }) =>
      showOrWatch(
        cli,
        options,
        async (signal) => (await cli.connect()).traces.getRoutes(options.range, { signal }),
        routesView,
      ),
    )

  traces
    .command('delete')
    .description('Delete all spans of a trace.')
    .argument('<traceId>', 'as traces list shows it')
    .action(async (traceId: string) => {
      const pb = await cli.connect()
      await pb.traces.deleteTrace(traceId)
      cli.done({ traceId }, `Deleted the trace ${traceId}.`)
    })

  const dyed = traces
    .command('dyed')
    .summary('users all of whose requests are traced')
    .description('Users all of whose requests are traced, for a while. Without a command: list.')

  dyed
    .command('list', { isDefault: true })
    .description('The users, and for how long yet.')
    .action(async () => {
      const users = await (await cli.connect()).traces.listDyedUsers()
      cli.show(users, () => dyedView(users.items))
    })

  dyed
    .command('add')
    .description('Trace all requests of a user. For one that is dyed already the time begins anew.')
    .argument('<userId>', 'the id of a record')
    .addOption(
      new Option('--for <time>', 'for how long: 90s, 15m, 24h, 7d').default('1h').argParser(period),
    )
    .option('--reason <text>', 'what for, for others to read')
    .option('--by <name>', 'who wants it, for others to read')
    .action(async (userId: string, options: { for: string; reason?: string; by?: string }) => {
      const pb = await cli.connect()
      const { reason, by: addedBy } = options
      const ttlSeconds = secondsOf(options.for)!
      const user = await pb.traces.addDyedUser(userId, ttlSeconds, { reason, addedBy })
      cli.done(user, `Requests of ${userId} are traced until ${time(Date.parse(user.expiresAt))}.`)
    })

  dyed
    .command('remove')
    .description('Trace no more requests of a user.')
    .argument('<userId>', 'the id of a record')
    .action(async (userId: string) => {
      const pb = await cli.connect()
      await pb.traces.removeDyedUser(userId)
      cli.done({ userId }, `Requests of ${userId} are not traced any more.`)
    })
}

interface ListOptions extends WatchOptions {
  slowerThan?: number
  status?: string
  name?: string
  since?: string
  order: 'startTime' | 'duration' | 'name'
  limit: number
}

async function list(cli: Cli, options: ListOptions, signal: AbortSignal): Promise<SpanList> {
  const { slowerThan, status, name, since: from, order: orderBy, limit: perPage } = options
  const pb = await cli.connect()
  return pb.traces.listSpans(slowerThan, {
    status,
    name,
    startTimeFrom: from && startOf(from),
    orderBy,
    orderDir: 'desc',
    limit: perPage,
    signal,
  })
}

async function show(cli: Cli, traceId: string): Promise<void> {
  const pb = await cli.connect()
  const spans = await pb.traces.getTrace(traceId, { signal: cli.signal })
  if (spans.length === 0) {
    throw new ProgramError('missing', `There is no trace ${traceId}.`, 'To find one: pbts traces')
  }
  cli.show(spans, () => waterfall(treeOf(spans)))
}

function listView({ items, totalCount }: SpanList): View {
  const rest = totalCount - items.length
  return [
    table(items, {
      columns: [
        {
          key: 'time',
          value: ({ startTime }) => time(startTime / 1000),
          show: ({ startTime }) => shortTime(startTime / 1000),
        },
        { key: 'trace', value: ({ traceId }) => traceId },
        {
          key: 'status',
          value: statusOf,
          align: 'right',
          style: ({ status }) => (status === 'error' ? 'red' : undefined),
        },
        took('duration_ms', 'took', ({ duration: us }) => us),
        { key: 'name', value: ({ name }) => name, isFlexible: true },
        bars(items, ({ duration: us }) => us),
      ],
      empty: 'No spans. What is traced is told by: pbts hooks status',
    }),
    ...(rest > 0 ? [`and ${number(rest)} more`] : []),
  ]
}

function routesView({ items }: RouteStatsList): View {
  return [
    table(items, {
      columns: [
        {
          key: 'route',
          value: ({ method, route }) => (route.startsWith(method) ? route : `${method} ${route}`),
          isFlexible: true,
        },
        { key: 'count', value: (row) => row.count, show: (row) => number(row.count) },
        {
          key: 'errors',
          value: ({ errors }) => errors,
          show: ({ errors }) => number(errors),
          style: ({ errors }) => (errors > 0 ? 'red' : undefined),
        },
        took('p50_ms', 'p50', ({ p50 }) => p50),
        took('p95_ms', 'p95', ({ p95 }) => p95),
        took('p99_ms', 'p99', ({ p99 }) => p99),
        bars(items, ({ p95 }) => p95),
      ],
      empty: 'No spans in this range.',
    }),
  ]
}

function dyedView(users: DyedUser[]): View {
  return [
    table(users, {
      columns: [
        { key: 'user', value: ({ userId }) => userId },
        { key: 'until', value: ({ expiresAt }) => time(Date.parse(expiresAt)) },
        { key: 'by', value: ({ addedBy = '' }) => addedBy },
        { key: 'reason', value: ({ reason = '' }) => reason, isFlexible: true },
      ],
      empty: 'Nobody is dyed. To dye a user: pbts traces dyed add <userId>',
    }),
  ]
}

/** Microseconds on the wire, milliseconds for programs. */
function took<Row>(key: string, title: string, microseconds: (row: Row) => number): Column<Row> {
  return {
    key,
    title,
    value: (row) => microseconds(row) / 1000,
    show: (row) => duration(microseconds(row) / 1000),
  }
}

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** Undefined for what is no such time. */
function secondsOf(text: string): number | undefined {
  const [, value, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  return value === undefined ? undefined : Number(value) * unitSeconds[unit]!
}

function period(text: string): string {
  if (secondsOf(text)) return text
  throw new InvalidArgumentError('It is a whole number with s, m, h or d: 15m.')
}

function since(text: string): string {
  if (secondsOf(text) !== undefined || !Number.isNaN(Date.parse(text))) return text
  throw new InvalidArgumentError('It is a time (2026-01-31T10:00:00Z), or how long ago (15m).')
}

/** While somebody watches, `15m` moves on. */
function startOf(text: string): string {
  const ago = secondsOf(text)
  return new Date(ago === undefined ? Date.parse(text) : Date.now() - ago * 1000).toISOString()
}

function count(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It is a whole number.')
}

function limit(text: string): number {
  const value = count(text)
  if (value >= 1 && value <= 500) return value
  throw new InvalidArgumentError('It is a whole number from 1 to 500.')
}
