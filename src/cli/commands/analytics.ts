import { createWriteStream } from 'node:fs'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { Argument, InvalidArgumentError, Option } from 'commander'
import type { Command } from 'commander'

import type {
  AnalyticsPeriod,
  AnalyticsRange,
  AnalyticsStats,
  DeviceStats,
  TopPages,
  TopSources,
  VisitorCount,
} from '../../index.ts'
import type { Cli, View } from '../cli.ts'
import { rawLog } from '../raw-log.ts'
import { bars, table } from '../table.ts'
import type { Column, Table } from '../table.ts'
import { duration, number, percent } from '../text.ts'
import { showOrWatch, withWatch } from '../watch.ts'
import type { WatchOptions } from '../watch.ts'

interface RangeOptions extends WatchOptions {
  range: AnalyticsRange
  limit: number
}

export function register(program: Command, cli: Cli): void {
  const analytics = program
    .command('analytics')
    .summary('page views, visitors, pages, sources, devices')
    .description(
      'Page views and visitors of a server with the hooks pack. Days are those of UTC, today included; visitors are ' +
        'distinct sessions. Without a command: stats.',
    )

  withRange(analytics.command('stats', { isDefault: true }))
    .description('Visitors and page views by day, and how long visits last.')
    .action(async (options: RangeOptions) =>
      showOrWatch(
        cli,
        options,
        async (signal) => (await cli.connect()).analytics.getStats(options.range, { signal }),
        statsView,
      ),
    )

  withLimit(withRange(analytics.command('pages')))
    .description('The pages with the most views.')
    .action(async (options: RangeOptions) =>
      showOrWatch(
        cli,
        options,
        async (signal) =>
          (await cli.connect()).analytics.getTopPages(options.range, options.limit, { signal }),
        pagesView,
      ),
    )

  withLimit(withRange(analytics.command('sources')))
    .description('The hosts that most visitors came from.')
    .action(async (options: RangeOptions) =>
      showOrWatch(
        cli,
        options,
        async (signal) =>
          (await cli.connect()).analytics.getTopSources(options.range, options.limit, { signal }),
        sourcesView,
      ),
    )

  withRange(analytics.command('devices'))
    .description('Visitors by browser and by operating system.')
    .action(async (options: RangeOptions) =>
      showOrWatch(
        cli,
        options,
        async (signal) => (await cli.connect()).analytics.getDevices(options.range, { signal }),
        devicesView,
      ),
    )

  analytics
    .command('logs')
    .description('The days that have events; with a day, all its events, one JSON object a line.')
    .addArgument(new Argument('[day]', 'such as 2026-01-31, in UTC').argParser(day))
    .option('-o, --output <file>', 'write the events into a file')
    .action(async (date: string | undefined, { output }: { output?: string }) =>
      date === undefined ? listDays(cli) : download(cli, date, output),
    )
}

function withRange(command: Command): Command {
  return withWatch(
    command.addOption(
      new Option('-r, --range <range>', 'which days, today included')
        .choices(['today', '7d', '30d', '90d'])
        .default('7d'),
    ),
  )
}

function withLimit(command: Command): Command {
  return command.addOption(
    new Option('-n, --limit <count>', 'how many, 100 at most').default(10).argParser(limit),
  )
}

function statsView({ summary, daily, ...period }: AnalyticsStats): View {
  const { totalPV, totalUV, bounceRate, avgDur } = summary
  return [
    daysOf(period),
    `${number(totalUV)} visitors · ${number(totalPV)} page views · ${percent(bounceRate)} bounced · ${duration(avgDur)} on average`,
    table(daily, {
      columns: [
        { key: 'date', value: ({ date }) => date },
        count('visitors', ({ uv }) => uv),
        count('views', ({ pv }) => pv),
        bars(daily, ({ pv }) => pv),
      ],
      empty: 'No events yet.',
    }),
  ]
}

function pagesView({ pages, ...period }: TopPages): View {
  return [
    daysOf(period),
    table(pages, {
      columns: [
        { key: 'path', value: ({ path }) => path, isFlexible: true },
        count('visitors', ({ visitors }) => visitors),
        count('views', ({ pv }) => pv),
        bars(pages, ({ pv }) => pv),
      ],
      empty: 'No page views yet.',
    }),
  ]
}

function sourcesView({ sources, ...period }: TopSources): View {
  return [
    daysOf(period),
    table(sources, {
      columns: [
        {
          key: 'source',
          value: ({ source }) => source,
          isFlexible: true,
        },
        count('visitors', ({ visitors }) => visitors),
        bars(sources, ({ visitors }) => visitors),
      ],
      empty: 'No visitors from elsewhere yet.',
    }),
  ]
}

function devicesView({ browsers, os, ...period }: DeviceStats): View {
  return [
    daysOf(period),
    byName('browser', 'Browsers', browsers),
    byName('os', 'Operating systems', os),
  ]
}

function byName(key: string, title: string, rows: VisitorCount[]): Table {
  return table(rows, {
    title,
    columns: [
      { key, value: ({ name }) => name, isFlexible: true },
      count('visitors', ({ visitors }) => visitors),
      bars(rows, ({ visitors }) => visitors),
    ],
    empty: 'No visitors yet.',
  })
}

function count<Row>(key: string, value: (row: Row) => number): Column<Row> {
  return { key, value, show: (row) => number(value(row)) }
}

function daysOf({ startDate, endDate }: AnalyticsPeriod): string {
  return startDate === endDate ? startDate : `${startDate} to ${endDate}`
}

async function listDays(cli: Cli): Promise<void> {
  const pb = await cli.connect()
  const logs = await pb.analytics.getRawLogs({ signal: cli.signal })
  cli.show(logs, () => [
    table(logs.dates, {
      columns: [{ key: 'day', value: (date) => date }],
      empty: 'No events yet.',
    }),
  ])
}

/** Streams a day, so that its size does not matter. */
async function download(cli: Cli, date: string, output: string | undefined): Promise<void> {
  const pb = await cli.connect()
  const signal = cli.interruptible()
  // Standard output stays open, for whatever comes after.
  const target = output === undefined ? keptOpen(cli.terminal.stdout) : createWriteStream(output)
  await pipeline(rawLog(pb, date, signal), target, { signal })
  if (output !== undefined) cli.terminal.note(`Wrote ${output}.`)
}

function keptOpen(stream: NodeJS.WriteStream): Writable {
  return new Writable({
    write: (chunk: Buffer, _, done) => {
      stream.write(chunk, done)
    },
  })
}

function day(text: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text))) return text
  throw new InvalidArgumentError('A day is written like 2026-01-31.')
}

function limit(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= 100) return value
  throw new InvalidArgumentError('It is a whole number from 1 to 100.')
}
