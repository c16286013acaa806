import type { BodyParams, RecordModel } from './records.ts'

/** The schema of a client without one. It must stay empty: `Untyped extends S` is how signatures tell. */
export interface Untyped {}

declare const problem: unique symbol

/** Never holds a value: it stands where a call cannot work, and says why. */
export interface SchemaError<Sentence extends string> {
  /** What is wrong. */
  readonly [problem]: Sentence
}

/** A place on earth, in degrees. Both are 0 when unset. */
export interface GeoPoint {
  /** Longitude, -180 to 180. */
  lon: number
  /** Latitude, -90 to 90. */
  lat: number
}

/**
 * What `json` fields hold, by `collection.field`. Empty: programs add to it, once, and generated schemas read it by {@link JsonOf}.
 *
 * ```ts
 * declare module 'pocketbase-typescript' {
 *   interface JsonTypes {
 *     'posts.meta': { keywords: string[] }
 *   }
 * }
 * ```
 */
export interface JsonTypes {}

/** What a `json` field holds: see {@link JsonTypes}; `unknown` for fields that are not there. */
export type JsonOf<Field extends string> = Field extends keyof JsonTypes
  ? JsonTypes[Field]
  : unknown

/** The names of a schema's collections. */
export type CollectionName<S> = Untyped extends S ? never : keyof S & string

/** A record of a collection, nothing expanded. */
export type RecordOf<S, N> = [N & keyof S] extends [never]
  ? RecordModel
  : S[N & keyof S] extends { record: infer R }
    ? R
    : RecordModel

/** The relations of a collection, back-relations included: `{ author: 'users'; tags: 'tags'[] }`. Without any, nothing can be expanded. */
export type RelationsOf<S, N> = S[N & keyof S] extends { relations: infer R } ? R : {}

/**
 * What creates a record of a collection: its `create`. Without one the names of the fields are checked, and values are not; form
 * data never is.
 */
export type CreateOf<S, N> = BodyOf<S, N, 'create'>

/** What changes a record of a collection: its `update`; see {@link CreateOf}. */
export type UpdateOf<S, N> = BodyOf<S, N, 'update'>

type BodyOf<S, N, Member extends string> = [N & keyof S] extends [never]
  ? BodyParams
  : S[N & keyof S] extends { [M in Member]: infer B }
    ? B | FormData
    : S[N & keyof S] extends { type: 'view' }
      ? SchemaError<`'${N & string}' is a view: it cannot be written`>
      : NamesOf<RecordOf<S, N>, S[N & keyof S] extends { type: 'auth' } ? AuthInput : never>

/** Bodies of a schema that does not describe them. A type of records without fixed names allows any. */
type NamesOf<R, More extends string> = string extends keyof R
  ? BodyParams
  : { [K in (keyof R & string) | Modified<keyof R & string> | More]?: any } | FormData

/** Keys that append, prepend, remove, count up and down, or have the server make the rest. */
type Modified<K extends string> = `${K}+` | `+${K}` | `${K}-` | `${K}:autogenerate`

/** What auth collections take and never answer. */
type AuthInput = 'password' | 'passwordConfirm' | 'oldPassword'

/** `T` for auth collections, else a sentence. */
export type AuthOnly<S, N, T> = S[N & keyof S] extends { type: 'auth' }
  ? T
  : SchemaError<`'${N & string}' is not an auth collection`>

/** Records that can sign in: those of the schema's auth collections, or any where it has none. */
export type AuthRecords<S> = [AuthRecordsIn<S>] extends [never] ? RecordModel : AuthRecordsIn<S>

type AuthRecordsIn<S> = {
  [K in keyof S]: S[K] extends { type: 'auth'; record: infer R } ? Signed<R> : never
}[keyof S]

/** Who is signed in is a record with all of these, also where a schema by hand leaves them out. */
type Signed<R> = R extends Identity ? R : R & Identity

type Identity = Pick<RecordModel, 'id' | 'collectionId' | 'collectionName'>
