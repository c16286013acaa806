import { NotFoundError } from '../core/errors.ts'
import { filterKey } from '../core/filter.ts'
import type { Filter } from '../core/filter.ts'
import { defaultKey, expects } from '../core/options.ts'
import { path } from '../core/path.ts'
import type { ListResult } from '../schema/records.ts'
import { BaseService } from './base.ts'
import type { CommonOptions, FullListOptions, ListOptions } from './options.ts'

/** The body of a create or update: a plain object (files in it become multipart parts), or form data. */
export type BodyParams = { [key: string]: any } | FormData

/** The most rows that a server answers at once. */
const maxPerPage = 1000

/** List, view, create, update and delete of one kind of model; for the records of a collection see `RecordService`. */
export abstract class CrudService<M> extends BaseService {
  /** The path of the list; a model's path is this, a slash and its id. */
  abstract get baseCrudPath(): string

  /** Turns a model as the server sent it into what calls return. Subclasses may override it. */
  decode<T = M>(data: { [key: string]: any }): T {
    return data as T
  }

  /**
   * All models, asked for in pages of `batch` (1000 by default). Rows that are inserted or deleted meanwhile can be missed or
   * doubled.
   *
   * `GET {path}`, once per page
   */
  async getFullList<T = M>(options?: FullListOptions): Promise<T[]>
  /** All models, in pages of `batch`: the official client's older form. */
  async getFullList<T = M>(batch?: number, options?: ListOptions): Promise<T[]>
  async getFullList<T = M>(
    batchOrOptions?: number | FullListOptions,
    options?: ListOptions,
  ): Promise<T[]> {
    const isNumber = typeof batchOrOptions === 'number'
    const given = isNumber ? { batch: batchOrOptions, ...options } : batchOrOptions
    // A page of its own would be asked for again and again.
    const { batch = maxPerPage, page: _page, query, ...rest } = given ?? {}
    if (!(batch > 0))
      throw new TypeError(`getFullList: batch is ${batch}; pass 1 to ${maxPerPage}.`)
    const all: T[] = []
    for (let page = 1; ; page++) {
      const { items, perPage } = await this.getList<T>(page, batch, {
        ...rest,
        query: { skipTotal: 1, ...query, page },
      })
      all.push(...items)
      // The server's perPage: it clamps ours.
      if (items.length < (perPage || batch)) return all
    }
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
    const list = await this.client.send<ListResult<any>>(this.baseCrudPath, {
      method: 'GET',
      ...rest,
      query: { page, perPage, ...query },
      [expects]: 'list',
    })
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
    // Nothing at all would match anything.
    if (filter == null) throw new TypeError('getFirstListItem: the filter is missing.')
    const { items } = await this.getList<T>(1, 1, {
      ...options,
      [defaultKey]: `one_by_filter_${this.baseCrudPath}_${filterKey(filter)}`,
      query: { filter, skipTotal: 1, ...options?.query },
    })
    if (items.length > 0) return items[0]!
    throw this.missing('', `The requested resource wasn't found.`)
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
    if (!id) throw this.missing('/', 'Missing required record id.')
    return this.decode(
      await this.client.send(this.pathOf(id), { method: 'GET', ...options, [expects]: 'record' }),
    )
  }

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
      await this.client.send(this.pathOf(id), {
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
    await this.client.send(this.pathOf(id), { method: 'DELETE', ...options })
    return true
  }

  private pathOf(id: string): string {
    return this.baseCrudPath + path`/${id}`
  }

  /** The 404 that no server was asked for. */
  private missing(end: string, message: string): NotFoundError {
    const target = this.baseCrudPath + end
    const response = { status: 404, message, data: {} }
    return new NotFoundError({
      method: 'GET',
      path: target,
      url: this.client.buildURL(target),
      status: 404,
      response,
    })
  }
}
