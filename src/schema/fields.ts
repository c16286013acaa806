import type { ExpandMap, WithExpand } from './expand.ts'
import type { IsDynamic, PathHead, PathTail, RelationTarget, SplitPaths } from './paths.ts'
import type { RecordOf, RelationsOf, SchemaError } from './schema.ts'

/**
 * What a call answers that asks for `expand: E` and `fields: F`, each `never` when it is not given; `''` is the same.
 *
 * Fields that are not known at compile time leave every key optional.
 */
export type Answer<S, N, E extends string, F extends string> = [Exclude<F, ''>] extends [never]
  ? WithExpand<S, N, SplitPaths<Exclude<E, ''>>>
  : IsDynamic<F> extends true
    ? Partial<WithExpand<S, N, SplitPaths<Exclude<E, ''>>>>
    : WithFields<S, N, SplitPaths<Exclude<E, ''>>, SplitFields<F>>

/** The paths of a `fields` list, their modifiers left out: the arguments of `:excerpt` hold commas. */
export type SplitFields<F extends string> = F extends `${infer A}:excerpt(${string})${infer B}`
  ? SplitFields<`${A}${B}`>
  : SplitPaths<F>

/** A record with the paths `E` expanded, of which the paths `P` were asked for. `*` is the rest of its level. */
export type WithFields<S, N, E extends string, P extends string> = PickedIn<RecordOf<S, N>, P> &
  PickedExpand<S, N, E, P>

/** The keys that are asked for. Of an object in a field, such as a place, perhaps a part. */
type PickedIn<R, P extends string> = [Parts<P>] extends [never]
  ? PickedKeys<R, P>
  : {
      [K in keyof PickedKeys<R, P>]: K extends Parts<P>
        ? PickedPart<R[K & keyof R], PathTail<P, K>>
        : R[K & keyof R]
    }

type PickedKeys<R, P extends string> = '*' extends P ? R : Pick<R, PathHead<P> & keyof R>

/** Fields of which a part alone is asked for: the whole, asked for as well, wins. */
type Parts<P extends string> = Exclude<P extends `${infer H}.${string}` ? H : never, P | 'expand'>

type PickedPart<T, P extends string> = T extends readonly (infer I)[]
  ? PickedPart<I, P>[]
  : T extends object
    ? PickedIn<T, P>
    : T

type PickedExpand<S, N, E extends string, P extends string> = [E] extends [never]
  ? unknown
  : 'expand' extends P
    ? { expand?: ExpandMap<S, N, E> }
    : [PathTail<P, 'expand'>] extends [never]
      ? '*' extends P
        ? { expand?: ExpandMap<S, N, E> }
        : unknown
      : { expand?: PickedMap<S, N, E, PathTail<P, 'expand'>> }

type PickedMap<S, N, E extends string, P extends string> =
  IsDynamic<E> extends true
    ? { [relation: string]: any }
    : {
        [H in '*' extends P ? PathHead<E> : PathHead<E> & PathHead<P>]?: PickedValue<
          S,
          RelationsOf<S, N>[H & keyof RelationsOf<S, N>],
          PathTail<E, H>,
          H extends P ? never : PathTail<P, H>
        >
      }

/** Without paths of its own it is asked for as a whole. */
type PickedValue<S, R, E extends string, P extends string> = R extends readonly (infer N)[]
  ? PickedRecord<S, N, E, P>[]
  : PickedRecord<S, R, E, P>

type PickedRecord<S, N, E extends string, P extends string> = [P] extends [never]
  ? WithExpand<S, N, E>
  : WithFields<S, N, E, P>

/** The text itself where every field of it exists; else a sentence, and what could stand there. See `ExpandArg`. */
export type FieldsArg<S, N, F extends string> =
  IsDynamic<F> extends true
    ? F
    : F extends unknown
      ? Verdict<Wrong<S, N, SplitFields<F>>, S, N, F> extends infer V
        ? [V] extends [never]
          ? F
          : V
        : never
      : never

type Verdict<W, S, N, F extends string> = [W] extends [never]
  ? never
  : (F extends '' ? F : W) | Exclude<Suggested<S, N, F>, F>

/** `never` where the fields exist. */
type Wrong<S, N, P extends string> = P extends '*' | 'expand' | keyof RecordOf<S, N>
  ? never
  : P extends `expand.${infer R}`
    ? WrongExpand<S, N, R>
    : WrongColumn<S, N, P>

/** Of a path that is no field itself: it may lie inside a `json` or `geoPoint` field. */
export type WrongColumn<S, N, P extends string> = P extends `${infer H}.${string}`
  ? H extends keyof RecordOf<S, N>
    ? RecordOf<S, N>[H] extends string | number | boolean | readonly string[] | undefined
      ? SchemaError<`'${P}' is not a field of ${N & string}`>
      : never
    : SchemaError<`'${H}' is not a field of ${N & string}`>
  : SchemaError<`'${P}' is not a field of ${N & string}`>

type WrongExpand<S, N, P extends string> = P extends '*'
  ? never
  : P extends `${infer H}.${infer R}`
    ? H extends keyof RelationsOf<S, N>
      ? Wrong<S, RelationTarget<RelationsOf<S, N>[H]>, R>
      : SchemaError<`'${H}' is not a relation of ${N & string}`>
    : P extends keyof RelationsOf<S, N>
      ? never
      : SchemaError<`'${P}' is not a relation of ${N & string}`>

/** The text up to its last separator, followed by what may come next. */
type Suggested<S, N, F extends string, Done extends string = ''> = F extends `${infer A},${infer B}`
  ? Suggested<S, N, B, `${Done}${A},`>
  : SuggestedPath<S, N, F, Done>

type SuggestedPath<S, N, F extends string, Done extends string> = F extends ` ${infer R}`
  ? SuggestedPath<S, N, R, `${Done} `>
  : F extends `expand.${infer H}.${infer R}`
    ? H extends keyof RelationsOf<S, N>
      ? SuggestedPath<S, RelationTarget<RelationsOf<S, N>[H]>, R, `${Done}expand.${H}.`>
      : never
    : F extends `expand.${string}`
      ? `${Done}expand.${keyof RelationsOf<S, N> & string}`
      : `${Done}${(keyof RecordOf<S, N> & string) | '*' | 'expand'}`
