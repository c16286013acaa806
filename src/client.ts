/// <reference lib="esnext.disposable" preserve="true" />
import type { BaseAuthStore } from './auth/store.ts'
import { MemoryAuthStore } from './auth/store.ts'
import { Session } from './auth/session.ts'
import { LocalAuthStore } from './auth/web-storage.ts'
import type { Middleware } from './core/exchange.ts'
import { bind, FilterText, template } from './core/filter.ts'
import type { Filter } from './core/filter.ts'
import type { SendOptions } from './core/options.ts'
import { addListener } from './core/listeners.ts'
import { Transport } from './core/transport.ts'
import type { BeforeSendResult, TransportOptions } from './core/transport.ts'
import type { FilterParams } from './schema/filter.ts'
import type { RealtimeOptions } from './realtime/connection.ts'
import type { RecordModel } from './schema/records.ts'
import type { AuthRecords, CollectionName, Untyped } from './schema/schema.ts'
import { AnalyticsService } from './services/analytics.ts'
import { BackupService } from './services/backups.ts'
import { BatchService } from './services/batch.ts'
import type {
  BatchAnswers,
  BatchFor,
  BatchItem,
  BatchOptions,
  TypedBatchOptions,
} from './services/batch.ts'
import { CollectionService } from './services/collections.ts'
import { CronService } from './services/crons.ts'
import { FileService } from './services/files.ts'
import type { FileOptions } from './services/files.ts'
import { HealthService } from './services/health.ts'
import { LogService } from './services/logs.ts'
import { RealtimeService } from './services/realtime.ts'
import { RecordService } from './services/records/index.ts'
import type { TypedRecordService } from './services/records/typed.ts'
import { SettingsService } from './services/settings.ts'
import { SQLService } from './services/sql.ts'
import { TraceService } from './services/traces.ts'

/** Settings of a client. */
export interface PocketBaseOptions extends TransportOptions {
  /** Who is signed in. Default: `localStorage` in browsers, memory elsewhere. */
  authStore?: BaseAuthStore<any> | undefined
  /** Sent as `Accept-Language`; PocketBase itself does not read it. Default `en-US`. */
  lang?: string | undefined
  /** How realtime keeps its stream. */
  realtime?: RealtimeOptions | undefined
}

/** Arguments that a call has without a schema alone. */
export type IfUntyped<S, A extends unknown[]> = Untyped extends S ? A : []

/** The service of a collection. */
export type ServiceFor<S, N> = Untyped extends S ? RecordService<any> : TypedRecordService<S, N>

/** The auth store of a client: its `record` is one of the schema's auth records. */
export type AuthStoreFor<S> = Untyped extends S
  ? BaseAuthStore
  : BaseAuthStore<AuthRecords<S> | null>

/** A client of one PocketBase server; see the class. */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- the accessor pair must stand in an interface: subclasses override it with a field
export interface PocketBase<S = Untyped> {
  /** Types only. It comes first: `-?` makes the compiler compare clients member by member instead of by `S`. */
  readonly '~schema'?: { [K in keyof S]-?: unknown }
  /** Who is signed in. Can be replaced. */
  get authStore(): AuthStoreFor<S>
  set authStore(store: BaseAuthStore<any>)
}

/**
 * A client of one PocketBase server.
 *
 * ```ts
 * const pb = new PocketBase('http://127.0.0.1:8090')
 * await pb.collection('users').authWithPassword('test@example.com', '123456')
 * const posts = await pb.collection('posts').getList(1, 20, { filter: pb.filter`title ~ ${query}` })
 * ```
 *
 * On a server make one for each incoming request: it holds who is signed in.
 */
export class PocketBase<S = Untyped> {
  /** The server's address, with the path of a proxy if there is one. Can be changed. */
  declare baseURL: string
  /** Sent as `Accept-Language`. */
  declare lang: string
  /**
   * Called before every attempt to send a request. It may change the options in place, or return `{ url }`, `{ options }` or both.
   */
  declare beforeSend?: (
    url: string,
    options: SendOptions,
  ) => BeforeSendResult | void | Promise<BeforeSendResult | void>
  /**
   * Called with every answer that could be read, also with failures, and its data; what it returns becomes the call's result.
   */
  declare afterSend?: (response: Response, data: any, options: SendOptions) => any
  /** What the client was made with. */
  declare readonly options: Readonly<PocketBaseOptions>

  /** What people do in the app, on servers with the hooks pack. */
  declare readonly analytics: AnalyticsService
  /** Backups of the server's data. For superusers. */
  declare readonly backups: BackupService
  /** Collections: their fields, rules and settings. For superusers. */
  declare readonly collections: CollectionService
  /** Scheduled jobs. For superusers. */
  declare readonly crons: CronService
  /** URLs and tokens of files. */
  declare readonly files: FileService
  /** Whether the server is up. */
  declare readonly health: HealthService
  /** What the server noted. For superusers. */
  declare readonly logs: LogService
  /** Messages from the server; see also `RecordService.subscribe`. */
  declare readonly realtime: RealtimeService
  /** The server's settings. For superusers. */
  declare readonly settings: SettingsService
  /** The database itself. For superusers. */
  declare readonly sql: SQLService
  /** What the server did for each request, with the hooks pack. For superusers. */
  declare readonly traces: TraceService

  declare private readonly transport: Transport
  declare private readonly session: Session
  private readonly recordServices = new Map<string, RecordService<any>>()

  /**
   * @param baseURL - for example `http://127.0.0.1:8090`. Default `/`: the server that the page came from.
   * @param options - settings, or just an auth store.
   */
  constructor(baseURL?: string, authStore?: BaseAuthStore<any> | null, lang?: string)
  constructor(baseURL?: string, options?: PocketBaseOptions)
  constructor(
    baseURL = '/',
    given?: BaseAuthStore<any> | PocketBaseOptions | null,
    lang = 'en-US',
  ) {
    const isStore = given && 'save' in given
    const options: PocketBaseOptions = isStore ? { authStore: given, lang } : { lang, ...given }
    this.baseURL = baseURL
    this.options = options
    this.lang = options.lang ?? lang
    this.authStore = options.authStore ?? defaultStore()
    const client = this as PocketBase<any>
    this.session = new Session(client, options.autoRefreshThreshold)
    this.transport = new Transport(this, options, this.session)
    this.analytics = new AnalyticsService(client)
    this.backups = new BackupService(client)
    this.collections = new CollectionService(client)
    this.crons = new CronService(client)
    this.files = new FileService(client)
    this.health = new HealthService(client)
    this.logs = new LogService(client)
    this.realtime = new RealtimeService(client)
    this.settings = new SettingsService(client)
    this.sql = new SQLService(client)
    this.traces = new TraceService(client)
  }

  /**
   * The records of a collection.
   *
   * @returns the same service for the same name, every time.
   */
  collection<M = RecordModel>(
    ...args: IfUntyped<S, [idOrName: string]>
  ): Untyped extends S ? RecordService<M> : never
  /** The records of a collection of the schema, or the superusers: every server has them. */
  collection<N extends CollectionName<S> | '_superusers'>(name: N): ServiceFor<S, N>
  collection(idOrName: string = ''): any {
    let service = this.recordServices.get(idOrName)
    if (!service)
      this.recordServices.set(
        idOrName,
        (service = new RecordService(this as PocketBase<any>, idOrName)),
      )
    return service
  }

  /**
   * Creates, changes and deletes records in one transaction: all, or none.
   *
   * ```ts
   * const [post, user] = await pb.batch((b) => [
   *   b.collection('posts').create({ title: 'Hello' }),
   *   b.collection('users').update(id, { 'posts+': 1 }, { fields: 'posts' }),
   * ])
   * ```
   *
   * `POST /api/batch`
   *
   * @param build - adds the operations, and returns those whose results are wanted.
   * @returns their results: records, and true for deletes.
   * @throws as {@link BatchService.send}.
   */
  async batch<I extends readonly BatchItem[] | []>(
    build: (batch: BatchFor<S>) => I,
    options?: Untyped extends S ? BatchOptions : TypedBatchOptions,
  ): Promise<BatchAnswers<I>> {
    const batch = new BatchService(this as PocketBase<any>)
    // Not sent at all where there is no list: its results could not be told.
    const items = [...build(batch as BatchFor<S>)]
    const results = await batch.send(options)
    return items.map((item) => results.of<unknown>(item)) as BatchAnswers<I>
  }

  /**
   * A batch to add operations to, one by one.
   *
   * ```ts
   * const batch = pb.createBatch()
   * const created = batch.collection('posts').create({ title: 'Hello' })
   * const results = await batch.send()
   * console.log(results.of(created).id)
   * ```
   */
  createBatch(): BatchFor<S> {
    return new BatchService(this as PocketBase<any>) as BatchFor<S>
  }

  /**
   * Writes a filter with values that no text can break out of.
   *
   * As a tagged template it returns a {@link Filter}, exact on every version: where no text is right on all of them, the call that
   * sends it asks the server first.
   *
   * ```ts
   * pb.filter`title ~ ${query} && created > ${new Date('2026-01-01')}`
   * ```
   *
   * With placeholders it returns a text at once, as exact; but it throws where only one version could read it and nothing has told
   * which one it is (the option `serverVersion`, the last answer).
   *
   * ```ts
   * pb.filter('title ~ {:query} && created > {:since}', { query, since: new Date('2026-01-01') })
   * ```
   *
   * Texts, numbers, booleans, dates and `null` become literals, lists one comma-separated text, other objects their JSON, and filters
   * a group in parentheses.
   *
   * @throws TypeError for a missing value, a placeholder inside quotes, NUL, half characters, `NaN`, an invalid `Date`, and for
   * more than the 3,500 bytes that servers read.
   */
  filter(raw: Untyped extends S ? string : never, params?: { [key: string]: any }): string
  /** Writes a filter as a tagged template. (It takes texts too, so that subclasses can override it for them alone.) */
  filter<F extends string = Filter>(
    strings: TemplateStringsArray | (Untyped extends S ? string : never),
    ...values: unknown[]
  ): F
  /** Writes a filter from placeholders; returns a text at once. */
  filter<E extends string, P extends { [key: string]: any } = {}>(
    raw: E,
    params?: P & (Untyped extends S ? unknown : FilterParams<E, P>),
  ): string
  filter(expression: string | readonly string[], ...values: unknown[]): any {
    return typeof expression === 'string'
      ? this.transport.filters.write(bind(expression, values[0] as object))
      : new FilterText(template(expression, values))
  }

  /**
   * Sends a request to a path of the server, for routes of its own. All services go this way out; only the question
   * how the server reads filters does not.
   *
   * @returns the answer's JSON; `{}` for an answer without a body.
   * @throws ClientResponseError in all its kinds; DecodeError for an answer that is not JSON.
   */
  send<T = any>(path: string, options: SendOptions): Promise<T> {
    return this.transport.send<T>(path, options)
  }

  /**
   * Wraps every attempt to send a request, the first added outermost.
   *
   * ```ts
   * pb.use(async (request, next) => {
   *   const response = await next(request)
   *   console.log(request.init.method, request.url, response.status)
   *   return response
   * })
   * ```
   *
   * @returns a function that removes it.
   */
  use(middleware: Middleware): () => void {
    return addListener(this.transport.middleware, middleware)
  }

  /** Whether a newer read with the same method and path cancels the older one, while it is pending. On by default. */
  autoCancellation(enable: boolean): this {
    this.transport.autoCancellation = enable
    return this
  }

  /** Cancels the pending calls with a request key, such as `GET /api/health`. */
  cancelRequest(requestKey: string): this {
    this.transport.cancel(requestKey)
    return this
  }

  /** Cancels all pending calls. */
  cancelAllRequests(): this {
    this.transport.cancel()
    return this
  }

  /** The full URL of a path. Relative base URLs are read relative to the page. */
  buildURL(path: string): string {
    let url = this.baseURL
    const page = globalThis.location?.href
    if (page && !/^https?:/.test(url)) url = new URL(url, page.replace(/\/?([?#].*)?$/s, '/')).href
    return path ? url.replace(/\/?$/, '/') + path.replace(/^\//, '') : url
  }

  /**
   * Older name of {@link buildURL}.
   *
   * @deprecated Use {@link buildURL}.
   */
  buildUrl(path: string): string {
    return this.buildURL(path)
  }

  /**
   * Older name of {@link baseURL}.
   *
   * @deprecated Use {@link baseURL}.
   */
  get baseUrl(): string {
    return this.baseURL
  }

  set baseUrl(url: string) {
    this.baseURL = url
  }

  /**
   * Older name of `files.getURL`.
   *
   * @deprecated Use `files.getURL`.
   */
  getFileUrl(record: { [key: string]: any }, filename: string, queryParams?: FileOptions): string {
    return this.files.getURL(record, filename, queryParams)
  }

  /**
   * The superusers.
   *
   * @deprecated Use `collection('_superusers')`.
   */
  get admins(): RecordService<any> {
    return (this as PocketBase<any>).collection('_superusers')
  }

  /** Ends the client: pending calls and subscriptions are cancelled, later ones refused. */
  async close(): Promise<void> {
    void this.realtime.unsubscribe()
    this.transport.close()
  }

  /** What the end of an `await using` block calls: the same as {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

function defaultStore(): BaseAuthStore {
  // Not by the presence of localStorage alone: some servers have one, shared by all their users.
  return typeof document === 'undefined' ? new MemoryAuthStore() : new LocalAuthStore()
}
