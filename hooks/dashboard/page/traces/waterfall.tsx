import type { TraceSpan } from '../../../../src/index.ts'
import { Foreign } from '../controls.tsx'
import { formatDuration, formatNumber, formatTime } from '../format.ts'
import { startOf, Status } from './span.tsx'
import { treeOf } from './tree.ts'

/** More would make browsers slow. */
const maxRows = 1000

/** Spans over time, each below its cause. `start` and `end` in microseconds. */
export function Waterfall({
  spans,
  start,
  end,
}: {
  spans: readonly TraceSpan[]
  start: number
  end: number
}) {
  const rows = treeOf(spans)
  const total = Math.max(end - start, 1)
  const percent = (microseconds: number): string => `${(microseconds / total) * 100}%`
  return (
    <div class="waterfall">
      <div class="axis" aria-hidden="true">
        {[0, 0.25, 0.5, 0.75, 1].map((share) => (
          <span key={share}>{share === 0 ? '0' : formatDuration(share * total)}</span>
        ))}
      </div>
      <ol>
        {rows.slice(0, maxRows).map(({ span, depth }) => (
          <li key={span.id}>
            <details>
              <summary>
                {/* Deeper ones would leave the page. */}
                <span class="request" style={{ paddingInlineStart: `${Math.min(depth, 8)}rem` }}>
                  <Status span={span} />
                  <Foreign text={span.name} />
                </span>
                <span class="track">
                  <span
                    class={span.status === 'error' ? 'span bad' : 'span'}
                    style={{ left: percent(span.startTime - start), width: percent(span.duration) }}
                  />
                </span>
                <span class="took number">{formatDuration(span.duration)}</span>
              </summary>
              <Details span={span} offset={span.startTime - start} />
            </details>
          </li>
        ))}
      </ol>
      {rows.length > maxRows && (
        <p class="muted">{formatNumber(rows.length - maxRows)} more are not shown.</p>
      )}
    </div>
  )
}

function Details({ span, offset }: { span: TraceSpan; offset: number }) {
  const rows: [name: string, value: unknown][] = [
    ['began', `${formatTime(startOf(span))}, ${formatDuration(offset)} after the first`],
    ['kind', span.kind],
    ['span', span.spanId],
    ['caused by', span.parentId],
    ...Object.entries(span.attributes ?? {}),
  ]
  return (
    <dl class="attributes">
      {rows
        .filter(([, value]) => value !== undefined && value !== '')
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <Foreign text={typeof value === 'string' ? value : JSON.stringify(value)} />
            </dd>
          </div>
        ))}
    </dl>
  )
}
