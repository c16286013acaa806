/** A record, by its fields. */
export interface Row {
  [field: string]: any
}

/**
 * Puts rows into the order of a server's `sort`, with the id last, so that no two are equal.
 *
 * @throws TypeError for what cannot be told from the rows: other sorts than by own fields.
 */
export function createOrder(sort: string): (a: Row, b: Row) => number {
  const terms = sort.split(',').map((term) => {
    const [, sign, name] = /^ *([-+]?)(\w+) *$/.exec(term) ?? []
    if (!name) {
      throw new TypeError(
        `liveList: it cannot keep the sort "${term}"; sort by fields of the record.`,
      )
    }
    return { name, direction: sign === '-' ? -1 : 1 }
  })
  return (a, b) => {
    for (const { name, direction } of terms) {
      const order = compare(name, a[name], b[name])
      if (order) return order * direction
    }
    return compare('id', a['id'], b['id'])
  }
}

function compare(name: string, a: unknown, b: unknown): number {
  const [x, y] = [comparable(name, a), comparable(name, b)]
  return x < y ? -1 : Number(x > y)
}

function comparable(name: string, value: unknown): string | number | boolean {
  // Servers compare texts by code points, where surrogates stand for the greatest.
  if (typeof value === 'string') return value.replace(/[\ud800-\udfff]/g, '\uffff$&')
  if (typeof value === 'number' || typeof value === 'boolean') return value
  throw new TypeError(`liveList: it cannot sort by "${name}": a value is ${JSON.stringify(value)}.`)
}
