import type { ClientResponseError } from '../core/errors.ts'
import type { RequestOptions, SendOptions } from '../core/options.ts'
import type { ExpandArg } from '../schema/expand.ts'
import type { FieldsArg } from '../schema/fields.ts'
import type { SortArg } from '../schema/sort.ts'

/** Options of calls that answer data. */
export interface CommonOptions extends SendOptions {
  /** Comma-separated fields to answer, `expand.author.name` and `text:excerpt(200,true)` included. Default: all. */
  fields?: string | undefined
}

/** Options of lists. */
export interface ListOptions extends CommonOptions {
  /** From 1; the argument of a call has the same effect. */
  page?: number | undefined
  /** 1000 at most; servers clamp silently. */
  perPage?: number | undefined
  /** For example `-created,title`. Without it servers promise no order. */
  sort?: string | undefined
  /** See {@link PocketBase.filter} for values that come from people. */
  filter?: string | undefined
  /** Do not count: `totalItems` and `totalPages` become -1, and the list is faster. */
  skipTotal?: boolean | undefined
}

/** Options of full lists. */
export interface FullListOptions extends ListOptions {
  /** Rows per request, 1000 (the server's limit) by default. */
  batch?: number | undefined
}

/** Options of calls that answer records. */
export interface RecordOptions extends CommonOptions {
  /** Comma-separated relations to embed, up to 6 levels deep: `author,comments_via_post.user`. */
  expand?: string | undefined
}

/** Options of signing in. */
export interface SignInOptions extends RecordOptions {
  /** Of the `MfaRequiredError` that the first factor ended with: this sign-in is the second. */
  mfaId?: string | undefined
}

/** Options of signing in with a password. */
export interface AuthOptions extends SignInOptions {
  /**
   * For programs that run long: the token is refreshed when it has less than this left, in seconds, and where the server refuses that,
   * the same password signs in again. It is kept in memory until somebody else signs in, or nobody is. Default: the client's own
   * `autoRefreshThreshold`, and no password is kept.
   */
  autoRefreshThreshold?: number | undefined
}

/** Options of lists of records. */
export interface RecordListOptions extends ListOptions, RecordOptions {}

/** Options of full lists of records. */
export interface RecordFullListOptions extends FullListOptions, RecordOptions {}

/** Options of walks through a whole list. `page` is ignored. */
export interface WalkOptions extends FullListOptions {
  /**
   * How pages follow each other: `key` asks for what comes after the last row, `pages` counts them, as the official client does, and
   * takes every sort; without one, rows come in the order of their insertion, as a rule. Default: `key`; for `getFullList` only
   * where `sort` is `id` or `-id`.
   */
  walk?: 'key' | 'pages' | undefined
}

/** Options of walks through a whole list of records. */
export interface RecordWalkOptions extends WalkOptions, RecordOptions {}

/** What `updateWhere` or `deleteWhere` has done so far, and in the end. */
export interface BulkProgress {
  /** Changed or deleted. */
  done: number
  /** Left alone: `change` returned nothing for them, or they were gone before their turn came. */
  skipped: number
  /** Refused, or lost on the way: these were handed to `onError`. */
  failed: number
  /** How many records matched at the start. While others write, as many as the sum of the rest only by chance. */
  total: number
}

/** How `updateWhere` and `deleteWhere` go on. */
export interface BulkSettings {
  /** How many records are written at the same time. Default 4. */
  concurrency?: number | undefined
  /** How many records are listed at a time, and kept in memory. Default 1000. */
  batch?: number | undefined
  /** Only count what matches. */
  dryRun?: boolean | undefined
  /** Called after each record. */
  onProgress?: ((progress: BulkProgress) => void) | undefined
  /** Called with each failure, after which it goes on. Default: the first failure ends it. */
  onError?: ((error: ClientResponseError, id: string) => void) | undefined
}

/** Options of `updateWhere` and `deleteWhere`. `signal`, `headers`, `timeout` and `retry` are for each of their requests. */
export interface BulkOptions extends RecordOptions, BulkSettings {}

/** Options of calls with a schema that answer records. Of a text with a wrong name in it the type is a sentence. */
export interface TypedRecordOptions<
  S,
  N,
  E extends string,
  F extends string,
> extends TypedExpandOptions<S, N, E> {
  /**
   * Fields to answer: `'id,title,expand.author.name'`, or a list of such. `*` is all of its level that is not named;
   * `text:excerpt(200,true)` shortens. Default: all.
   */
  fields?: FieldsArg<S, N, F> | readonly FieldsArg<S, N, F>[] | undefined
}

/** Options of calls with a schema that answer a record in something else: `fields` would name what is around it. */
export interface TypedExpandOptions<S, N, E extends string> extends RequestOptions {
  /** Relations to embed, up to 6 levels deep: `'author,comments_via_post.user'`, or a list of such. Default: none. */
  expand?: ExpandArg<S, N, E> | readonly ExpandArg<S, N, E>[] | undefined
}

/** Options of signing in with a schema. */
export interface TypedSignInOptions<S, N, E extends string>
  extends TypedExpandOptions<S, N, E>, Pick<SignInOptions, 'mfaId'> {}

/** Options of calls with a schema that look for the first record. */
export interface TypedSortOptions<
  S,
  N,
  E extends string,
  F extends string,
  O extends string,
> extends TypedRecordOptions<S, N, E, F> {
  /** `'-created,author.name'`, or a list of such; `@random` is a field too. Without it servers promise no order. */
  sort?: SortArg<S, N, O> | readonly SortArg<S, N, O>[] | undefined
}

/** Options of lists with a schema. */
export interface TypedListOptions<S, N, E extends string, F extends string, O extends string>
  extends TypedSortOptions<S, N, E, F, O>, Pick<ListOptions, 'filter' | 'skipTotal'> {}

/** Options of full lists and walks with a schema. */
export interface TypedFullListOptions<S, N, E extends string, F extends string, O extends string>
  extends TypedListOptions<S, N, E, F, O>, Pick<WalkOptions, 'batch' | 'walk'> {}

/** Options of `updateWhere` and `deleteWhere` with a schema. */
export interface TypedBulkOptions<S, N, E extends string, F extends string>
  extends TypedRecordOptions<S, N, E, F>, BulkSettings {}
