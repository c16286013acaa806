import type { SpanList, TraceSpan } from '../../../../src/index.ts'
import { pb } from '../client.ts'
import { Card, Foreign, Refresh } from '../controls.tsx'
import { Answer, Empty } from '../feedback.tsx'
import { formatDuration, formatNumber, formatMoment, formatTime } from '../format.ts'
import { linkTo } from '../place.ts'
import { useQuery } from '../query.ts'
import { Filters, isFiltered, valuesOf } from './filters.tsx'
import type { FilterValues } from './filters.tsx'
import { startOf, Status, userOf } from './span.tsx'

const perPage = 25

/** The requests that were recorded, page by page, as the filters say. */
export function Requests({ query }: { query: URLSearchParams }) {
  const values = valuesOf(query)
  const page = Math.max(1, Number.parseInt(query.get('page') ?? '1', 10) || 1)
  const answer = useQuery((signal) => load(values, page, signal), [JSON.stringify(values), page])
  return (
    <Card title="Requests" aside={<Refresh query={answer} />}>
      <Filters key={JSON.stringify(values)} values={values} query={query} />
      <Answer query={answer}>
        {(list) =>
          list.items.length === 0 ? (
            <Nothing isFiltered={isFiltered(values) || page > 1} />
          ) : (
            <>
              <List items={list.items} />
              <Pages list={list} query={query} />
            </>
          )
        }
      </Answer>
    </Card>
  )
}

async function load(values: FilterValues, page: number, signal: AbortSignal): Promise<SpanList> {
  const { name, status, min, max, from, to, traceId, userId, order } = values
  const list = await pb.traces.listSpans(Number(min), {
    page,
    limit: perPage,
    name: name || undefined,
    status: status || undefined,
    maxDuration: Number(max) || undefined,
    startTimeFrom: timeOf(from),
    startTimeTo: timeOf(to),
    traceId: traceId || undefined,
    orderBy: order === 'slowest' ? 'duration' : 'startTime',
    orderDir: order === 'oldest' ? 'asc' : 'desc',
    query: { userId: userId || undefined },
    signal,
  })
  return list
}

/** What a field for local times holds, as a time of the world's. */
function timeOf(local: string): string | undefined {
  const at = new Date(local)
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString()
}

function Nothing({ isFiltered: isByFilter }: { isFiltered: boolean }) {
  return isByFilter ? (
    <Empty title="No request is like that.">
      <p>
        <a href={linkTo(['traces'])}>Show all</a>
      </p>
    </Empty>
  ) : (
    <Empty title="No requests were recorded." />
  )
}

function List({ items }: { items: readonly TraceSpan[] }) {
  return (
    <table class="requests" aria-label="Requests">
      <thead>
        <tr>
          <th scope="col">Request</th>
          <th scope="col" class="secondary">
            When
          </th>
          <th scope="col" class="secondary">
            User
          </th>
          <th scope="col" class="number">
            Duration
          </th>
        </tr>
      </thead>
      <tbody>
        {items.map((span) => {
          const start = startOf(span)
          return (
            <tr key={span.id}>
              <th scope="row">
                <span class="request">
                  <Status span={span} />
                  <a href={linkTo(['traces', span.traceId])}>
                    <Foreign text={span.name} />
                  </a>
                </span>
                <span class="below muted">
                  {formatTime(start)}
                  {userOf(span) && ` · ${userOf(span)}`}
                </span>
              </th>
              <td class="secondary">
                <time dateTime={start.toISOString()} title={formatTime(start)}>
                  {formatMoment(start)}
                </time>
              </td>
              <td class="secondary">
                <Foreign text={userOf(span) || '–'} />
              </td>
              <td class="number">{formatDuration(span.duration)}</td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}

function Pages({ list, query }: { list: SpanList; query: URLSearchParams }) {
  const first = (list.page - 1) * list.perPage + 1
  const last = first + list.items.length - 1
  const to = (page: number): string =>
    linkTo(['traces'], { ...Object.fromEntries(query), page: String(page) })
  return (
    <nav class="row pages" aria-label="Pages of requests">
      <span class="muted">
        {formatNumber(first)}–{formatNumber(last)} of {formatNumber(list.totalCount)}
      </span>
      {list.page > 1 && <a href={to(list.page - 1)}>Previous</a>}
      {last < list.totalCount && <a href={to(list.page + 1)}>Next</a>}
    </nav>
  )
}
