import type { FilterValue } from '../core/filter.ts'
import type { IsDynamic } from './paths.ts'
import type { SchemaError } from './schema.ts'

/** The names between `{:` and `}`. */
export type Placeholder<E extends string> = E extends `${string}{:${infer N}}${infer R}`
  ? N | Placeholder<R>
  : never

/** What the parameters of a filter must be; anything goes where the text or the names are not known at compile time. */
export type FilterParams<E extends string, P> =
  IsDynamic<E> extends true
    ? unknown
    : string extends keyof P
      ? unknown
      : { [K in Placeholder<E>]: FilterValue } & {
          [
            K in Exclude<keyof P, Placeholder<E>>
          ]: SchemaError<`the filter has no placeholder {:${K & string}}`>
        }
