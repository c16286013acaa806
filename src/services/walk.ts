import type { PocketBase } from '../client.ts'
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

/** Asks for a list. */
export function askList(service: Lister, options: SendOptions): Promise<ListResult<Row>> {
  return service.client.send(service.baseCrudPath, { method: 'GET', ...options, [expects]: 'list' })
}

/** A tagged template of filters, which keep their meaning: see {@link FilterText}. */
export function join(strings: readonly string[], ...values: unknown[]): FilterText {
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
): AsyncGenerator<Row[], void, undefined> {
  const options: SendOptions = { ...given }
  normalizeUnknownQueryParams(options)
  const { sort, filter, fields, ...query } = options.query ?? {}
  const terms = termsOf(sort || 'id')
  const names = terms.map(nameOf)
  // Ids are unique, so this orders nothing. But views, where NULL reads like 0 or an empty text, do not have it.
  const check = names[1] ? `,${terms.at(-1)!.replace('id', '@rowid')}` : ''
  const picked = fields ? `,${fields},`.replaceAll(' ', '') : ',*,'
  const missing = picked.includes(',*,')
    ? []
    : names.filter((name) => !picked.includes(`,${name},`))
  for (const name of names) if (picked.includes(`,${name}:`)) refuse(`fields cuts "${name}"`)

  const text = filter instanceof FilterText ? filter : new FilterText([String(filter)])
  const ask = async (beyond?: FilterText): Promise<ListResult<Row>> =>
    askList(service, {
      ...options,
      query: {
        perPage: batch,
        skipTotal: 1,
        ...query,
        page: 1,
        sort: terms.join() + check,
        fields: fields && [fields, ...missing].join(),
        filter: filter && beyond ? join(['', ' && ', ''], text, beyond) : (beyond ?? filter),
      },
    })

  let last: Row | undefined
  for (let beyond: FilterText | undefined; ; beyond = after(last, terms)) {
    const { items, perPage } = await ask(beyond)
    for (const row of items) {
      for (const name of names)
        if (!/string|number|boolean/.test(typeof row[name])) refuse(`"${name}" is ${row[name]}`)
      if (last && !isPast(row, last, terms)) refuse(`it is not in the order of ${terms.join()}`)
      last = row
    }
    const isEnd = items.length < (perPage || batch)
    // NULL comes last where the order descends, and no comparison would find it. Only json columns have it.
    const nulls = names.map((name) => `${name} = null && ${name} != ''`).join(' || ')
    if (check && !beyond && !isEnd && (await ask(join([nulls]))).items[0]) refuse('null')
    last = { ...last! }
    for (const row of items) for (const name of missing) delete row[name]
    if (items[0]) yield items
    if (isEnd) return
  }
}

function refuse(why: string): never {
  throw new TypeError(`The list cannot be walked by key: ${why}. Use walk: 'pages'.`)
}

/** The columns of a sort, up to the id, each with `-` before it where it descends. */
function termsOf(sort: unknown): string[] {
  const terms: string[] = []
  for (const item of String(sort).split(',')) {
    // Servers compare e-mail addresses alone that the caller may see.
    const [, sign = '', name] = /^ *(?:(-)|\+)?(?!email *$)([a-z_]\w*) *$/i.exec(item) ?? []
    if (!name) refuse(`its sort has "${item}"`)
    terms.push(sign + name)
    if (name === 'id') return terms
  }
  return [...terms, terms.at(-1)!.replace(/\w+/, 'id')]
}

function nameOf(term: string): string {
  return term.replace('-', '')
}

/** What compares values to those of a row before. */
function pastOf(term: string): '<' | '>' {
  return term[0] === '-' ? '<' : '>'
}

/** The filter of what comes after a row. The first comparison alone lets the server begin there, by an index. */
function after(row: Row, terms: readonly string[]): FilterText | undefined {
  return terms.reduceRight<FilterText | undefined>((rest, term) => {
    const value: unknown = row[nameOf(term)]
    const start = `${nameOf(term)} ${pastOf(term)}`
    return rest
      ? join([`${start}= `, ` && (${start} `, ' || ', ')'], value, value, rest)
      : join([`${start} `, ''], value)
  }, undefined)
}

function isPast(row: Row, last: Row, terms: readonly string[]): boolean {
  const term = terms.find((each) => row[nameOf(each)] !== last[nameOf(each)])
  if (!term) return false
  const [value, before] = [ordered(row[nameOf(term)]), ordered(last[nameOf(term)])]
  return term[0] === '-' ? value < before : value > before
}

/** Servers compare texts by code points: surrogates stand for the greatest. */
function ordered(value: string | number): string | number {
  return typeof value === 'string' ? value.replace(/[\ud800-\udfff]/g, '\uffff$&') : value
}
