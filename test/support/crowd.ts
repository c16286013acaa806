import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { open } from './rules.ts'

/**
 * A folder with a migration that makes the collection `crowd` with so many records: `n` from 0 to 999 over and over, and `stays`,
 * which every fourth does not. One statement of SQL, because so many requests would take minutes.
 */
export function crowdMigration(count: number): { dir: string; remove: () => void } {
  const dir = mkdtempSync(join(tmpdir(), 'crowd-'))
  const query = `
    INSERT INTO crowd (id, n, stays)
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count})
    SELECT substr(lower(hex(randomblob(8))), 1, 15), n % 1000, n % 4 > 0 FROM numbers`
  const collection = {
    ...open,
    name: 'crowd',
    type: 'base',
    fields: [
      { name: 'n', type: 'number' },
      { name: 'stays', type: 'bool' },
    ],
    indexes: ['CREATE INDEX crowd_n ON crowd (n, id)'],
  }
  const code = `migrate((app) => {
    app.save(new Collection(${JSON.stringify(collection)}))
    app.db().newQuery(${JSON.stringify(query)}).execute()
  })`
  writeFileSync(join(dir, '1_crowd.js'), code)
  return { dir, remove: () => rmSync(dir, { recursive: true }) }
}
