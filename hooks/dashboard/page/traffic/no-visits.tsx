import type { AnalyticsRange } from '../../../../src/index.ts'
import { pb } from '../client.ts'
import { Answer, Empty, Snippet } from '../feedback.tsx'
import { formatDay } from '../format.ts'
import { linkTo } from '../place.ts'
import { useQuery } from '../query.ts'

/** Nobody came in a range: whether anybody ever did, and how to count the first. */
export function NoVisits({ range }: { range: AnalyticsRange }) {
  const days = useQuery((signal) => pb.analytics.getRawLogs({ signal }), [range])
  return (
    <Answer query={days}>
      {({ dates }) => (dates[0] ? <Quiet last={dates[0]} /> : <NoEvents />)}
    </Answer>
  )
}

function Quiet({ last }: { last: string }) {
  return (
    <Empty title="No visits in these days.">
      <p>
        The latest events are of {formatDay(last, 'long')}.{' '}
        <a href={linkTo(['traffic'], { range: '90d' })}>Show 90 days</a>
      </p>
    </Empty>
  )
}

function NoEvents() {
  return (
    <Empty title="No events yet.">
      <p>Send some from your pages, and they are here at once:</p>
      <Snippet label="In an app" code={appCode()} />
      <Snippet label="From a shell, to try" code={shellCode()} />
    </Empty>
  )
}

function appCode(): string {
  return `import PocketBase from 'pocketbase-typescript'
import { startAnalytics } from 'pocketbase-typescript/analytics'

startAnalytics(new PocketBase('${pb.baseURL}'), { pageViews: true })`
}

function shellCode(): string {
  const body = '{"events":[{"event":"page_view","path":"/hello","sid":"me"}]}'
  return `curl ${pb.baseURL}/api/analytics/events -H 'content-type: application/json' -d '${body}'`
}
