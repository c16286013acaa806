import type {
  Answer,
  Filter,
  PocketBase,
  RecordModel,
  RecordService,
  RecordSubscription,
  RequestOptions,
  TypedRecordOptions,
  TypedRecordService,
  UnsubscribeFunc,
} from '../index.ts'
import { LiveStore } from './live.ts'
import type { Opening, Reading } from './live.ts'
import { createOrder } from './order.ts'
import type { Row } from './order.ts'
import type { LiveList, Named, NameOf, Plain, SchemaOf } from './types.ts'

/** Rows that one request confirms: as many as a filter has room for beside the list's own. */
const confirmedAtOnce = 60

/** Options of {@link liveList} that are the same with and without a schema. */
export interface LiveListLimits {
  /** Only records that match. A relation's fields in it are read when the record itself changes, not when the related one does. */
  filter?: string | Filter | undefined
  /**
   * Own fields that hold texts, numbers, dates or truth values, such as `-created,title`; the id decides between equals. Default:
   * by id.
   */
  sort?: string | undefined
  /** The most rows it holds; with more it ends, and its error says so. Default 10,000. */
  maxRows?: number | undefined
}

/** Options of {@link liveList} without a schema. */
export interface LiveListOptions extends RequestOptions, LiveListLimits {
  /** Comma-separated relations to embed. They are read when the record itself changes. */
  expand?: string | undefined
  /** Comma-separated fields, the id and those of `sort` among them. Default: all. */
  fields?: string | undefined
}

/** Options of {@link liveList} with a schema. */
export interface TypedLiveListOptions<S, N, E extends string, F extends string>
  extends TypedRecordOptions<S, N, E, F>, LiveListLimits {}

class ListStore<T> extends LiveStore<readonly T[]> {
  readonly #service: RecordService<any>
  readonly #request: LiveListOptions
  readonly #filter: Filter | undefined
  readonly #order: (a: Row, b: Row) => number
  readonly #maxRows: number

  constructor(service: RecordService<any>, options: LiveListOptions = {}) {
    super(service.client, confirmedAtOnce, [])
    const { filter, sort, maxRows = 10_000, ...request } = options
    const { fields } = request
    if (
      fields &&
      ![fields]
        .flat()
        .join()
        .split(',')
        .some((field) => /^ *(id|\*) *$/.test(field))
    ) {
      throw new TypeError('liveList: fields must name the id.')
    }
    this.#service = service
    this.#request = request
    this.#maxRows = maxRows
    this.#order = createOrder(sort || 'id')
    const { client } = service
    // In a template a text would be a value.
    this.#filter =
      typeof filter === 'string' && filter ? template(client, [filter]) : (filter as Filter)
  }

  protected override listen(opening: Opening): Promise<UnsubscribeFunc>[] {
    const options = { ...this.#request, ...opening }
    const filter = this.#filter
    const all = this.#service.subscribe('*', (event) => this.onEvent(event, true), {
      ...options,
      ...(filter && { filter }),
    })
    if (!filter) return [all]
    // Nothing is sent for records that stop matching, so changes of all are heard, and those of rows that are held read again.
    const onChange = (event: RecordSubscription<any>): void => {
      if (this.isKnown(event.record['id'])) this.onEvent(event, false)
    }
    const { expand: _expand, ...rest } = options
    return [all, this.#service.subscribe('*', onChange, { ...rest, fields: 'id' })]
  }

  protected override async readAll(options: Reading): Promise<Map<string, Row>> {
    const rows = new Map<string, Row>()
    const pages = this.#service.pages<Row>({
      ...this.#request,
      ...(this.#filter && { filter: this.#filter as unknown as string }),
      sort: 'id',
      ...options,
    })
    for await (const page of pages) {
      for (const row of page) rows.set(row['id'], row)
      this.#check(rows)
    }
    return rows
  }

  protected override async readSome(ids: string[], options: Reading): Promise<Row[]> {
    const strings = ['', ...ids.map((_, i) => (i ? ' || id = ' : ' && (id = ')), ')']
    const values: unknown[] = [this.#filter, ...ids]
    if (!this.#filter) {
      strings.splice(0, 2, '(id = ')
      values.shift()
    }
    const { items } = await this.#service.getList<Row>(1, ids.length, {
      ...this.#request,
      filter: template(this.#service.client, strings, ...values),
      skipTotal: true,
      ...options,
    })
    return items
  }

  protected override take(before: readonly T[]): readonly T[] {
    this.#check(this.rows)
    const rows = [...this.rows.values()].sort(this.#order)
    const isSame = rows.length === before.length && rows.every((row, i) => row === before[i])
    return isSame ? before : rows
  }

  #check({ size }: Map<string, Row>): void {
    if (size <= this.#maxRows) return
    throw new RangeError(
      `liveList: more than ${this.#maxRows} records match. Narrow the filter, or raise maxRows.`,
    )
  }
}

/** `client.filter` as a template, for a number of values that is not known beforehand. */
function template(client: PocketBase<any>, strings: string[], ...values: unknown[]): Filter {
  return client.filter(Object.assign(strings, { raw: strings }), ...values)
}

/**
 * A list of records that follows the database.
 *
 * ```ts
 * using list = liveList(pb.collection('posts'), { filter: 'status = "live"', sort: '-created' })
 * await list.ready
 * list.subscribe(() => render(list.getSnapshot()))
 * ```
 *
 * It subscribes first and then reads everything, once. From then on an event shows at once, and as events come in any order, the rows
 * that they name are read again a moment later, many in one request. Rows come, move and leave as they match `filter` and `sort`.
 * After the stream was lost everything is read anew and compared; until then `state` is `stale`.
 *
 * Not seen, until everything is read again: a record that a rule of the collection hides while no field of it changes, and changes
 * of what is expanded.
 *
 * `getSnapshot` and `subscribe` are what React's `useSyncExternalStore` wants.
 *
 * @throws TypeError for a sort that it cannot keep and for fields without the id. What goes wrong later rejects `ready`, and is
 * its `error`.
 */
export function liveList<T = RecordModel>(
  service: RecordService<T> & Plain,
  options?: LiveListOptions,
): LiveList<T>
/** The same with a schema: what it holds follows `expand` and `fields`. */
export function liveList<
  R extends TypedRecordService<any, any>,
  E extends string = never,
  F extends string = never,
>(
  service: R,
  options?: R extends Named<infer S, infer N> ? TypedLiveListOptions<S, N, E, F> : never,
): LiveList<Answer<SchemaOf<R>, NameOf<R>, NoInfer<E>, NoInfer<F>>>
export function liveList(service: RecordService<any>, options?: any): any {
  return new ListStore(service, options)
}
