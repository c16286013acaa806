/**
 * Builds a path whose values stay inside their segment: each is percent-encoded, and one that would vanish or climb
 * (`''`, `.`, `..`) is refused.
 *
 * @throws TypeError naming the path and the value.
 */
export function path(strings: TemplateStringsArray, ...segments: unknown[]): string {
  let built = strings[0]!
  segments.forEach((segment, index) => {
    const text = String(segment ?? '')
    if (/^\.{0,2}$/.test(text) || /\p{Surrogate}/u.test(text)) {
      throw new TypeError(
        `${strings.join('{…}')}: ${JSON.stringify(text)} cannot be part of a path. Pass a non-empty id or name.`,
      )
    }
    built += encodeURIComponent(text) + strings[index + 1]!
  })
  return built
}
