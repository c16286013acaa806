import type { TraceSpan } from '../../../../src/index.ts'

/** A span, and how many of the spans above it are in the trace too. */
export interface TreeRow {
  readonly span: TraceSpan
  readonly depth: number
}

/** Each span below the one that caused it. What was caused by a client's span stands at the top. */
export function treeOf(spans: readonly TraceSpan[]): TreeRow[] {
  const known = new Set(spans.map(({ spanId }) => spanId))
  const children = new Map<string, TraceSpan[]>()
  for (const span of spans) {
    const parent = span.parentId !== undefined && known.has(span.parentId) ? span.parentId : ''
    const siblings = children.get(parent)
    if (siblings) siblings.push(span)
    else children.set(parent, [span])
  }
  const rows: TreeRow[] = []
  // The next one is at the end. Chains can be longer than the stack of a function that calls itself.
  const waiting: TreeRow[] = []
  const add = (parent: string, depth: number): void => {
    const below = children.get(parent) ?? []
    waiting.push(...below.map((span) => ({ span, depth })).reverse())
  }
  add('', 0)
  for (let row = waiting.pop(); row !== undefined; row = waiting.pop()) {
    rows.push(row)
    add(row.span.spanId, row.depth + 1)
  }
  return rows
}
