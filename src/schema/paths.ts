/** `true` for a text that is not known at compile time, in whole or in part. */
export type IsDynamic<T extends string> = {} extends Record<T, 1> ? true : false

/** The paths of a comma-separated list: `'a, b.c'` is `'a' | 'b.c'`. */
export type SplitPaths<List extends string> = List extends `${infer A},${infer B}`
  ? Trim<A> | SplitPaths<B>
  : Trim<List>

type Trim<P extends string> = P extends ` ${infer R}`
  ? Trim<R>
  : P extends `${infer R} `
    ? Trim<R>
    : P

/** The first segments of paths. */
export type PathHead<P extends string> = P extends `${infer H}.${string}` ? H : P

/** What follows the segment `H` in those paths that begin with it. */
export type PathTail<P extends string, H extends string> = P extends `${H}.${infer R}` ? R : never

/** The collection that a relation leads to. */
export type RelationTarget<R> = R extends readonly (infer N)[] ? N : R
