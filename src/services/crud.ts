import { NotFoundError } from '../core/errors.ts'
import type { ClientResponseError } from '../core/errors.ts'
import { filterKey } from '../core/filter.ts'
import type { Filter } from '../core/filter.ts'
import { defaultKey, expects } from '../core/options.ts'
import { path } from '../core/path.ts'
import type { BodyParams, ListResult } from '../schema/records.ts'
import { BaseService } from './base.ts'
import type { CommonOptions, ListOptions, WalkOptions } from './options.ts'
import { askList, checkBatch, maxPerPage, walkByKey } from './walk.ts'

/** Lists and views one kind of model. */
export abstract class ReadService<M> extends BaseService {
  /** The path of the list; a model's path is this, a slash and its id. */
  abstract get baseCrudPath(): string

  /** Turns a model as the server sent it into what calls return. Subclasses may override it. */
  decode<T = M>(data: { [key: string]: any }): T {
    return data as T
  }

  /**
   * All models, asked for in pages of `batch` (1000 by default).
   *
   * With `walk: 'key'`, which is the default where `sort` is `id` or `-id`, it is whole like {@link iterate}. Else pages are
   * counted, as the official client does: rows that others insert or delete meanwhile can make it miss or double some.
   *
   * `GET {path}`, once per page
   */
  async getFullList<T = M>(options?: WalkOptions): Promise<T[]>
  /** All models, in pages of `batch`: the official client's older form. */
  async getFullList<T = M>(batch?: number, options?: ListOptions): Promise<T[]>
  async getFullList<T = M>(
    batchOrOptions?: number | WalkOptions,
    options?: ListOptions,
  ): Promise<T[]> {
    const own = typeof batchOrOptions === 'number' ? { batch: batchOrOptions } : batchOrOptions
    const given: WalkOptions = { ...own, ...options }
    const { sort, fields } = { ...given, ...given.query }
    const isById =
      /^\s*[-+]?id\s*$/.test(String(sort)) &&
      !/\bid:/.test(String(fields)) &&
      // Applications that replace it expect to be asked.
      this.getList === ReadService.prototype.getList
    const all: T[] = []
    for await (const items of this.walk<T>({ walk: isById ? 'key' : 'pages', ...given }))
      all.push(...items)
    return all
  }

  /**
   * Every model, one by one, while pages of `batch` are asked for as they are needed; `break` ends it.
   *
   * Pages go by key: each asks for what comes after the last row of the one before. So a row that is there all the time, and
   * whose sorted fields stay, comes exactly once, whatever others insert or delete meanwhile, and the last page costs what the
   * first costs. Rows that come or go meanwhile may be among them or not. Without `sort` the order is that of the ids.
   *
   * Any number of walks and other calls go on side by side: without a `requestKey` none cancels another.
   *
   * ```ts
   * for await (const post of pb.collection('posts').iterate({ filter: 'views > 0' })) console.log(post.id)
   * ```
   *
   * `GET {path}`, once per page; with a descending `sort` by other fields than the id, once more
   *
   * @throws TypeError, when the first row is asked for or as soon as it shows, where the order cannot be told from the rows:
   * other sorts than by own fields (`author.name`, `@random`, `title:lower`), lists, objects and null as values, `email`.
   * `walk: 'pages'` is the way out.
   * @throws AbortError once somebody else has signed in, or the token has expired: servers would answer other rows.
   */
  async *iterate<T = M>(options?: WalkOptions): AsyncGenerator<T, void, unknown> {
    for await (const items of this.pages<T>(options)) yield* items
  }

  /**
   * The same as {@link iterate}, by pages: lists of up to `batch` models, never an empty one.
   *
   * `GET {path}`, once per page
   */
  pages<T = M>(options?: WalkOptions): AsyncGenerator<T[], void, unknown> {
    return this.walk<T>({ walk: 'key', requestKey: null, ...options })
  }

  /**
   * How many models match a filter, or there are in all.
   *
   * `GET {path}?perPage=1`
   *
   * @throws ApiError 400 for a filter that the server cannot read, 403 for those who may not list.
   */
  async count(filter?: string | Filter, options?: CommonOptions): Promise<number> {
    const query = { perPage: 1, fields: 'id', filter, ...options?.query }
    return (await askList(this, { requestKey: null, ...options, query })).totalItems
  }

  /**
   * One page of models.
   *
   * `GET {path}`
   *
   * @throws ApiError 400 for a filter, sort or page that the server cannot read, 403 for those who may not list.
   */
  async getList<T = M>(page = 1, perPage = 30, options?: ListOptions): Promise<ListResult<T>> {
    const { query, ...rest } = options ?? {}
    const list = await askList(this, { ...rest, query: { page, perPage, ...query } })
    return { ...list, items: list.items.map((item) => this.decode<T>(item)) }
  }

  /**
   * The first model that matches a filter.
   *
   * `GET {path}?page=1&perPage=1`
   *
   * @throws NotFoundError (made here; `status` 404) when none does.
   */
  async getFirstListItem<T = M>(filter: string | Filter, options?: CommonOptions): Promise<T> {
    const first = await this.getFirstOrNull<T>(filter, options)
    if (first !== null) return first
    throw missing(this, this.baseCrudPath, `The requested resource wasn't found.`)
  }

  /**
   * The first model that matches a filter, or `null`.
   *
   * `GET {path}?page=1&perPage=1`
   *
   * @throws NotFoundError when the collection itself is missing.
   */
  async getFirstOrNull<T = M>(filter: string | Filter, options?: CommonOptions): Promise<T | null> {
    // Nothing at all would match anything.
    if (filter == null)
      throw new TypeError(`${this.baseCrudPath}: the filter is missing; '' matches any.`)
    const { items } = await this.getList<T>(1, 1, {
      ...options,
      [defaultKey]: `one_by_filter_${this.baseCrudPath}_${filterKey(filter)}`,
      query: { filter, skipTotal: 1, ...options?.query },
    })
    return items[0] ?? null
  }

  /**
   * One model.
   *
   * `GET {path}/{id}`
   *
   * @throws NotFoundError when it is missing, or hidden from the caller; also, without asking, for an empty id.
   */
  async getOne<T = M>(id: string, options?: CommonOptions): Promise<T> {
    // Asked for as it is, this would be the list.
    if (!id) throw missing(this, `${this.baseCrudPath}/`, 'Missing required record id.')
    return this.decode(
      await this.client.send(pathOf(this, id), { method: 'GET', ...options, [expects]: 'record' }),
    )
  }

  /**
   * One model, or `null` for a 404: when it is missing, or hidden from the caller, or its collection is missing; also, without
   * asking, for an empty id.
   *
   * `GET {path}/{id}`
   */
  async getOneOrNull<T = M>(id: string, options?: CommonOptions): Promise<T | null> {
    return this.getOne<T>(id, options).catch((error: unknown) => {
      if ((error as ClientResponseError).status === 404) return null
      throw error
    })
  }

  /** Pages of all models, as the options say. */
  private async *walk<T>(given: WalkOptions): AsyncGenerator<T[], void, unknown> {
    // A page of its own would be asked for again and again.
    const { batch = maxPerPage, page: _page, walk, ...rest } = given
    checkBatch(this, batch)
    if (walk === 'key') {
      for await (const rows of walkByKey(this, batch, rest))
        yield rows.map((row) => this.decode<T>(row))
      return
    }
    for (let page = 1; ; page++) {
      const { items, perPage } = await this.getList<T>(page, batch, {
        ...rest,
        query: { skipTotal: 1, ...rest.query, page },
      })
      if (items[0]) yield items
      // The server's perPage: it clamps ours.
      if (items.length < (perPage || batch)) return
    }
  }
}

/** List, view, create, update and delete of one kind of model; for the records of a collection see `RecordService`. */
export abstract class CrudService<M> extends ReadService<M> {
  /**
   * Creates a model.
   *
   * `POST {path}`
   *
   * @throws ValidationError with `fieldErrors`; ApiError 400 without any when the collection's create rule is not met.
   */
  async create<T = M>(bodyParams?: BodyParams, options?: CommonOptions): Promise<T> {
    return this.decode(
      await this.client.send(this.baseCrudPath, {
        method: 'POST',
        body: bodyParams,
        ...options,
        [expects]: 'record',
      }),
    )
  }

  /**
   * Changes the fields that `bodyParams` names and leaves the others.
   *
   * `PATCH {path}/{id}`
   *
   * @throws ValidationError with `fieldErrors`; NotFoundError when it is missing, or hidden from the caller.
   */
  async update<T = M>(id: string, bodyParams?: BodyParams, options?: CommonOptions): Promise<T> {
    return this.decode(
      await this.client.send(pathOf(this, id), {
        method: 'PATCH',
        body: bodyParams,
        ...options,
        [expects]: 'record',
      }),
    )
  }

  /**
   * Deletes a model.
   *
   * `DELETE {path}/{id}`
   *
   * @returns true; failures throw.
   * @throws NotFoundError when it is missing, or hidden from the caller; ApiError 400 when another record requires it.
   */
  async delete(id: string, options?: CommonOptions): Promise<boolean> {
    await this.client.send(pathOf(this, id), { method: 'DELETE', ...options })
    return true
  }
}

function pathOf({ baseCrudPath }: ReadService<any>, id: string): string {
  return baseCrudPath + path`/${id}`
}

/** The 404 that no server was asked for. */
export function missing({ client }: BaseService, target: string, message: string): NotFoundError {
  const response = { status: 404, message, data: {} }
  const url = client.buildURL(target)
  return new NotFoundError({ method: 'GET', path: target, url, status: 404, response })
}
