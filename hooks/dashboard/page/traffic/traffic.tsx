import type { AnalyticsConfig, AnalyticsRange, AnalyticsStats } from '../../../../src/index.ts'
import { pb } from '../client.ts'
import { Card, Choice, Refresh } from '../controls.tsx'
import { Answer, Empty } from '../feedback.tsx'
import { formatDuration, formatNumber, formatShare } from '../format.ts'
import { goTo } from '../place.ts'
import { useQuery } from '../query.ts'
import { Days } from './days.tsx'
import { NoVisits } from './no-visits.tsx'
import { Ranking } from './ranking.tsx'

const ranges = { today: 'Today', '7d': '7 days', '30d': '30 days', '90d': '90 days' }

/** Who visits, and what they look at. */
export function Traffic({ config, query }: { config: AnalyticsConfig; query: URLSearchParams }) {
  const asked = query.get('range') ?? ''
  const range: AnalyticsRange = Object.hasOwn(ranges, asked) ? (asked as AnalyticsRange) : '7d'
  const answer = useQuery((signal) => load(range, signal), [range])
  if (!config.enabled) return <Off />
  return (
    <>
      <div class="toolbar">
        <Choice
          name="range"
          label="Days, in UTC"
          options={ranges}
          value={range}
          onChange={(value) => goTo(['traffic'], { range: value })}
        />
        <Refresh query={answer} />
      </div>
      <Answer query={answer}>
        {({ stats, pages, sources, devices }) =>
          stats.summary.totalUV === 0 ? (
            <NoVisits range={range} />
          ) : (
            <div class="cards">
              <Summary summary={stats.summary} />
              {stats.daily.length > 1 && <Days daily={stats.daily} />}
              <Ranking title="Pages" name="Page" rows={pages} size="two-thirds" />
              <Ranking
                title="Sources"
                name="Host"
                rows={sources}
                none="No visitor came by a link."
              />
              <Ranking title="Browsers" name="Browser" rows={devices.browsers} />
              <Ranking title="Operating systems" name="System" rows={devices.os} />
              <Ranking title="Devices" name="Device" rows={devices.devices} />
            </div>
          )
        }
      </Answer>
    </>
  )
}

async function load(range: AnalyticsRange, signal: AbortSignal) {
  const options = { signal }
  const [stats, { pages }, { sources }, devices] = await Promise.all([
    pb.analytics.getStats(range, options),
    pb.analytics.getTopPages(range, 15, options),
    pb.analytics.getTopSources(range, 10, options),
    pb.analytics.getDevices(range, options),
  ])
  return {
    stats,
    pages: pages.map(({ path, pv, visitors }) => ({ name: path, visitors, views: pv })),
    sources: sources.map(({ source, visitors }) => ({ name: source, visitors })),
    devices,
  }
}

function Summary({ summary }: { summary: AnalyticsStats['summary'] }) {
  const { totalPV, totalUV, bounceRate, avgDur } = summary
  const figures = {
    Visitors: formatNumber(totalUV),
    'Page views': formatNumber(totalPV),
    'Bounce rate': formatShare(bounceRate),
    'Mean duration': formatDuration(avgDur * 1000),
  }
  return (
    <Card title="Summary">
      <dl class="figures">
        {Object.entries(figures).map(([name, figure]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{figure}</dd>
          </div>
        ))}
      </dl>
    </Card>
  )
}

function Off() {
  return (
    <Empty title="Analytics are off on this server.">
      <p>
        Start it without <code>PB_ANALYTICS_MODE=off</code> and{' '}
        <code>PB_ANALYTICS_ENABLED=false</code> in its environment.
      </p>
    </Empty>
  )
}
