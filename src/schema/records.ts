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
  items: T[]
}

/** What every model has. */
export interface BaseModel {
  [key: string]: any
  id: string
}

/** A record of a collection without a schema. */
export interface RecordModel extends BaseModel {
  collectionId: string
  collectionName: string
  /** The related records that `expand` asked for and the caller may see, by relation. */
  expand?: { [key: string]: any }
}
