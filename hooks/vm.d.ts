/** The globals of PocketBase's JavaScript engine that the pack uses, and no more of them than it uses. */

/** A pool of connections, or the one connection that writes. */
interface Database {
  newQuery(sql: string): Query
}

interface Query {
  bind(parameters: Record<string, string | number>): Query
  execute(): { rowsAffected(): number }
  /** Throws when there is no row. */
  one(row: object): void
}

interface App {
  /** Reads the auxiliary database, which holds the logs, and the pack's tables. */
  auxDB(): Database
  /** Writes it: one writer at a time. */
  auxNonconcurrentDB(): Database
  /** Inside, `auxDB()` of the argument is the transaction. What is thrown rolls it back and is thrown on. */
  auxRunInTransaction(work: (transaction: App) => void): void
  /** One map for the process. Numbers and strings only: objects would be shared by threads. */
  store(): {
    get(key: string): unknown
    set(key: string, value: string | number): void
    remove(key: string): void
    getAll(): Record<string, unknown>
  }
  logger(): { error(message: string, ...pairs: unknown[]): void }
  /** Throws when the token is not valid. */
  findAuthRecordByToken(token: string, type: string): AuthRecord
}

interface AuthRecord {
  readonly id: string
  isSuperuser(): boolean
}

interface Headers {
  get(name: string): string
  set(name: string, value: string): void
  add(name: string, value: string): void
}

interface RequestEvent {
  readonly auth: AuthRecord | null
  readonly request: {
    readonly method: string
    readonly host: string
    /** Of the route, such as `GET /api/collections/{collection}/records`. */
    readonly pattern: string
    readonly body: unknown
    readonly header: Headers
    readonly url: {
      readonly path: string
      readonly rawQuery: string
      query(): { get(name: string): string }
    }
    pathValue(name: string): string
  }
  readonly response: { header(): Headers; write(text: string): void }
  next(): void
  get(key: string): unknown
  /** The status that was written, 0 where nothing has been. */
  status(): number
  realIP(): string
  hasSuperuserAuth(): boolean
  json(status: number, value: unknown): void
  string(status: number, text: string): void
  html(status: number, text: string): void
  noContent(status: number): void
  flush(): void
}

/** A time of Go's. */
interface GoTime {
  unixMicro(): number
  /** In nanoseconds. */
  sub(earlier: GoTime): number
}

declare const $app: App
declare const $http: {
  /** Waits for the answer. Throws when none comes. */
  send(request: {
    method: string
    url: string
    headers: Readonly<Record<string, string>>
    body: string
    /** In whole seconds. */
    timeout: number
  }): {
    readonly statusCode: number
    /** By their names in the form of `Content-Type`. */
    readonly headers: Readonly<Record<string, readonly string[]>>
    readonly raw: string
    /** `null` where the answer is not JSON. */
    readonly json: unknown
  }
}
declare const $os: { getenv(name: string): string }

declare class DateTime {
  time(): GoTime
}
/** A row to read into, with these members. */
declare const DynamicModel: new <T extends object>(shape: T) => T

declare class ApiError extends Error {
  constructor(status: number, message: string)
}
declare class BadRequestError extends ApiError {
  constructor(message: string)
}
declare class UnauthorizedError extends ApiError {
  constructor(message: string)
}
declare class ForbiddenError extends ApiError {
  constructor(message: string)
}
declare class NotFoundError extends ApiError {
  constructor(message: string)
}
declare class TooManyRequestsError extends ApiError {
  constructor(message: string)
}
declare class InternalServerError extends ApiError {
  constructor(message: string)
}

/** Reads a stream to its end. */
declare function toString(value: unknown): string
declare function sleep(milliseconds: number): void

/** Written by the build. */
declare const packVersion: string
declare const dashboard: {
  readonly html: string
  readonly etag: string
  /** The `Content-Security-Policy` under which the page works. */
  readonly policy: string
}

declare const console: { error(message: string): void }
