/** Reads a query whose one row has one column: JSON in the column `json`. */
export function readJSON<T>(sql: string, parameters: Record<string, string | number> = {}): T {
  return readJSONIn<T>($app.auxDB(), sql, parameters)
}

export function readJSONIn<T>(
  database: Database,
  sql: string,
  parameters: Record<string, string | number>,
): T {
  const row = new DynamicModel({ json: '' })
  database.newQuery(sql).bind(parameters).one(row)
  return JSON.parse(row.json) as T
}

/** Writes, and returns how many rows that were. */
export function write(sql: string, parameters: Record<string, string | number> = {}): number {
  return $app.auxNonconcurrentDB().newQuery(sql).bind(parameters).execute().rowsAffected()
}
