import { json, queryOf } from './observed.ts'
import type { SentRequest } from './observed.ts'

/** A server with so many rows: answers those past the id in the filter, or those of the page, at most `max` at once. */
export function rows(count: number, max = 1000) {
  const ids = Array.from({ length: count }, (_, index) => `r${String(index).padStart(4, '0')}`)
  return (request: SentRequest): Response => {
    const { filter = '', perPage, page } = queryOf(request)
    const [, last = ''] = /id > '(\w+)'\)?$/.exec(filter) ?? []
    const size = Math.min(Number(perPage), max)
    const items = ids
      .filter((id) => id > last)
      .slice((Number(page) - 1) * size)
      .slice(0, size)
    return json({ items: items.map((id) => ({ id })), page: 1, perPage: size, totalItems: -1 })
  }
}
