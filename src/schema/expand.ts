import type { IsDynamic, PathHead, PathTail, RelationTarget, SplitPaths } from './paths.ts'
import type { RecordOf, RelationsOf, SchemaError } from './schema.ts'

/**
 * A record with the paths `P` expanded. The key `expand`, and every key in it, can be missing: an empty relation, one whose records the
 * caller may not view, and one whose records are just being deleted leave none.
 */
export type Expanded<S, N, P extends string> = RecordOf<S, N> & { expand?: ExpandMap<S, N, P> }

/** What `expand` holds for the paths `P`: a record, or a list for a relation to many. */
export type ExpandMap<S, N, P extends string> =
  IsDynamic<P> extends true
    ? { [relation: string]: any }
    : {
        [H in PathHead<P>]?: ExpandValue<
          S,
          RelationsOf<S, N>[H & keyof RelationsOf<S, N>],
          PathTail<P, H>
        >
      }

type ExpandValue<S, R, P extends string> = R extends readonly (infer N)[]
  ? WithExpand<S, N, P>[]
  : WithExpand<S, R, P>

/** A record with the paths `P` expanded, if there are any. */
export type WithExpand<S, N, P extends string> = [P] extends [never]
  ? RecordOf<S, N>
  : Expanded<S, N, P>

/**
 * The text itself where every path of it exists; else a sentence, and what could stand there.
 *
 * Behind `infer` inference does not look for `E` in the parts that say what is wrong, which would cost half as much again.
 */
export type ExpandArg<S, N, E extends string> =
  IsDynamic<E> extends true
    ? E
    : E extends unknown
      ? Verdict<Wrong<S, N, SplitPaths<E>>, S, N, E> extends infer V
        ? [V] extends [never]
          ? E
          : V
        : never
      : never

type Verdict<W, S, N, E extends string> = [W] extends [never]
  ? never
  : (E extends '' ? E : W) | Exclude<Suggested<S, N, E>, E>

/** `never` where the paths exist. `L` counts the levels that are left. */
type Wrong<S, N, P extends string, L extends number = 6> = L extends 0
  ? SchemaError<'a server expands at most 6 levels'>
  : P extends `${infer H}.${infer R}`
    ? H extends keyof RelationsOf<S, N>
      ? Wrong<S, RelationTarget<RelationsOf<S, N>[H]>, R, Less[L]>
      : SchemaError<`'${H}' is not a relation of ${N & string}`>
    : P extends keyof RelationsOf<S, N>
      ? never
      : SchemaError<`'${P}' is not a relation of ${N & string}`>

/** Counts down: at each place one less than its number. */
type Less = readonly [0, 0, 1, 2, 3, 4, 5]

/** The text up to its last separator, followed by every relation that may come next: what editors offer. */
type Suggested<S, N, E extends string, Done extends string = ''> = E extends `${infer A},${infer B}`
  ? Suggested<S, N, B, `${Done}${A},`>
  : SuggestedPath<S, N, E, Done>

type SuggestedPath<S, N, E extends string, Done extends string> = E extends ` ${infer R}`
  ? SuggestedPath<S, N, R, `${Done} `>
  : E extends `${string}.${string}.${string}.${string}.${string}.${string}.${string}`
    ? never
    : E extends `${infer H}.${infer R}`
      ? H extends keyof RelationsOf<S, N>
        ? SuggestedPath<S, RelationTarget<RelationsOf<S, N>[H]>, R, `${Done}${H}.`>
        : never
      : `${Done}${keyof RelationsOf<S, N> & string}`
