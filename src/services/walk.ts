import type { PocketBase } from '../client.ts'
import { AbortError } from '../core/errors.ts'
import type { ClientResponseError } from '../core/errors.ts'
import { FilterText, template } from '../core/filter.ts'
import { expects, normalizeUnknownQueryParams } from '../core/options.ts'
import type { SendOptions } from '../core/options.ts'
import type { ListResult } from '../schema/records.ts'

/** The most rows that a server answers at once. */
export const maxPerPage = 1000

/** A row as the server sent it. */
export interface Row {
  [field: string]: any
}

/** What a walk asks: a service. */
interface Lister {
  readonly client: PocketBase<any>
  readonly baseCrudPath: string
}

/** A column of a sort, and what compares values to those of a row before. */
interface Term {
  readonly name: string
  readonly past: '<' | '>'
}

/** @throws TypeError for what is no number of rows. */
export function checkBatch({ baseCrudPath }: Lister, batch: number): void {
  if (Number.isInteger(batch) && batch > 0) return
  throw new TypeError(`${baseCrudPath}: batch is ${batch}; pass 1 to ${maxPerPage}.`)
}

/** Whether a filter matches everything. One whose text only its own server can read is not empty. */
export function isEmpty(filter: unknown): boolean {
  const { parts = [filter] } = (filter ?? {}) as { parts?: readonly unknown[] }
  return !parts.join('').trim()
}

/**
 * Watches who is signed in, from its first call on. Servers answer someone else, and a guest, without any error: with other rows.
 *
 * @returns a function that throws an AbortError once that has changed, or the token has expired.
 */
export function watchUser({ client, baseCrudPath }: Lister): () => Promise<void> {
  const session = client['session']
  let before: string | undefined
  return async () => {
    await (client.authStore as { ready?: Promise<void> }).ready
    const { identity } = session
    await session.freshen()
    const now = [session.identity, session.isValid].join()
    // Whose session has ended by then is a guest from the beginning.
    before ??= session.ended === identity ? now : [identity, session.isValid].join()
    if (now === before) return
    const message = 'Who is signed in has changed, or the token has expired.'
    throw new AbortError({ method: 'GET', path: baseCrudPath, message })
  }
}

/** Asks for a list. */
export function askList(service: Lister, options: SendOptions): Promise<ListResult<Row>> {
  return service.client.send(service.baseCrudPath, { method: 'GET', ...options, [expects]: 'list' })
}

/** A tagged template of filters, which keep their meaning: see {@link FilterText}. */
function filterOf(strings: readonly string[], ...values: unknown[]): FilterText {
  return new FilterText(template(strings, values))
}

/**
 * Every row, in pages: each asks for what comes after the last row of the one before, by the columns of `sort` and the id. So
 * rows that others insert or delete meanwhile move no other row to another page, and no page is more work than the first.
 *
 * @throws TypeError where the server's order cannot be told from the rows.
 */
export async function* walkByKey(
  service: Lister,
  batch: number,
  given: SendOptions,
): AsyncGenerator<Row[], void, unknown> {
  const options: SendOptions = { ...given }
  normalizeUnknownQueryParams(options)
  const { sort, filter, fields, ...query } = options.query ?? {}
  const terms = termsOf(sort || 'id')
  const names = terms.map(({ name }) => name)
  const columns = terms.map(({ name, past }) => (past === '<' ? '-' : '') + name)
  // Ids are unique, so this orders nothing. But views, where NULL reads like 0 or an empty text, do not have it.
  const isComposite = names.length > 1
  if (isComposite) columns.push(columns.at(-1)!.replace('id', '@rowid'))
  const picked = `,${fields || '*'},`.replaceAll(' ', '')
  const missing = picked.includes(',*,')
    ? []
    : names.filter((name) => !picked.includes(`,${name},`))
  for (const name of names) if (picked.includes(`,${name}:`)) refuse(`fields cuts "${name}"`)

  const text = filter instanceof FilterText ? filter : new FilterText([String(filter)])
  const isFiltered = !isEmpty(filter)
  const checkUser = watchUser(service)
  const ask = async (beyond?: FilterText): Promise<ListResult<Row>> =>
    askList(service, {
      ...options,
      query: {
        perPage: batch,
        skipTotal: 1,
        ...query,
        page: 1,
        sort: columns.join(),
        fields: fields && [fields, ...missing].join(),
        filter: isFiltered && beyond ? filterOf`${text} && ${beyond}` : (beyond ?? filter),
      },
    }).catch((cause: unknown) => {
      const error = cause as ClientResponseError
      // Of values that a row holds: too long, or of a kind that this server cannot read.
      if (beyond && cause instanceof TypeError) refuse(error.message)
      if (beyond && error.status === 403)
        error.hint = `A row's own text stands in the filter. Use ${wayOut}.`
      if (isComposite && !beyond && error.status === 400)
        error.hint = `In views, sorts need ${wayOut}.`
      throw error
    })

  // NULL comes last where the order descends, and no comparison would find it. Only json columns have it.
  const nulls = terms
    .filter(({ name, past }) => past === '<' && name !== 'id')
    .map(({ name }) => `${name} = null && ${name} != ''`)
    .join(' || ')
  let last: Row | undefined
  for (let beyond: FilterText | undefined; ; beyond = after(last, terms)) {
    await checkUser()
    const { items, perPage } = await ask(beyond)
    for (const row of items) {
      for (const name of names)
        if (!/string|number|boolean/.test(typeof row[name]))
          refuse(`"${name}" is missing, null, or no single value`)
      if (last && !isPast(row, last, terms)) refuse(`it is not in the order of ${columns.join()}`)
      last = row
    }
    const isEnd = items.length < (perPage || batch)
    if (nulls && !beyond && !isEnd && (await ask(new FilterText([nulls]))).items[0])
      refuse('a column is null')
    last = { ...last! }
    for (const row of items) for (const name of missing) delete row[name]
    if (items[0]) yield items
    if (isEnd) return
  }
}

const wayOut = `walk: 'pages'`

function refuse(why: string): never {
  throw new TypeError(`The list cannot be walked by key: ${why}. Use ${wayOut}.`)
}

/** The columns of a sort, up to the id, which is added in the direction of the last one: an index on both serves then. */
function termsOf(sort: unknown): Term[] {
  const terms: Term[] = []
  for (const item of String(sort).split(',')) {
    // Servers compare e-mail addresses alone that the caller may see.
    const [, sign, name] = /^ *([-+]?)(?!email *$)([a-z_]\w*) *$/i.exec(item) ?? []
    if (!name) refuse(`its sort has "${item}"`)
    terms.push({ name, past: sign === '-' ? '<' : '>' })
    if (name === 'id') return terms
  }
  // Each doubles the filter's values.
  if (terms.length > 6) refuse('its sort has more than 6 fields')
  return [...terms, { ...terms.at(-1)!, name: 'id' }]
}

/** The filter of what comes after a row. The first comparison alone lets the server begin there, by an index. */
function after(row: Row, terms: readonly Term[]): FilterText | undefined {
  return terms.reduceRight<FilterText | undefined>((rest, { name, past }) => {
    const value: unknown = row[name]
    return rest
      ? filterOf([`${name} ${past}= `, ` && (${name} ${past} `, ' || ', ')'], value, value, rest)
      : filterOf([`${name} ${past} `, ''], value)
  }, undefined)
}

function isPast(row: Row, last: Row, terms: readonly Term[]): boolean {
  for (const { name, past } of terms) {
    const [value, before] = [ordered(row[name]), ordered(last[name])]
    if (value !== before) return past === '<' ? value < before : value > before
  }
  return false
}

/** Servers compare texts by code points: surrogates stand for the greatest. */
function ordered(value: string | number): string | number {
  return typeof value === 'string' ? value.replace(/[\ud800-\udfff]/g, '\uffff$&') : value
}
