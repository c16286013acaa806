/**
 * What it is doing: reading for the first time; following the database; cut off from the server, or reading everything again since;
 * ended.
 */
export type LiveState = 'loading' | 'live' | 'stale' | 'closed'

/** Something that follows the database. */
export interface Live<Snapshot> extends Disposable {
  /**
   * Resolves when everything has been read for the first time. Rejects when it cannot be read, or not be held; then {@link error}
   * has the reason as well.
   */
  readonly ready: Promise<void>
  /** What it is doing. */
  readonly state: LiveState
  /** Why it ended by itself; `undefined` while it has not, and after {@link close}. */
  readonly error: unknown
  /** What is known now: the same object until something changes, and in it the same rows as long as they stay. */
  readonly getSnapshot: () => Snapshot
  /**
   * Calls `listener` whenever the snapshot or {@link state} changes.
   *
   * @returns a function that removes it.
   */
  readonly subscribe: (listener: () => void) => () => void
  /** Ends it: no further request, no further change. The last snapshot stays. */
  close(): void
}

/** A list that follows the database; see {@link liveList}. Its snapshot is empty until it has been read. */
export type LiveList<T> = Live<readonly T[]>

/** A record that follows the database; see {@link liveOne}. */
export type LiveOne<T> = Live<T | null | undefined>

/** A service without a schema. */
export interface Plain {
  /** What those with one have. */
  readonly '~names'?: undefined
}

/** A service of a schema's collection. */
export interface Named<S, N> {
  /** Which schema and collection. */
  readonly '~names'?: [schema: S, collection: N]
}

/** The schema of a service. */
export type SchemaOf<R> = R extends Named<infer S, any> ? S : never

/** The collection's name in it. */
export type NameOf<R> = R extends Named<any, infer N> ? N : never
