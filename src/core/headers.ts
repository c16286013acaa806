/** Headers as a plain object that hooks can read and change. */
export type HeaderRecord = { [name: string]: string }

/** Merges headers: a later one replaces an earlier one of the same name, in any case, and `''` removes it. */
export function mergeHeaders(...sources: (HeadersInit | undefined)[]): HeaderRecord {
  const merged: HeaderRecord = {}
  for (const source of sources) {
    // Instances of Headers, and lists of pairs, can be walked; plain objects cannot.
    const pairs: Iterable<[string, any]> =
      Symbol.iterator in Object(source) ? (source as Headers) : Object.entries(source ?? {})
    for (const [name, value] of pairs) {
      if (value == null) continue
      for (const earlier in merged) {
        if (earlier.toLowerCase() === name.toLowerCase()) delete merged[earlier]
      }
      if (value) merged[name] = value
    }
  }
  return merged
}
