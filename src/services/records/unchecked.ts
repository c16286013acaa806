/**
 * Arguments of a call that names its result, `getOne<Mine>('1')`: nothing but the name is checked. Without the name it wants arguments
 * that nobody can give, and drops out.
 */
export type UncheckedArguments<T, Arguments extends unknown[]> = [T] extends [never]
  ? [never, never, never, never, never, never]
  : Arguments

/** `T`, without being inferred from what a call's result is meant for. Unlike `NoInfer` it leaves no trace in editors. */
export type Own<T> = [T][T extends unknown ? 0 : never]
