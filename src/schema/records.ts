/** One page of a list. */
export interface ListResult<T> {
  /** From 1. */
  page: number
  /** Rows a page holds at most: what the server used, which is 1000 at most. */
  perPage: number
  /** -1 with `skipTotal`. */
  totalItems: number
  /** -1 with `skipTotal`. */
  totalPages: number
  /** The rows of this page. */
  items: T[]
}

/** What every model has. */
export interface BaseModel {
  [key: string]: any
  /** 15 characters of `[a-z0-9]`, where the collection does not want others. */
  id: string
}

/** A record of a collection without a schema. */
export interface RecordModel extends BaseModel {
  /** Stays the same when the collection is renamed. */
  collectionId: string
  /** The collection's name at the moment of the answer. */
  collectionName: string
  /** The related records that `expand` asked for and the caller may see, by relation. */
  expand?: { [key: string]: any }
}

/** The body of a create or update: a plain object (files in it become multipart parts), or form data. */
export type BodyParams = { [key: string]: any } | FormData
