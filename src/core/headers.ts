/** Headers as a plain object that hooks can read and change. */
export type HeaderRecord = { [name: string]: string }

/** Adds headers to a record; a name that is there already, in any case, is replaced. */
export function mergeHeaders(target: HeaderRecord, source: HeadersInit | undefined): HeaderRecord {
  if (!source) return target
  // Instances of Headers, and lists of pairs, can be walked; plain objects cannot.
  const entries = Symbol.iterator in source ? [...(source as Headers)] : Object.entries(source)
  for (const [name, value] of entries) {
    const present = headerName(target, name)
    if (present) delete target[present]
    if (value !== undefined && value !== null) target[name] = value
  }
  return target
}

/** The spelling under which a record has a header. */
export function headerName(headers: HeaderRecord, name: string): string | undefined {
  const wanted = name.toLowerCase()
  for (const present in headers) if (present.toLowerCase() === wanted) return present
  return undefined
}
