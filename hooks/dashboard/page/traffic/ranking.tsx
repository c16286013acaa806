import { Card, Foreign } from '../controls.tsx'
import type { CardSize } from '../controls.tsx'
import { formatNumber } from '../format.ts'

interface Row {
  readonly name: string
  readonly visitors: number
  readonly views?: number
}

/** What has most visitors: a table whose rows have bars. */
export function Ranking({
  title,
  name,
  rows,
  size = 'third',
  none = 'Nothing yet.',
}: {
  title: string
  /** Of the first column. */
  name: string
  rows: readonly Row[]
  size?: CardSize
  none?: string
}) {
  const hasViews = rows.some(({ views }) => views !== undefined)
  const most = Math.max(...rows.map(({ views, visitors }) => views ?? visitors))
  return (
    <Card title={title} size={size}>
      {rows.length === 0 ? (
        <p class="muted">{none}</p>
      ) : (
        <table aria-label={title} class="ranking">
          <thead>
            <tr>
              <th scope="col">{name}</th>
              <th scope="col" class="number">
                Visitors
              </th>
              {hasViews && (
                <th scope="col" class="number">
                  Views
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name: rowName, visitors, views }) => (
              <tr key={rowName}>
                <th scope="row">
                  <Foreign text={rowName} />
                  <Bar share={(views ?? visitors) / most} />
                </th>
                <td class="number">{formatNumber(visitors)}</td>
                {views !== undefined && <td class="number">{formatNumber(views)}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  )
}

function Bar({ share }: { share: number }) {
  return <span class="bar" style={{ width: `${share * 100}%` }} />
}
