import { useState } from 'preact/hooks'

import type { AnalyticsStats } from '../../../../src/index.ts'
import { Card } from '../controls.tsx'
import { formatCompact, formatDay, formatNumber } from '../format.ts'
import { useWidth } from '../width.ts'
import { ticksTo } from './ticks.ts'

type Day = AnalyticsStats['daily'][number]

const height = 220
const bottom = 24
const left = 44

/** Views and visitors by day: bars, and the same as a table. */
export function Days({ daily }: { daily: readonly Day[] }) {
  const legend = (
    <>
      <span class="key views">Views</span>
      <span class="key visitors">Visitors</span>
    </>
  )
  return (
    <Card title="By day" aside={legend}>
      <Bars daily={daily} />
      <details>
        <summary>As a table</summary>
        <table aria-label="By day">
          <thead>
            <tr>
              <th scope="col">Day (UTC)</th>
              <th scope="col" class="number">
                Visitors
              </th>
              <th scope="col" class="number">
                Views
              </th>
            </tr>
          </thead>
          <tbody>
            {daily.map(({ date, pv, uv }) => (
              <tr key={date}>
                <th scope="row">
                  <time dateTime={date}>{formatDay(date, 'long')}</time>
                </th>
                <td class="number">{formatNumber(uv)}</td>
                <td class="number">{formatNumber(pv)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </Card>
  )
}

function Bars({ daily }: { daily: readonly Day[] }) {
  const { ref, width } = useWidth()
  const [pointed, setPointed] = useState<number>()
  const ticks = ticksTo(Math.max(...daily.map(({ pv, uv }) => Math.max(pv, uv))))
  const top = ticks.at(-1) ?? 1
  const plotHeight = height - bottom
  const y = (value: number): number => plotHeight - (value / top) * (plotHeight - 10)
  const step = (width - left) / daily.length
  // One label takes about 56 pixels.
  const labelEvery = Math.ceil(56 / step)
  const bar = (index: number, value: number, share: number) => {
    const barWidth = Math.min(step * share, 64 * share)
    const x = left + (index + 0.5) * step - barWidth / 2
    const rounding = Math.min(3, barWidth / 3)
    return { x, y: y(value), width: barWidth, height: plotHeight - y(value), rx: rounding }
  }
  const shown = pointed === undefined ? undefined : daily[pointed]
  return (
    <div class="chart" ref={ref} onPointerLeave={() => setPointed(undefined)}>
      <svg width={width} height={height} role="img" aria-label={describe(daily)}>
        {ticks.map((tick) => (
          <g key={tick}>
            <line class="grid" x1={left} x2={width} y1={y(tick)} y2={y(tick)} />
            <text class="tick" x={left - 8} y={y(tick)} dy="0.32em" text-anchor="end">
              {formatCompact(tick)}
            </text>
          </g>
        ))}
        {daily.map(({ date, pv, uv }, index) => (
          <g key={date} class={index === pointed ? 'pointed' : undefined}>
            <rect class="views" {...bar(index, pv, 0.78)} />
            <rect class="visitors" {...bar(index, uv, 0.42)} />
            {index % labelEvery === 0 && (
              <text
                class="tick"
                x={left + (index + 0.5) * step}
                y={height - 6}
                text-anchor="middle"
              >
                {formatDay(date)}
              </text>
            )}
            <rect
              class="target"
              x={left + index * step}
              width={step}
              height={height}
              onPointerEnter={() => setPointed(index)}
            />
          </g>
        ))}
      </svg>
      {shown && pointed !== undefined && (
        <Tip day={shown} x={left + (pointed + 0.5) * step} width={width} />
      )}
    </div>
  )
}

/** Beside the pointer. The table says the same to those who have none. */
function Tip({ day, x, width }: { day: Day; x: number; width: number }) {
  const place = x < width / 2 ? { left: `${x + 12}px` } : { right: `${width - x + 12}px` }
  return (
    <div class="tip" aria-hidden="true" style={place}>
      <b>{formatDay(day.date, 'long')}</b>
      <br />
      {formatNumber(day.uv)} visitors
      <br />
      {formatNumber(day.pv)} views
    </div>
  )
}

function describe(daily: readonly Day[]): string {
  const most = daily.reduce((best, day) => (day.pv > best.pv ? day : best))
  const [first, last] = [daily[0], daily.at(-1)]
  if (!first || !last) return ''
  return (
    `Views and visitors by day, from ${formatDay(first.date, 'long')} to ${formatDay(last.date, 'long')}. ` +
    `Most views: ${formatNumber(most.pv)} on ${formatDay(most.date, 'long')}.`
  )
}
