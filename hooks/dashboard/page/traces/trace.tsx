import { useEffect, useRef, useState } from 'preact/hooks'

import type { TraceSpan } from '../../../../src/index.ts'
import { pb } from '../client.ts'
import { Card, Refresh } from '../controls.tsx'
import { Answer, CopyButton, Empty } from '../feedback.tsx'
import { formatDuration, formatNumber, formatTime } from '../format.ts'
import { goTo, linkTo } from '../place.ts'
import { explain, useQuery } from '../query.ts'
import { startOf } from './span.tsx'
import { Waterfall } from './waterfall.tsx'

/** One trace: what came after what, and how long each took. */
export function Trace({
  traceId,
  retentionDays,
}: {
  traceId: string
  retentionDays: number | undefined
}) {
  const answer = useQuery((signal) => pb.traces.getTrace(traceId, { signal }), [traceId])
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])
  return (
    <>
      <div class="toolbar">
        <a href={linkTo(['traces'])}>← All requests</a>
        <Refresh query={answer} />
      </div>
      <h2 class="trace-id" ref={heading} tabIndex={-1}>
        Trace <code>{traceId}</code> <CopyButton text={traceId} what="trace id" />
      </h2>
      <Answer query={answer}>
        {(spans) =>
          spans.length === 0 ? (
            <Empty title="There is no such trace.">
              <p>
                Spans are kept for{' '}
                {retentionDays === undefined ? 'some' : formatNumber(retentionDays)} days.
              </p>
            </Empty>
          ) : (
            <Spans spans={spans} traceId={traceId} />
          )
        }
      </Answer>
    </>
  )
}

function Spans({ spans, traceId }: { spans: readonly TraceSpan[]; traceId: string }) {
  // They come by the time when they began.
  const first = spans[0]!
  const end = Math.max(...spans.map(({ startTime, duration }) => startTime + duration))
  const failures = spans.filter(({ status }) => status === 'error').length
  const figures = {
    Began: formatTime(startOf(first)),
    Took: formatDuration(end - first.startTime),
    Requests: formatNumber(spans.length),
    Errors: formatNumber(failures),
  }
  return (
    <div class="cards">
      <Card title="Waterfall" aside={<Delete traceId={traceId} />}>
        <dl class="figures small">
          {Object.entries(figures).map(([name, figure]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{figure}</dd>
            </div>
          ))}
        </dl>
        <Waterfall spans={spans} start={first.startTime} end={end} />
      </Card>
    </div>
  )
}

function Delete({ traceId }: { traceId: string }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [error, setError] = useState('')
  const remove = (): void => {
    pb.traces.deleteTrace(traceId).then(
      () => goTo(['traces']),
      (failure: unknown) => setError(explain(failure)),
    )
  }
  return (
    <>
      <button type="button" onClick={() => dialog.current?.showModal()}>
        Delete…
      </button>
      <dialog ref={dialog} aria-label="Delete this trace">
        <p>Delete all spans of this trace? This cannot be undone.</p>
        <p class="problem" role="alert">
          {error}
        </p>
        <div class="row">
          <button type="button" class="danger" onClick={remove}>
            Delete
          </button>
          <button type="button" onClick={() => dialog.current?.close()}>
            Keep
          </button>
        </div>
      </dialog>
    </>
  )
}
