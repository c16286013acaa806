import type {
  Answer,
  RecordModel,
  RecordService,
  RequestOptions,
  TypedRecordOptions,
  TypedRecordService,
  UnsubscribeFunc,
} from '../index.ts'
import { LiveStore } from './live.ts'
import type { Opening, Reading } from './live.ts'
import type { Row } from './order.ts'
import type { LiveOne, Named, NameOf, Plain, SchemaOf } from './types.ts'

/** Options of {@link liveOne} without a schema. */
export interface LiveOneOptions extends RequestOptions {
  /** Comma-separated relations to embed. They are read when the record itself changes. */
  expand?: string | undefined
  /** Comma-separated fields, the id among them. Default: all. */
  fields?: string | undefined
}

class OneStore<T> extends LiveStore<T | null | undefined> {
  readonly #service: RecordService<any>
  readonly #id: string
  readonly #options: LiveOneOptions

  constructor(service: RecordService<any>, id: string, options: LiveOneOptions = {}) {
    super(service.client, 1, undefined)
    if (!id) throw new TypeError('liveOne: the id is missing.')
    this.#service = service
    this.#id = id
    this.#options = options
  }

  protected override listen(opening: Opening): Promise<UnsubscribeFunc>[] {
    const onEvent = (event: any): void =>
      this.onEvent({ ...event, record: { ...event.record, id: this.#id } }, true)
    return [this.#service.subscribe(this.#id, onEvent, { ...this.#options, ...opening })]
  }

  protected override async readAll(options: Reading): Promise<Map<string, Row>> {
    const row = await this.#service.getOneOrNull<Row>(this.#id, {
      ...this.#options,
      ...options,
    })
    return new Map(row ? [[this.#id, row]] : [])
  }

  protected override async readSome(_: string[], options: Reading): Promise<Row[]> {
    return [...(await this.readAll(options)).values()]
  }

  protected override take(): T | null {
    return (this.rows.get(this.#id) as T | undefined) ?? null
  }
}

/**
 * One record that follows the database: its snapshot is `undefined` until it has been read, and `null` while it does not exist or may
 * not be seen; everything else is as with `liveList`.
 *
 * ```ts
 * using post = liveOne(pb.collection('posts'), id)
 * await post.ready
 * ```
 */
export function liveOne<T = RecordModel>(
  service: RecordService<T> & Plain,
  id: string,
  options?: LiveOneOptions,
): LiveOne<T>
/** The same with a schema: what it holds follows `expand` and `fields`. */
export function liveOne<
  R extends TypedRecordService<any, any>,
  E extends string = never,
  F extends string = never,
>(
  service: R,
  id: string,
  options?: R extends Named<infer S, infer N> ? TypedRecordOptions<S, N, E, F> : never,
): LiveOne<Answer<SchemaOf<R>, NameOf<R>, NoInfer<E>, NoInfer<F>>>
export function liveOne(service: RecordService<any>, id: string, options?: any): any {
  return new OneStore(service, id, options)
}
