import { formatDate } from './dates.ts'

/**
 * Serialises query parameters as the server reads them: `null` and `undefined` are left out, a list repeats its key, a
 * `Date` gets the server's format, objects become JSON.
 *
 * @throws TypeError for text that no URL can hold (a lone surrogate) and for an invalid `Date`.
 */
export function serializeQueryParams(params: { [key: string]: any }): string {
  const pairs: string[] = []
  for (const key in params) {
    const value = params[key]
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item === null || item === undefined) continue
      try {
        pairs.push(`${encodeURIComponent(key)}=${encodeURIComponent(toText(item))}`)
      } catch (cause) {
        throw new TypeError(`The query parameter "${key}" cannot be written: ${String(cause)}`, {
          cause,
        })
      }
    }
  }
  return pairs.join('&')
}

/** Adds query parameters to a URL that may have some. */
export function withQuery(url: string, params: { [key: string]: any }): string {
  const query = serializeQueryParams(params)
  return query ? url + (url.includes('?') ? '&' : '?') + query : url
}

/** One value as text. */
export function toText(value: any): string {
  if (value instanceof Date) return formatDate(value)
  return typeof value === 'object' && !(value instanceof String)
    ? JSON.stringify(value)
    : String(value)
}
