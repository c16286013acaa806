import { splitFiles, toJSON } from '../core/body.ts'
import { BatchError, DecodeError } from '../core/errors.ts'
import type { ClientResponseError } from '../core/errors.ts'
import { expects, normalizeUnknownQueryParams } from '../core/options.ts'
import type { RequestOptions, SendOptions } from '../core/options.ts'
import { withQuery } from '../core/query.ts'
import type { Answer } from '../schema/fields.ts'
import type { BodyParams, RecordModel } from '../schema/records.ts'
import type { CollectionName, CreateOf, Untyped, UpdateOf } from '../schema/schema.ts'
import { BaseService } from './base.ts'
import type { RecordOptions, TypedRecordOptions } from './options.ts'
import { follow } from './records/follow.ts'
import type { Own, UncheckedArguments } from './records/unchecked.ts'

/** What a batch sends for one of its operations. */
export interface BatchRequest {
  /** `POST`, `PATCH`, `PUT` or `DELETE`. */
  method: string
  /** Path and query, from `/api/collections/` on. */
  url: string
  /** The body without its files. */
  json?: { [key: string]: any }
  /** The body's files by field. */
  files?: { [key: string]: any[] }
  /** The operation's own headers. */
  headers?: { [key: string]: string }
}

/** An operation of a batch: what `results.of` reads the result of, which is a `T`. */
export interface BatchItem<T = any> extends BatchRequest {
  /** Types only. */
  readonly '~result'?: T
  /** The collection, as given. */
  readonly collection: string
  /** The record that is updated or deleted. */
  readonly id?: string | undefined
}

/** The answer of one operation. */
export interface BatchRequestResult {
  /** 200, or 204 for a delete. */
  status: number
  /** The record; `null` for a delete. */
  body: any
}

/** The answers of a batch, in the order of its operations. */
export interface BatchResults extends Array<BatchRequestResult> {
  /**
   * The result of an operation: its record, or true for a delete.
   *
   * @throws TypeError for an operation of another batch.
   */
  of<T>(item: BatchItem<T>): T
}

/** Options of a batch. Those of its operations are given with each. */
export interface BatchOptions extends SendOptions {
  /**
   * Most operations in one request: longer batches are sent in parts, one after the other, and are atomic no more. Default: all in one.
   */
  split?: number | undefined
}

/** Options of a batch with a schema. */
export interface TypedBatchOptions extends RequestOptions, Pick<BatchOptions, 'split'> {}

/** The results of some operations. */
export type BatchAnswers<Items extends readonly BatchItem[]> = {
  -readonly [I in keyof Items]: Items[I] extends BatchItem<infer T> ? T : never
}

/** The batches of a client. */
export type BatchFor<S> = Untyped extends S ? BatchService : TypedBatchService<S>

/** Operations that are done all, or none of them; see `PocketBase.createBatch`. */
export class BatchService extends BaseService {
  private readonly items: BatchItem[] = []
  private isSent = false

  /** Adds operations on the records of a collection. */
  collection(collectionIdOrName: string): SubBatchService {
    return new SubBatchService(this.items, collectionIdOrName)
  }

  /**
   * Sends it, once. Without any operation it asks no server.
   *
   * When it changes or deletes the record that is signed in, `authStore` follows.
   *
   * `POST /api/batch`
   *
   * @returns the answers; `results.of(item)` reads the result of one operation.
   * @throws BatchError, which names the operation that failed; ForbiddenError where the server does not allow batches;
   * ValidationError with `fieldErrors.requests` for more operations than the server allows; ApiError 400 without any when they took longer
   * than it allows; TypeError when it was sent before.
   */
  async send(options?: BatchOptions): Promise<BatchResults> {
    const { split = Infinity, ...rest } = options ?? {}
    const { client, items } = this
    if (this.isSent) throw new TypeError('batch.send: it was sent before; make another batch.')
    if (!(split >= 1)) throw new TypeError(`batch.send: split is ${split}; pass 1 or more.`)
    this.isSent = true
    const results: BatchRequestResult[] = []
    for (let start = 0; start < items.length; start = results.length) {
      const part = items.slice(start, start + split)
      const body: { [key: string]: unknown } = {
        requests: part.map(({ method, url, json, headers }) => ({
          method,
          url,
          body: json,
          headers,
        })),
      }
      part.forEach(({ files }, index) => {
        for (const key in files) body[`requests.${index}.${key}`] = files[key]
      })
      try {
        const answers = await client.send<BatchRequestResult[]>('/api/batch', {
          method: 'POST',
          body,
          ...rest,
          [expects]: 'array',
        })
        if (answers.length !== part.length) {
          const message = `Expected ${part.length} results, got ${answers.length}.`
          throw new DecodeError({ method: 'POST', path: '/api/batch', status: 200, message })
        }
        results.push(...answers)
      } catch (error) {
        explain(error as Partial<ClientResponseError>, part, start)
        throw error
      }
      part.forEach(({ method, collection, id, json }, index) => {
        const changed = results[start + index]?.body
        follow(client, collection, id ?? json?.['id'], method === 'DELETE' ? null : changed)
      })
    }
    const of = (item: BatchItem): unknown => {
      const result = results[items.indexOf(item)]
      if (!result) throw new TypeError('results.of: this is no operation of the batch.')
      return item.method === 'DELETE' || client.collection(item.collection).decode(result.body)
    }
    return Object.defineProperty(results, 'of', { value: of }) as BatchResults
  }
}

/** Operations of a batch on the records of one collection. Options that are not the operation's own (`signal`, …) have no effect here. */
export class SubBatchService {
  declare private readonly items: BatchItem[]
  declare private readonly collectionIdOrName: string

  constructor(items: BatchItem[], collectionIdOrName: string) {
    this.items = items
    this.collectionIdOrName = collectionIdOrName
  }

  /** Creates a record. */
  create<T = RecordModel>(bodyParams?: BodyParams, options?: RecordOptions): BatchItem<Own<T>> {
    return this.add('POST', bodyParams, options)
  }

  /** Changes the record that `bodyParams.id` names, or creates it where there is none. */
  upsert<T = RecordModel>(bodyParams?: BodyParams, options?: RecordOptions): BatchItem<Own<T>> {
    return this.add('PUT', bodyParams, options)
  }

  /**
   * Changes the fields of a record that `bodyParams` names.
   *
   * @throws TypeError for an id that a batch cannot name.
   */
  update<T = RecordModel>(
    id: string,
    bodyParams?: BodyParams,
    options?: RecordOptions,
  ): BatchItem<T> {
    return this.add('PATCH', bodyParams, options, segment(id))
  }

  /**
   * Deletes a record.
   *
   * @throws TypeError for an id that a batch cannot name.
   */
  delete(id: string, options?: SendOptions): BatchItem<true> {
    return this.add('DELETE', undefined, options, segment(id))
  }

  private add<T>(
    method: string,
    bodyParams: BodyParams | undefined,
    given: SendOptions | undefined,
    id?: string,
  ): BatchItem<T> {
    const options = { ...given }
    normalizeUnknownQueryParams(options)
    const { query = {}, headers, body = bodyParams } = options
    for (const key of ['expand', 'fields']) if (query[key]) query[key] = String(query[key])
    const collection = this.collectionIdOrName
    const end = id === undefined ? '' : `/${id}`
    const url = withQuery(`/api/collections/${segment(collection)}/records${end}`, query)
    const item = { method, url, ...contents(body ?? {}), headers: headers ?? {}, collection, id }
    this.items.push(item)
    return item
  }
}

/** Batches of the schema `S`: {@link BatchService} with the types of bodies and results. */
export interface TypedBatchService<S> extends BatchService {
  /** Adds operations on the records of a collection. */
  collection<N extends CollectionName<S> | '_superusers'>(name: N): TypedSubBatchService<S, N>
  /** Sends it, once; see {@link BatchService.send}. */
  send(options?: TypedBatchOptions): Promise<BatchResults>
}

/** Operations of a batch on the records of one collection of the schema `S`. */
export interface TypedSubBatchService<S, N> extends SubBatchService {
  /** Creates a record. */
  create<E extends string = never, F extends string = never>(
    bodyParams: CreateOf<S, N>,
    options?: TypedBatchItemOptions<S, N, E, F>,
  ): BatchItem<Answer<S, N, NoInfer<E>, NoInfer<F>>>
  /** Creates a record, answered as a type of your own. */
  create<T = never>(
    ...args: UncheckedArguments<T, [bodyParams?: BodyParams, options?: RecordOptions]>
  ): BatchItem<Own<T>>
  /** Changes the record that `bodyParams.id` names, or creates it where there is none. */
  upsert<E extends string = never, F extends string = never>(
    bodyParams: CreateOf<S, N>,
    options?: TypedBatchItemOptions<S, N, E, F>,
  ): BatchItem<Answer<S, N, NoInfer<E>, NoInfer<F>>>
  /** Changes or creates a record, answered as a type of your own. */
  upsert<T = never>(
    ...args: UncheckedArguments<T, [bodyParams?: BodyParams, options?: RecordOptions]>
  ): BatchItem<Own<T>>
  /** Changes the fields of a record that `bodyParams` names. */
  update<E extends string = never, F extends string = never>(
    id: string,
    bodyParams: UpdateOf<S, N>,
    options?: TypedBatchItemOptions<S, N, E, F>,
  ): BatchItem<Answer<S, N, NoInfer<E>, NoInfer<F>>>
  /** Changes the fields of a record that `bodyParams` names, answered as a type of your own. */
  update<T = never>(
    ...args: UncheckedArguments<T, [id: string, bodyParams?: BodyParams, options?: RecordOptions]>
  ): BatchItem<Own<T>>
  /** Deletes a record. */
  delete(id: string, options?: Pick<RequestOptions, 'headers' | 'query'>): BatchItem<true>
}

/** Options of one operation of a batch with a schema. */
export interface TypedBatchItemOptions<S, N, E extends string, F extends string> extends Pick<
  TypedRecordOptions<S, N, E, F>,
  'expand' | 'fields' | 'headers' | 'query'
> {}

/** A part of an operation's URL, which the server does not decode. */
function segment(text: string): string {
  if (text && /^[^/?#%]+$/.test(text)) return text
  throw new TypeError(`batch: ${JSON.stringify(text)} is no id or name that a batch can hold.`)
}

/** What a body holds, its files apart. The texts of form data become what the server would make of them. */
function contents(body: BodyParams): Required<Pick<BatchRequest, 'json' | 'files'>> {
  const json: { [key: string]: any } = {}
  const files: { [key: string]: any[] } = {}
  const addFile = (key: string, file: unknown): unknown => (files[key] ??= []).push(file)
  const split = splitFiles(body)
  if (split || typeof body === 'string') {
    for (const [key, file] of split?.files ?? []) addFile(key, file)
    // Objects may say themselves what their JSON is, as in single calls.
    return { json: JSON.parse(toJSON(split?.files[0] ? split.payload : body)), files }
  }
  const payload = {}
  for (const [key, value] of body as FormData) {
    if (typeof value !== 'string') addFile(key, value)
    else if (key === '@jsonPayload') Object.assign(payload, JSON.parse(value))
    else {
      const isNumber = /^[\d-][\d.-]*$/.test(value) && String(Number(value)) === value
      const parsed = isNumber || /^(true|false)$/.test(value) ? JSON.parse(value) : value
      json[key] = key in json ? [json[key], parsed].flat() : parsed
    }
  }
  return { json: { ...json, ...payload }, files }
}

/** Adds to a failure what the server cannot know: which operation it was, and what to do. */
function explain(
  error: Partial<ClientResponseError>,
  part: readonly BatchItem[],
  start: number,
): void {
  const { status, fieldErrors: { requests } = {} } = error
  const item = error instanceof BatchError && part[error.index]
  if (item) {
    const { failure } = error
    const { method, url, collection } = item
    Object.assign(failure, { method, path: url.replace(/\?.*/s, ''), url })
    Object.assign(error, { collection, index: error.index + start })
    error.hint = `Operation ${error.index}: ${failure.describe()}`
  }
  if (status === 403) error.hint = 'Allow them: pb.settings.update({ batch: { enabled: true } }).'
  const max = requests?.params?.['max'] as number | undefined
  if (max) error.hint = `{ split: ${max} } sends them in parts.`
  if (start) error.hint = `${error.hint} ${start} operations before it are stored.`.trim()
}
