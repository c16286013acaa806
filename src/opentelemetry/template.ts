/** Paths with ids or names of files in them, and their templates. */
const templates: readonly (readonly [RegExp, string])[] = [
  [/^\/collections\/([^/]+)\/(records|impersonate)\/[^/]+$/, '/collections/$1/$2/{id}'],
  [/^\/files\/([^/]+)\/[^/]+\/[^/]+$/, '/files/$1/{id}/{filename}'],
  [/^\/(logs|crons)\/(?!stats$)[^/]+$/, '/$1/{id}'],
  [/^\/backups\/(?!upload$)[^/]+(\/restore)?$/, '/backups/{key}$1'],
  [/^\/analytics\/raw-logs\/[^/]+$/, '/analytics/raw-logs/{date}'],
  [/^\/_\/trace\/spans\/[^/]+$/, '/_/trace/spans/{traceId}'],
  [/^\/_\/trace\/spans\/[^/]+\/[^/]+$/, '/_/trace/spans/{traceId}/{spanId}'],
  [/^\/_\/trace\/dyed-users\/[^/]+(\/ttl)?$/, '/_/trace/dyed-users/{id}$1'],
]

/** Paths that are the same for any number of requests. */
const fixed =
  /^\/((health|realtime|batch|sql|logs|crons|backups|settings|collections)$|logs\/stats$|backups\/upload$|files\/token$|settings\/[^/]+\/[^/]+$|collections\/[^/]+(\/[^/]+)?$|analytics\/[^/]+$|_\/trace\/[^/]+$)/

/**
 * The template of a path of PocketBase's API: few different ones for any number of requests. Ids become `{id}`, collections keep their names.
 *
 * @returns `undefined` for other paths: an application's own routes may have any number.
 */
export function templateOf(path: string): string | undefined {
  const start = path.indexOf('/api/') + 4
  if (start < 4) return undefined
  const rest = path.slice(start)
  const [pattern, template] = templates.find(([each]) => each.test(rest)) ?? []
  if (pattern) return path.slice(0, start) + rest.replace(pattern, template!)
  return fixed.test(rest) ? path : undefined
}
