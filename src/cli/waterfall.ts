import { stretch } from './bar.ts'
import type { TraceSpan } from '../index.ts'
import type { View } from './cli.ts'
import { table } from './table.ts'
import { duration, number, time } from './text.ts'
import type { PlacedSpan } from './tree.ts'

/** A trace: when each span began and how long it took, on one line of time. */
export function waterfall(placed: readonly PlacedSpan[]): View {
  const start = Math.min(...placed.map(({ span }) => span.startTime))
  const end = Math.max(...placed.map(({ span }) => span.startTime + span.duration))
  const whole = Math.max(1, end - start)
  const failed = placed.filter(({ span }) => span.status === 'error').length
  const first = placed[0]!.span
  return [
    `trace ${first.traceId}\n${time(start / 1000)} · ${number(placed.length)} ${placed.length === 1 ? 'span' : 'spans'} · ${duration(whole / 1000)}${failed > 0 ? ` · ${failed} failed` : ''}`,
    table(placed, {
      columns: [
        {
          key: 'name',
          value: ({ span }) => span.name,
          show: ({ span, depth }) =>
            `${'  '.repeat(Math.min(depth, 20))}${depth > 0 ? '└ ' : ''}${span.name}`,
          isFlexible: true,
        },
        {
          key: 'depth',
          value: ({ depth }) => depth,
          isForPrograms: true,
        },
        {
          key: 'start_ms',
          title: 'after',
          value: ({ span }) => (span.startTime - start) / 1000,
          show: ({ span }) => duration((span.startTime - start) / 1000),
        },
        {
          key: 'duration_ms',
          title: 'took',
          value: ({ span }) => span.duration / 1000,
          show: ({ span }) => duration(span.duration / 1000),
        },
        {
          key: 'status',
          value: ({ span }) => statusOf(span),
          align: 'right',
          style: ({ span }) => (span.status === 'error' ? 'red' : undefined),
        },
        { key: 'span', value: ({ span }) => span.spanId, isForPrograms: true },
        {
          key: '',
          value: () => '',
          draw: ({ span }, columns) =>
            stretch(
              (span.startTime - start) / whole,
              (span.startTime + span.duration - start) / whole,
              columns,
            ),
          style: ({ span }) => (span.status === 'error' ? 'red' : 'cyan'),
        },
      ],
      empty: 'No spans.',
    }),
  ]
}

/** That of HTTP, where it was HTTP. */
export function statusOf({ attributes, status }: TraceSpan): number | string {
  return (attributes?.['http.status_code'] as number | undefined) ?? status
}
