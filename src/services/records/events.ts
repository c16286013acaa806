import type { Filter } from '../../core/filter.ts'
import type { RecordModel } from '../../schema/records.ts'
import type { SubscribeOptions } from '../realtime.ts'

/** A change of a record. */
export interface RecordSubscription<T = RecordModel> {
  /** `create`, `update` or `delete`. */
  action: string
  /** The record as that write left it; for `delete` as it was before. */
  record: T
}

/** A change of a record, told apart by `action`. */
export type RecordEvent<T = RecordModel> =
  | { action: 'create'; record: T }
  | { action: 'update'; record: T }
  | { action: 'delete'; record: T }

/** Options of subscriptions to records. */
export interface RecordSubscribeOptions extends SubscribeOptions {
  /** Comma-separated fields of the events' records, `id` among them. Default: all. */
  fields?: string | undefined
  /** Only records that match. */
  filter?: string | Filter | undefined
  /** Comma-separated relations to embed. */
  expand?: string | undefined
}
