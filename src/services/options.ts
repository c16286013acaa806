import type { SendOptions } from '../core/options.ts'

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

/** Options of lists of records. */
export interface RecordListOptions extends ListOptions, RecordOptions {}

/** Options of full lists of records. */
export interface RecordFullListOptions extends FullListOptions, RecordOptions {}
