import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { json, text } from 'node:stream/consumers'

import { sqlOf } from './page.ts'
import type { Insert } from './sink.ts'

export interface Question {
  readonly sql: string
  readonly parameters: Readonly<Record<string, string | number>>
}

export type Row = Record<string, unknown>

/** Makes the table of docs/scaling.md, inserts as the sink was told to, and asks. One list of rows for each question. */
export async function ask(
  python: string,
  inserts: readonly Insert[],
  questions: readonly Question[],
): Promise<Row[][]> {
  const child = spawn(python, [join(import.meta.dirname, 'clickhouse.py')])
  child.stdin.end(JSON.stringify({ schema: sqlOf('schema'), inserts, questions }))
  const errors = text(child.stderr)
  try {
    return (await json(child.stdout)) as Row[][]
  } catch (cause) {
    throw new Error(`ClickHouse does not answer: ${await errors}`, { cause })
  }
}
