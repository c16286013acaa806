import type { WrongColumn } from './fields.ts'
import type { IsDynamic, RelationTarget, SplitPaths } from './paths.ts'
import type { RecordOf, RelationsOf } from './schema.ts'

/** The text itself where every field of it exists; else a sentence, and what could stand there. See `ExpandArg`. */
export type SortArg<S, N, T extends string> =
  IsDynamic<T> extends true
    ? T
    : T extends unknown
      ? Verdict<Wrong<S, N, SplitPaths<T>>, S, N, T> extends infer V
        ? [V] extends [never]
          ? T
          : V
        : never
      : never

type Verdict<W, S, N, T extends string> = [W] extends [never]
  ? never
  : (T extends '' ? T : W) | Exclude<Suggested<S, N, T>, T>

type Wrong<S, N, P extends string> = P extends `-${infer R}` | `+${infer R}`
  ? Wrong<S, N, R>
  : P extends '@random' | '@rowid'
    ? never
    : WrongPath<S, N, P extends `${infer A}:${string}` ? A : P>

/** Relations and back-relations, then a field or a path inside one. */
type WrongPath<S, N, P extends string> = P extends keyof RecordOf<S, N>
  ? never
  : P extends `${infer H}.${infer R}`
    ? H extends keyof RelationsOf<S, N>
      ? WrongPath<S, RelationTarget<RelationsOf<S, N>[H]>, R>
      : WrongColumn<S, N, P>
    : WrongColumn<S, N, P>

type Suggested<S, N, T extends string, Done extends string = ''> = T extends `${infer A},${infer B}`
  ? Suggested<S, N, B, `${Done}${A},`>
  : T extends `${infer Sign extends ' ' | '-' | '+'}${infer R}`
    ? Suggested<S, N, R, `${Done}${Sign}`>
    : SuggestedPath<S, N, T, Done>

type SuggestedPath<S, N, T extends string, Done extends string> = T extends `${infer H}.${infer R}`
  ? H extends keyof RelationsOf<S, N>
    ? SuggestedPath<S, RelationTarget<RelationsOf<S, N>[H]>, R, `${Done}${H}.`>
    : never
  : `${Done}${keyof RecordOf<S, N> & string}`
