import { Field, Select } from '../controls.tsx'
import { textsOf } from '../form.ts'
import { goTo, linkTo } from '../place.ts'

const none = {
  name: '',
  status: '',
  order: '',
  min: '',
  max: '',
  from: '',
  to: '',
  userId: '',
  traceId: '',
}

const statuses = { '': 'Any', ok: 'Ok', error: 'Error' }
const orders = { '': 'Newest first', oldest: 'Oldest first', slowest: 'Slowest first' }

/** As in the form, `''` for what is not set. */
export type FilterValues = Readonly<typeof none>

/** What the URL says. */
export function valuesOf(query: URLSearchParams): FilterValues {
  const entries = Object.keys(none).map((name) => [name, query.get(name) ?? ''])
  return Object.fromEntries(entries) as FilterValues
}

/** Whether anything but the order is set. */
export function isFiltered(values: FilterValues): boolean {
  return Object.entries(values).some(([name, value]) => name !== 'order' && value !== '')
}

/** Which requests are listed. */
export function Filters({ values, query }: { values: FilterValues; query: URLSearchParams }) {
  const range = query.get('range') ?? ''
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const texts = Object.entries(textsOf(event)).map(([field, text]) => [field, text.trim()])
    goTo(['traces'], { ...(Object.fromEntries(texts) as Record<string, string>), range })
  }
  const { name, status, order, min, max, from, to, userId, traceId } = values
  const hasMore = [max, from, to, userId, traceId].some((value) => value !== '')
  return (
    <form class="filters" aria-label="Filter requests" onSubmit={submit}>
      <div class="fields">
        <Field label="Method or path has">
          <input name="name" defaultValue={name} placeholder="/api/collections" />
        </Field>
        <Field label="Status">
          <Select name="status" value={status} options={statuses} />
        </Field>
        <Field label="At least, in ms">
          <input name="min" type="number" min="0" step="1" defaultValue={min} />
        </Field>
        <Field label="Order">
          <Select name="order" value={order} options={orders} />
        </Field>
      </div>
      <details open={hasMore}>
        <summary>More filters</summary>
        <div class="fields">
          <Field label="At most, in ms">
            <input name="max" type="number" min="0" step="1" defaultValue={max} />
          </Field>
          <Field label="From">
            <input name="from" type="datetime-local" defaultValue={from} />
          </Field>
          <Field label="To">
            <input name="to" type="datetime-local" defaultValue={to} />
          </Field>
          <Field label="User id">
            <input name="userId" defaultValue={userId} />
          </Field>
          <Field label="Trace id">
            <input name="traceId" defaultValue={traceId} />
          </Field>
        </div>
      </details>
      <div class="row">
        <button class="primary">Filter</button>
        {(isFiltered(values) || order !== '') && <a href={linkTo(['traces'], { range })}>Clear</a>}
      </div>
    </form>
  )
}
