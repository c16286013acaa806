/** Rows of one table, and where they go. */
export interface Feed {
  readonly name: 'events' | 'spans'
  readonly table: '_pbts_events' | '_pbts_spans'
  readonly target: {
    /** `''`: nothing is forwarded. */
    readonly url: string
    readonly headers: Readonly<Record<string, string>>
    readonly timeoutMs: number
  }
  /** As many as are sent at once. */
  readonly batchSize: number
  /** The rows after that one, the oldest first, as the body of a request. */
  read(after: number, limit: number): Batch
  /** How many rows of a batch that it took the receiver has refused for good. */
  refusedIn(answer: unknown): number
}

interface Batch {
  readonly count: number
  /** The id of its last row. */
  readonly last: number
  readonly body: string
}
