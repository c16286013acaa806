import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../..')

/** A block of TypeScript in the README. */
export interface CodeBlock {
  /** The heading above it. */
  readonly title: string
  /** Its number under that heading, from 1. */
  readonly number: number
  readonly code: string
}

/** The README's blocks of TypeScript, in their order. */
export function readmeBlocks(): CodeBlock[] {
  const blocks: CodeBlock[] = []
  let title = ''
  for (const part of readFileSync(join(root, 'README.md'), 'utf8').split(/^(?=#|```ts\n)/m)) {
    const code = /^```ts\n(.*?)^```$/ms.exec(part)?.[1]
    if (code === undefined) title = /^#+ (.*)$/m.exec(part)?.[1] ?? title
    else
      blocks.push({
        title,
        number: blocks.filter((block) => block.title === title).length + 1,
        code,
      })
  }
  return blocks
}

/** The source files behind the names that users import. */
export const sources: Readonly<Record<string, string>> = {
  'pocketbase-typescript': join(root, 'src/index.ts'),
  'pocketbase-typescript/node': join(root, 'src/node/index.ts'),
  'pocketbase-typescript/live': join(root, 'src/live/index.ts'),
  'pocketbase-typescript/analytics': join(root, 'src/analytics/index.ts'),
  'pocketbase-typescript/opentelemetry': join(root, 'src/opentelemetry/index.ts'),
  // There are no other declarations of it.
  'pocketbase-typescript/sync': join(root, 'dist/sync/index.js'),
  'pocketbase-typescript/ssr': join(root, 'src/ssr/index.ts'),
  'pocketbase-typescript/testing': join(root, 'src/testing/index.ts'),
  'pocketbase-typescript/hooks': join(root, 'src/hooks/index.ts'),
}
