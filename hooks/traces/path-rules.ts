/**
 * Tells whether a path fits one of some rules. A rule is a path and what is below it; `*` stands for any text
 * without a slash, `**` for any text at all.
 */
export function pathMatcher(rules: readonly string[]): (path: string) => boolean {
  const patterns = rules.map((rule) => {
    const source = rule
      .replace(/\/+$/, '')
      .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
      .replace(/\*\*?/g, (stars) => (stars === '**' ? '.*' : '[^/]*'))
    return new RegExp(`^${source}(/|$)`)
  })
  return (path) => patterns.some((pattern) => pattern.test(path))
}
