import type { Filter } from '../../core/filter.ts'
import type { RecordModel } from '../../schema/records.ts'
import type { TypedRecordOptions } from '../options.ts'
import type { SubscribeOptions, SubscribeSettings } from '../realtime.ts'

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

/** Options of subscriptions to records of a schema's collection. */
export interface TypedSubscribeOptions<S, N, E extends string, F extends string>
  extends TypedRecordOptions<S, N, E, F>, SubscribeSettings {
  /** Only records that match. */
  filter?: string | Filter | undefined
}

/** What {@link RecordService.events} takes besides. */
export interface EventsSettings {
  /** `*` for all records, which is the default, or the id of one. */
  topic?: string | undefined
  /** How many events may wait to be read; one more ends the iteration with an error. Default 10,000. */
  maxWaiting?: number | undefined
}
