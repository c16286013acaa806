import { useEffect, useRef, useState } from 'preact/hooks'

import type { AnalyticsConfig, DyedUser } from '../../../src/index.ts'
import { pb } from './client.ts'
import { Card, Field, Foreign, Refresh, Select } from './controls.tsx'
import { Answer, Empty, Notice } from './feedback.tsx'
import { textsOf } from './form.ts'
import { formatRelative, formatTime } from './format.ts'
import { linkTo } from './place.ts'
import { explain, useQuery } from './query.ts'

const units = { minutes: 'minutes', hours: 'hours', days: 'days' }
const unitSeconds = { minutes: 60, hours: 3600, days: 86_400 }

/** The users all of whose requests are traced: who they are, one more, one less. */
export function DyedUsers({ config }: { config: AnalyticsConfig }) {
  const list = useQuery((signal) => pb.traces.listDyedUsers({ signal }), [])
  const [message, setMessage] = useState('')
  const [error, setError] = useState('')
  const status = useRef<HTMLParagraphElement>(null)

  /** Whether it worked. */
  const act = async (work: Promise<unknown>, done: string): Promise<boolean> => {
    setError('')
    setMessage('')
    try {
      await work
      setMessage(done)
      return true
    } catch (failure) {
      setError(explain(failure))
      return false
    } finally {
      list.reload()
    }
  }
  const remove = async ({ userId }: DyedUser): Promise<void> => {
    const isDone = await act(pb.traces.removeDyedUser(userId), `${userId} is not traced any more.`)
    // The button that had the focus is gone.
    if (isDone) status.current?.focus()
  }
  const prolong = ({ userId, expiresAt }: DyedUser): Promise<boolean> => {
    const seconds = Math.round((Date.parse(expiresAt) - Date.now()) / 1000) + 3600
    return act(pb.traces.updateDyedUser(userId, seconds), `${userId} is traced for an hour more.`)
  }

  return (
    <>
      {String(config['traces']?.mode).includes('off') && (
        <Notice>
          <p>
            <b>Tracing is off on this server</b>, so nothing is recorded for these users. Start it
            with <code>PB_TRACE_MODE=dyed</code>.
          </p>
        </Notice>
      )}
      <div class="cards">
        <Card title="Trace a user">
          <p class="muted">
            Every request of a dyed user is recorded, in all modes of tracing but <code>off</code>,
            until the time is over.
          </p>
          <Add act={act} />
          <p class="problem" role="alert">
            {error}
          </p>
          <p class="done" role="status" tabIndex={-1} ref={status}>
            {message}
          </p>
        </Card>
        <Card title="Dyed users" aside={<Refresh query={list} />}>
          <Answer query={list}>
            {({ items }) =>
              items.length === 0 ? (
                <Empty title="No user is traced now." />
              ) : (
                <Table items={items} onRemove={remove} onProlong={prolong} onEnd={list.reload} />
              )
            }
          </Answer>
        </Card>
      </div>
    </>
  )
}

function Add({ act }: { act: (work: Promise<unknown>, done: string) => Promise<boolean> }) {
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const { userId: id = '', amount, unit, reason } = textsOf(event)
    const userId = id.trim()
    const seconds = Number(amount) * unitSeconds[unit as keyof typeof unitSeconds]
    const options = { reason: reason?.trim(), addedBy: pb.authStore.record?.['email'] }
    const isDone = await act(
      pb.traces.addDyedUser(userId, seconds, options),
      `${userId} is traced from now on.`,
    )
    if (isDone) form.reset()
  }
  return (
    <form aria-label="Trace a user" onSubmit={(event) => void submit(event)}>
      <div class="fields">
        <Field label="User id">
          <input name="userId" required placeholder="id of a record" autocomplete="off" />
        </Field>
        <div class="duration-fields">
          <Field label="For">
            <input name="amount" type="number" min="1" max="9999" defaultValue="1" required />
          </Field>
          <Field label="Unit">
            <Select name="unit" value="hours" options={units} />
          </Field>
        </div>
        <Field label="Reason (optional)">
          <input name="reason" maxLength={1024} placeholder="ticket 123" autocomplete="off" />
        </Field>
      </div>
      <button class="primary">Trace this user</button>
    </form>
  )
}

function Table({
  items,
  onRemove,
  onProlong,
  onEnd,
}: {
  items: readonly DyedUser[]
  onRemove: (user: DyedUser) => Promise<unknown>
  onProlong: (user: DyedUser) => Promise<unknown>
  onEnd: () => void
}) {
  const now = useClock()
  const isOver = items.some(({ expiresAt }) => Date.parse(expiresAt) <= now)
  useEffect(() => {
    if (isOver) onEnd()
  }, [isOver])
  return (
    <table class="stacked" role="table" aria-label="Dyed users">
      <thead role="rowgroup">
        <tr role="row">
          {['User', 'Ends', 'Added', 'By', 'Reason', 'Actions'].map((name) => (
            <th key={name} scope="col" role="columnheader">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {items.map((user) => (
          <tr key={user.userId} role="row">
            <th scope="row" role="rowheader">
              <a href={linkTo(['traces'], { userId: user.userId })} title="Its requests">
                <Foreign text={user.userId} />
              </a>
            </th>
            <td role="cell" data-label="Ends">
              <Moment at={user.expiresAt} now={now} />
            </td>
            <td role="cell" data-label="Added">
              <Moment at={user.addedAt} now={now} />
            </td>
            <td role="cell" data-label="By">
              <Foreign text={user.addedBy ?? '–'} />
            </td>
            <td role="cell" data-label="Reason">
              <Foreign text={user.reason ?? '–'} />
            </td>
            <td role="cell" class="actions">
              <div class="row">
                <button
                  type="button"
                  class="small"
                  aria-label={`+1 hour for ${user.userId}`}
                  onClick={() => void onProlong(user)}
                >
                  +1 hour
                </button>
                <button
                  type="button"
                  class="small"
                  aria-label={`Remove ${user.userId}`}
                  onClick={() => void onRemove(user)}
                >
                  Remove
                </button>
              </div>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Moment({ at, now }: { at: string; now: number }) {
  const date = new Date(at)
  return (
    <time dateTime={at} title={formatTime(date)}>
      {formatRelative(date, now)}
    </time>
  )
}

/** The time, which passes. */
function useClock(): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  return now
}
