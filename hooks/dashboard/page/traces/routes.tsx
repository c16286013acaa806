import { pb } from '../client.ts'
import { Card, Choice, Foreign, Refresh } from '../controls.tsx'
import { Answer, Empty } from '../feedback.tsx'
import { formatDuration, formatNumber } from '../format.ts'
import { goTo } from '../place.ts'
import { useQuery } from '../query.ts'

/** How long the requests of a route took: durations in microseconds. */
interface RouteTimes {
  readonly method: string
  readonly route: string
  readonly count: number
  readonly errors: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

const ranges = { '1h': '1 hour', '24h': '24 hours', '7d': '7 days' }
const shown = 15

/** The slowest first. */
export function Routes({ query }: { query: URLSearchParams }) {
  const asked = query.get('range') ?? ''
  const range = Object.hasOwn(ranges, asked) ? (asked as keyof typeof ranges) : '24h'
  const answer = useQuery(
    (signal) =>
      pb.send<{ items: RouteTimes[] }>('/api/_/trace/routes', { query: { range }, signal }),
    [range],
  )
  const choose = (value: string): void =>
    goTo(['traces'], { ...Object.fromEntries(query), range: value })
  const controls = (
    <>
      <Choice name="routes" label="Time" options={ranges} value={range} onChange={choose} />
      <Refresh query={answer} />
    </>
  )
  return (
    <Card title="Slowest routes" aside={controls}>
      <Answer query={answer}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No requests were recorded." />
          ) : (
            <Table items={items} />
          )
        }
      </Answer>
    </Card>
  )
}

function Table({ items }: { items: readonly RouteTimes[] }) {
  // The slowest are a thousand times slower than the fastest: equal factors take equal space.
  const fastest = Math.log(Math.min(...items.map(({ p50 }) => p50 + 1)))
  const slowest = Math.log(Math.max(...items.map(({ p99 }) => p99 + 2)))
  const at = (duration: number): number => (Math.log(duration + 1) - fastest) / (slowest - fastest)
  return (
    <>
      {/* The roles stay where the layout of phones takes the table apart. */}
      <table class="stacked five" role="table" aria-label="Slowest routes">
        <thead role="rowgroup">
          <tr role="row">
            {['Route', 'Requests', 'Errors', 'p50', 'p95', 'p99'].map((name, index) => (
              <th key={name} scope="col" role="columnheader" class={index > 0 ? 'number' : ''}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {items.slice(0, shown).map((item) => (
            <tr key={`${item.method} ${item.route}`} role="row">
              <th scope="row" role="rowheader">
                <Foreign text={`${item.method} ${item.route}`} />
                <Spread {...item} at={at} />
              </th>
              <Cell name="Requests">{formatNumber(item.count)}</Cell>
              <Cell name="Errors" isBad={item.errors > 0}>
                {formatNumber(item.errors)}
              </Cell>
              <Cell name="p50">{formatDuration(item.p50)}</Cell>
              <Cell name="p95">{formatDuration(item.p95)}</Cell>
              <Cell name="p99">{formatDuration(item.p99)}</Cell>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="muted small-text">
        Bars go from p50 to p99 with a mark at p95, on a logarithmic scale.
        {items.length > shown && ` ${formatNumber(items.length - shown)} faster ones are left out.`}
      </p>
    </>
  )
}

function Cell({
  name,
  isBad = false,
  children,
}: {
  name: string
  isBad?: boolean
  children: string
}) {
  return (
    <td role="cell" class={isBad ? 'number bad' : 'number'} data-label={name}>
      {children}
    </td>
  )
}

/** From the median to the 99th percentile, and where the 95th is. */
function Spread({ p50, p95, p99, at }: RouteTimes & { at: (duration: number) => number }) {
  return (
    <span class="spread" aria-hidden="true">
      <span class="band" style={{ left: percent(at(p50)), width: percent(at(p99) - at(p50)) }} />
      <span class="mark-95" style={{ left: percent(at(p95)) }} />
    </span>
  )
}

function percent(share: number): string {
  return `${share * 100}%`
}
