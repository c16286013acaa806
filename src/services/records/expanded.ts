import type { SchemaError } from '../../schema/schema.ts'

/** The paths that a record was asked to expand, as its type says. */
export type ExpandedPath<R> = 'expand' extends keyof R
  ? PathIn<NonNullable<R['expand' & keyof R]>>
  : SchemaError<'nothing is expanded in this record: ask for it by the option expand'>

type PathIn<X> = string extends keyof X
  ? string
  : { [K in keyof X & string]: K | Longer<K, ItemOf<NonNullable<X[K]>>> }[keyof X & string]

type Longer<K extends string, R> = 'expand' extends keyof R
  ? `${K}.${PathIn<NonNullable<R['expand' & keyof R]>>}`
  : never

type ItemOf<V> = V extends readonly (infer I)[] ? I : V

/** What {@link expanded} returns: a list where any relation on the way leads to many. */
export type ExpandedValue<R, P> = P extends `${infer H}.${infer Rest}`
  ? ValueOf<R, H> extends infer V
    ? V extends readonly (infer I)[]
      ? ItemOf<ExpandedValue<I, Rest>>[]
      : ExpandedValue<V, Rest>
    : never
  : ValueOf<R, P>

type ValueOf<R, K> = 'expand' extends keyof R
  ? NonNullable<R['expand' & keyof R]> extends infer X
    ? NonNullable<X[K & keyof X]>
    : never
  : never

interface AnyRecord {
  [key: string]: any
  expand?: { [relation: string]: any }
}

/**
 * An expanded relation of a record: a value where `record.expand?.author` may be missing.
 *
 * ```ts
 * const post = await pb.collection('posts').getOne(id, { expand: 'author,comments_via_post.user' })
 * expanded(post, 'author').name
 * expanded(post, 'comments_via_post.user') // the users of all comments, in their order
 * ```
 *
 * A path can lead through relations to many: the result is then one flat list of what all of them lead to, users that wrote two comments
 * twice. A relation to many that is empty by the record's own field is `[]`.
 *
 * @param record - of a call with the option `expand`.
 * @param path - one of the paths that were asked for, or the beginning of one.
 * @throws TypeError when the server left the relation out, here or in any record on the way: it is empty, or the caller may not view
 *   what it leads to. Of a back-relation without records it cannot be told from that: read `record.expand?.comments_via_post ?? []`.
 */
export function expanded<R extends object, P extends ExpandedPath<R>>(
  record: R,
  path: P,
): ExpandedValue<R, P>
export function expanded(record: AnyRecord, path: string): unknown {
  let records = [record]
  let isMany = false
  for (const key of path.split('.')) {
    records = records.flatMap((each) => {
      const own = each[key]
      const found = each.expand?.[key] ?? (Array.isArray(own) && own.length === 0 ? own : undefined)
      if (!found) throw missing(each, key)
      isMany ||= Array.isArray(found)
      return found as AnyRecord[]
    })
  }
  return isMany ? records : records[0]
}

function missing({ collectionName, id }: AnyRecord, key: string): TypeError {
  const name = id ? ` ${collectionName ?? ''}/${id}` : ''
  return new TypeError(
    `The record${name} has no expand.${key}: the relation is empty, hidden from the caller, or was not asked for.`,
  )
}
