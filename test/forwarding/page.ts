import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const page = readFileSync(join(import.meta.dirname, '../../docs/scaling.md'), 'utf8')

/** The SQL of that name in docs/scaling.md. */
export function sqlOf(name: string): string {
  const sql = new RegExp(`^\`\`\`sql ${name}\n(.*?)^\`\`\`$`, 'ms').exec(page)?.[1]
  if (sql === undefined) throw new Error(`docs/scaling.md has no block \`sql ${name}\``)
  return sql
}
