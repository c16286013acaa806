import type { TraceSpan } from '../index.ts'

/** A span with its place in the tree of its trace. */
export interface PlacedSpan {
  readonly span: TraceSpan
  /** 0: nothing of the trace that is known has caused it. */
  readonly depth: number
}

/** The spans of a trace, each after the one that has caused it. Whatever their parents say, every span comes once. */
export function treeOf(spans: readonly TraceSpan[]): PlacedSpan[] {
  const ids = new Set(spans.map(({ spanId }) => spanId))
  const placed = new Map<TraceSpan, PlacedSpan>()
  const place = (span: TraceSpan, depth: number): void => {
    if (placed.has(span)) return
    placed.set(span, { span, depth })
    for (const child of spans) if (child.parentId === span.spanId) place(child, depth + 1)
  }
  for (const span of spans) if (!ids.has(span.parentId ?? '')) place(span, 0)
  // What is left are circles.
  for (const span of spans) place(span, 0)
  return [...placed.values()]
}
