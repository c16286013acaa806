import type { Filter } from '../../core/filter.ts'
import type { RequestOptions } from '../../core/options.ts'
import type { Answer } from '../../schema/fields.ts'
import type { BodyParams, ListResult } from '../../schema/records.ts'
import type { CreateOf, UpdateOf } from '../../schema/schema.ts'

import type {
  BulkOptions,
  BulkProgress,
  BulkSettings,
  RecordListOptions,
  RecordOptions,
  RecordWalkOptions,
  TypedBulkOptions,
  TypedFullListOptions,
  TypedListOptions,
  TypedRecordOptions,
  TypedSortOptions,
} from '../options.ts'
import type { EventIterator } from '../../realtime/events.ts'
import type { UnsubscribeFunc } from '../realtime.ts'
import type {
  EventsSettings,
  RecordEvent,
  RecordSubscribeOptions,
  RecordSubscription,
  TypedSubscribeOptions,
} from './events.ts'
import type { TypedRecordAuthService } from './typed-auth.ts'
import type { Own, UncheckedArguments } from './unchecked.ts'

/** What makes a body of a record, or nothing to leave it alone. */
type Changing<R, Body> = (record: R) => Body | null | undefined | Promise<Body | null | undefined>

/**
 * The records of a collection of the schema `S`: {@link RecordService} with types that follow `expand` and `fields`, and that refuse
 * names which the schema does not have.
 *
 * Every method that answers records takes a type of your own as well, and then checks nothing: `getOne<Mine>('1', { expand: 'anything' })`.
 */
export interface TypedRecordService<S, N> extends TypedRecordAuthService<S, N> {
  /** Types only: what tells it from a service without a schema, and functions which schema and collection it is of. */
  readonly '~names'?: [schema: S, collection: N]

  /** One record; see {@link CrudService.getOne}. */
  getOne<E extends string = never, F extends string = never>(
    id: string,
    options?: TypedRecordOptions<S, N, E, F>,
  ): Promise<Answer<S, N, NoInfer<E>, NoInfer<F>>>
  /** One record, of a type of your own. */
  getOne<T = never>(
    ...args: UncheckedArguments<T, [id: string, options?: RecordOptions]>
  ): Promise<Own<T>>

  /** One page of records; see {@link CrudService.getList}. */
  getList<E extends string = never, F extends string = never, O extends string = never>(
    page?: number,
    perPage?: number,
    options?: TypedListOptions<S, N, E, F, O>,
  ): Promise<ListResult<Answer<S, N, NoInfer<E>, NoInfer<F>>>>
  /** One page of records, of a type of your own. */
  getList<T = never>(
    ...args: UncheckedArguments<T, [page?: number, perPage?: number, options?: RecordListOptions]>
  ): Promise<ListResult<Own<T>>>

  /** All records; see {@link CrudService.getFullList}. A number is `batch`, as in the official client's older form. */
  getFullList<E extends string = never, F extends string = never, O extends string = never>(
    options?: TypedFullListOptions<S, N, E, F, O> | number,
  ): Promise<Answer<S, N, NoInfer<E>, NoInfer<F>>[]>
  /** All records, in pages of `batch`: the official client's older form. */
  getFullList<E extends string = never, F extends string = never, O extends string = never>(
    batch: number | undefined,
    options: TypedListOptions<S, N, E, F, O> | undefined,
  ): Promise<Answer<S, N, NoInfer<E>, NoInfer<F>>[]>
  /** All records, of a type of your own. */
  getFullList<T = never>(
    ...args: UncheckedArguments<T, [options?: RecordWalkOptions]>
  ): Promise<Own<T>[]>
  /** All records, of a type of your own, in pages of `batch`. */
  getFullList<T = never>(
    ...args: UncheckedArguments<T, [batch?: number, options?: RecordListOptions]>
  ): Promise<Own<T>[]>

  /** The first record that matches a filter; see {@link CrudService.getFirstListItem}. */
  getFirstListItem<E extends string = never, F extends string = never, O extends string = never>(
    filter: string | Filter,
    options?: TypedSortOptions<S, N, E, F, O>,
  ): Promise<Answer<S, N, NoInfer<E>, NoInfer<F>>>
  /** The first record that matches a filter, of a type of your own. */
  getFirstListItem<T = never>(
    ...args: UncheckedArguments<T, [filter: string | Filter, options?: RecordListOptions]>
  ): Promise<Own<T>>

  /** Every record, one by one; see {@link CrudService.iterate}. */
  iterate<E extends string = never, F extends string = never, O extends string = never>(
    options?: TypedFullListOptions<S, N, E, F, O>,
  ): AsyncGenerator<Answer<S, N, NoInfer<E>, NoInfer<F>>, void, unknown>
  /** Every record, one by one, of a type of your own. */
  iterate<T = never>(
    ...args: UncheckedArguments<T, [options?: RecordWalkOptions]>
  ): AsyncGenerator<Own<T>, void, unknown>

  /** Every record, by pages; see {@link CrudService.pages}. */
  pages<E extends string = never, F extends string = never, O extends string = never>(
    options?: TypedFullListOptions<S, N, E, F, O>,
  ): AsyncGenerator<Answer<S, N, NoInfer<E>, NoInfer<F>>[], void, unknown>
  /** Every record, by pages, of a type of your own. */
  pages<T = never>(
    ...args: UncheckedArguments<T, [options?: RecordWalkOptions]>
  ): AsyncGenerator<Own<T>[], void, unknown>

  /** How many records match; see {@link CrudService.count}. */
  count(filter?: string | Filter, options?: RequestOptions): Promise<number>

  /** One record, or `null`; see {@link CrudService.getOneOrNull}. */
  getOneOrNull<E extends string = never, F extends string = never>(
    id: string,
    options?: TypedRecordOptions<S, N, E, F>,
  ): Promise<Answer<S, N, NoInfer<E>, NoInfer<F>> | null>
  /** One record of a type of your own, or `null`. */
  getOneOrNull<T = never>(
    ...args: UncheckedArguments<T, [id: string, options?: RecordOptions]>
  ): Promise<Own<T> | null>

  /** The first record that matches a filter, or `null`; see {@link CrudService.getFirstOrNull}. */
  getFirstOrNull<E extends string = never, F extends string = never, O extends string = never>(
    filter: string | Filter,
    options?: TypedSortOptions<S, N, E, F, O>,
  ): Promise<Answer<S, N, NoInfer<E>, NoInfer<F>> | null>
  /** The first record that matches a filter, of a type of your own, or `null`. */
  getFirstOrNull<T = never>(
    ...args: UncheckedArguments<T, [filter: string | Filter, options?: RecordListOptions]>
  ): Promise<Own<T> | null>

  /** Creates a record; see {@link RecordService.create}. */
  create<E extends string = never, F extends string = never>(
    bodyParams: CreateOf<S, N>,
    options?: TypedRecordOptions<S, N, E, F>,
  ): Promise<Answer<S, N, NoInfer<E>, NoInfer<F>>>
  /** Creates a record, answered as a type of your own. */
  create<T = never>(
    ...args: UncheckedArguments<T, [bodyParams?: BodyParams, options?: RecordOptions]>
  ): Promise<Own<T>>

  /** Changes the fields that `bodyParams` names; see {@link RecordService.update}. */
  update<E extends string = never, F extends string = never>(
    id: string,
    bodyParams: UpdateOf<S, N>,
    options?: TypedRecordOptions<S, N, E, F>,
  ): Promise<Answer<S, N, NoInfer<E>, NoInfer<F>>>
  /** Changes the fields that `bodyParams` names, answered as a type of your own. */
  update<T = never>(
    ...args: UncheckedArguments<T, [id: string, bodyParams?: BodyParams, options?: RecordOptions]>
  ): Promise<Own<T>>

  /** Deletes a record; see {@link RecordService.delete}. */
  delete(id: string, options?: RequestOptions): Promise<boolean>

  /** Changes every record that matches, one by one; see {@link RecordService.updateWhere}. */
  updateWhere<E extends string = never, F extends string = never>(
    filter: string | Filter,
    change: UpdateOf<S, N> | Changing<Answer<S, N, NoInfer<E>, NoInfer<F>>, UpdateOf<S, N>>,
    options?: TypedBulkOptions<S, N, E, F>,
  ): Promise<BulkProgress>
  /** Changes every record that matches, each of a type of your own. */
  updateWhere<T = never>(
    ...args: UncheckedArguments<
      T,
      [
        filter: string | Filter,
        change: BodyParams | Changing<Own<T>, BodyParams>,
        options?: BulkOptions,
      ]
    >
  ): Promise<BulkProgress>

  /** Deletes every record that matches, one by one; see {@link RecordService.deleteWhere}. */
  deleteWhere(
    filter: string | Filter,
    options?: RequestOptions & BulkSettings,
  ): Promise<BulkProgress>

  /** Calls `callback` with the changes of records; see {@link RecordService.subscribe}. */
  subscribe<E extends string = never, F extends string = never>(
    topic: string,
    callback: (event: RecordEvent<Answer<S, N, NoInfer<E>, NoInfer<F>>>) => void,
    options?: TypedSubscribeOptions<S, N, E, F>,
  ): Promise<UnsubscribeFunc>
  /** Calls `callback` with the changes of records, of a type of your own. */
  subscribe<T = never>(
    ...args: UncheckedArguments<
      T,
      [
        topic: string,
        callback: (event: RecordSubscription<Own<T>>) => void,
        options?: RecordSubscribeOptions,
      ]
    >
  ): Promise<UnsubscribeFunc>

  /** The changes of records, for `for await`; see {@link RecordService.events}. */
  events<E extends string = never, F extends string = never>(
    options?: TypedSubscribeOptions<S, N, E, F> & EventsSettings,
  ): EventIterator<RecordEvent<Answer<S, N, NoInfer<E>, NoInfer<F>>>>
  /** The changes of records, of a type of your own, for `for await`. */
  events<T = never>(
    ...args: UncheckedArguments<T, [options?: RecordSubscribeOptions & EventsSettings]>
  ): EventIterator<RecordEvent<Own<T>>>
}
