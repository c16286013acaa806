import type { FilterValue } from '../core/filter.ts'
import type { RecordModel } from './records.ts'

/** The schema of a client without one. It must stay empty: `Untyped extends S` is how signatures tell. */
export interface Untyped {}

declare const problem: unique symbol

/** Never holds a value: it stands where a call cannot work, and says why. */
export interface SchemaError<Sentence extends string> {
  /** What is wrong. */
  readonly [problem]: Sentence
}

/** The names of a schema's collections. */
export type CollectionName<S> = Untyped extends S ? never : keyof S & string

/** A record of a collection. */
export type RecordOf<S, N> = S[N & keyof S] extends { record: infer R } ? R : RecordModel

/** Records that can sign in. */
export type AuthRecords<S> = {
  [K in keyof S]: S[K] extends { type: 'auth'; record: infer R } ? R : never
}[keyof S]

/** The names between `{:` and `}`. */
export type Placeholder<E extends string> = E extends `${string}{:${infer N}}${infer R}`
  ? N | Placeholder<R>
  : never

/** What the parameters of a filter must be; anything goes where the text or the names are not known at compile time. */
export type FilterParams<E extends string, P> =
  {} extends Record<E, 1>
    ? unknown
    : string extends keyof P
      ? unknown
      : { [K in Placeholder<E>]: FilterValue } & {
          [
            K in Exclude<keyof P, Placeholder<E>>
          ]: SchemaError<`the filter has no placeholder {:${K & string}}`>
        }
