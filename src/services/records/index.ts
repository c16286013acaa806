import type { ClientResponseError } from '../../core/errors.ts'
import type { Filter } from '../../core/filter.ts'
import { createId } from '../../core/id.ts'
import { repeatable } from '../../core/options.ts'
import type { BodyParams, ListResult, RecordModel } from '../../schema/records.ts'
import type {
  BulkOptions,
  BulkProgress,
  CommonOptions,
  RecordListOptions,
  RecordOptions,
  RecordWalkOptions,
} from '../options.ts'
import type { EventIterator } from '../../realtime/events.ts'
import type { UnsubscribeFunc } from '../realtime.ts'
import { RecordAccountService } from './account-service.ts'
import { bulk } from './bulk.ts'
import { follow } from './follow.ts'
import type {
  EventsSettings,
  RecordEvent,
  RecordSubscribeOptions,
  RecordSubscription,
} from './events.ts'

/** Refines options: records can be expanded. */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- inherited methods with more precise options
export interface RecordService<M = RecordModel> {
  /** All records; see {@link CrudService.getFullList}. */
  getFullList<T = M>(options?: RecordWalkOptions): Promise<T[]>
  /** All records, in pages of `batch`. */
  getFullList<T = M>(batch?: number, options?: RecordListOptions): Promise<T[]>
  /** Every record, one by one; see {@link CrudService.iterate}. */
  iterate<T = M>(options?: RecordWalkOptions): AsyncGenerator<T, void, unknown>
  /** Every record, by pages; see {@link CrudService.pages}. */
  pages<T = M>(options?: RecordWalkOptions): AsyncGenerator<T[], void, unknown>
  /** One page of records; see {@link CrudService.getList}. */
  getList<T = M>(
    page?: number,
    perPage?: number,
    options?: RecordListOptions,
  ): Promise<ListResult<T>>
  /** The first record that matches a filter; see {@link CrudService.getFirstListItem}. */
  getFirstListItem<T = M>(filter: string | Filter, options?: RecordListOptions): Promise<T>
  /** The first record that matches a filter, or `null`; see {@link CrudService.getFirstOrNull}. */
  getFirstOrNull<T = M>(filter: string | Filter, options?: RecordListOptions): Promise<T | null>
  /** One record, or `null`; see {@link CrudService.getOneOrNull}. */
  getOneOrNull<T = M>(id: string, options?: RecordOptions): Promise<T | null>
  /** One record; see {@link CrudService.getOne}. */
  getOne<T = M>(id: string, options?: RecordOptions): Promise<T>
}

/** The records of one collection. */
export class RecordService<M = RecordModel> extends RecordAccountService<M> {
  /** Whether this is the superusers' collection. */
  get isSuperusers(): boolean {
    return /^(_superusers|pbc_3142635823)$/.test(this.collectionIdOrName)
  }

  /**
   * Creates a record.
   *
   * With `retry`, and where the body is a plain object without an id, the client makes the id: a create whose answer was lost
   * is then sent again and stored once.
   *
   * `POST /api/collections/{collection}/records`
   *
   * @throws ValidationError with `fieldErrors`; ApiError 400 without any when the collection's create rule is not met.
   */
  override async create<T = M>(bodyParams?: BodyParams, options?: RecordOptions): Promise<T> {
    const body = bodyParams ?? {}
    const canRepeat = options?.retry ?? this.client.options.retry
    if (!canRepeat || body instanceof FormData || body['id'] || options?.body)
      return super.create<T>(bodyParams, options)
    const id = createId()
    try {
      return await super.create<T>({ ...body, id }, { ...options, [repeatable]: true })
    } catch (error) {
      const { fieldErrors = {} } = error as Partial<ClientResponseError>
      const codes = Object.values(fieldErrors).map(({ code }) => code)
      if (codes.some((code) => /not_unique|pk_invalid|invalid_auth_id/.test(code))) {
        // An earlier attempt may have been stored, and its answer lost.
        return this.getOne<T>(id, options).catch((missing: unknown) => {
          if (!fieldErrors['id']) throw error
          const hint = 'The record was stored, but its answer was lost.'
          throw Object.assign(missing as ClientResponseError, { hint })
        })
      }
      if (!fieldErrors['id']) throw error
      // The collection wants other ids: nothing was stored.
      return super.create<T>(body, { ...options, retry: 0 })
    }
  }

  /**
   * Changes the fields that `bodyParams` names and leaves the others. Also keys with modifiers, such as `'tags+'`. When it is the
   * record that is signed in, `authStore.record` follows.
   *
   * `PATCH /api/collections/{collection}/records/{id}`
   *
   * @throws ValidationError with `fieldErrors`; NotFoundError when it is missing, or hidden from the caller.
   */
  override async update<T = M>(
    id: string,
    bodyParams?: BodyParams,
    options?: RecordOptions,
  ): Promise<T> {
    const item = await super.update<T>(id, bodyParams, options)
    follow(this.client, this.collectionIdOrName, id, item as RecordModel)
    return item
  }

  /**
   * Deletes a record. When it is the one that is signed in, it is signed out.
   *
   * `DELETE /api/collections/{collection}/records/{id}`
   *
   * @returns true; failures throw.
   * @throws NotFoundError when it is missing, or hidden from the caller; ApiError 400 when another record requires it.
   */
  override async delete(id: string, options?: CommonOptions): Promise<boolean> {
    await super.delete(id, options)
    follow(this.client, this.collectionIdOrName, id, null)
    return true
  }

  /**
   * Changes every record that matches a filter: one request for each, `concurrency` (4) of them at a time, while the records are
   * listed by their ids, `batch` at a time.
   *
   * Not atomic. When it fails midway, what was done stays done; records that come to match meanwhile may be changed or not,
   * and so may those that cease to.
   *
   * ```ts
   * await posts.updateWhere(pb.filter`author = ${id}`, { public: false })
   * await posts.updateWhere('id != ""', ({ title }) => (title === title.trim() ? null : { title: title.trim() }))
   * ```
   *
   * `GET /api/collections/{collection}/records`, then `PATCH /api/collections/{collection}/records/{id}`
   *
   * @param change - the fields to set, or a function that gets the record (as `fields` and `expand` say) and returns them,
   * or nothing to leave it alone.
   * @throws the first failure, unless `onError` takes them; what is under way is waited for, and the error's `hint` says how
   * far it came. A record that is gone meanwhile is none.
   * @throws TypeError for an empty filter; `id != ""` matches all.
   */
  async updateWhere<T = M>(
    filter: string | Filter,
    change:
      | BodyParams
      | ((record: T) => BodyParams | null | undefined | Promise<BodyParams | null | undefined>),
    options?: BulkOptions,
  ): Promise<BulkProgress> {
    const isFunction = typeof change === 'function'
    return bulk(this, filter, options, isFunction, async (row, rest) => {
      const body: BodyParams | null | undefined = isFunction
        ? await change(this.decode<T>(row))
        : change
      return body && this.update(row['id'], body, rest)
    })
  }

  /**
   * Deletes every record that matches a filter, in the way and with the limits of {@link updateWhere}.
   *
   * `GET /api/collections/{collection}/records`, then `DELETE /api/collections/{collection}/records/{id}`
   *
   * @throws the first failure, unless `onError` takes them, and TypeError for an empty filter; see {@link updateWhere}.
   */
  async deleteWhere(filter: string | Filter, options?: BulkOptions): Promise<BulkProgress> {
    return bulk(this, filter, options, false, async (row, rest) => this.delete(row['id'], rest))
  }

  /**
   * Calls `callback` whenever a record is created, updated or deleted that the caller may see.
   *
   * Events do not come in order, not even for one record: take them as hints that it has changed. Nothing is sent for a record
   * that stops matching `filter` or the rule, nor for views.
   *
   * `GET /api/realtime`, `POST /api/realtime`
   *
   * @param topic - `*` for all records (as the list rule lets the caller see them), or the id of one (the view rule).
   * @param options - `filter`, `expand` and `fields` (name `id` among them), for this subscription alone; `signal` ends it.
   * @returns when the server has confirmed it: a function that ends it.
   * @throws as `RealtimeService.subscribe`. A collection that is missing or may not be seen is no error: no event ever comes.
   */
  async subscribe<T = M>(
    topic: string,
    callback: (data: RecordSubscription<T>) => void,
    options?: RecordSubscribeOptions,
  ): Promise<UnsubscribeFunc> {
    return this.client.realtime.subscribe(this.topic(topic), callback, options)
  }

  /**
   * Ends the subscriptions of a topic, at once; without one, all of this collection.
   *
   * @returns when the server knows. Never rejects.
   */
  async unsubscribe(topic?: string): Promise<void> {
    const { realtime } = this.client
    if (topic) return realtime.unsubscribe(this.topic(topic))
    const name = this.collectionIdOrName
    // The collection's name alone is the older spelling of all its records.
    await Promise.all([realtime.unsubscribe(name), realtime.unsubscribeByPrefix(`${name}/`)])
  }

  /**
   * The changes of records, for `for await`; see {@link subscribe}.
   *
   * ```ts
   * for await (const { action, record } of pb.collection('posts').events()) console.log(action, record.id)
   * ```
   */
  events<T = M>(options?: RecordSubscribeOptions & EventsSettings): EventIterator<RecordEvent<T>> {
    const { topic = '*', ...rest } = options ?? {}
    return this.client.realtime.events(this.topic(topic), rest)
  }

  private topic(topic: string): string {
    if (!topic) throw new TypeError("subscribe: the topic is missing; pass '*' or a record's id.")
    return `${this.collectionIdOrName}/${topic}`
  }
}
