/**
 * Builds a path whose values stay inside their segment: each is percent-encoded, and one that would vanish or climb
 * (`''`, `.`, `..`) is refused.
 *
 * @throws TypeError naming the path and the value.
 */
export function path(strings: TemplateStringsArray, ...segments: (string | undefined)[]): string {
  let built = strings[0]!
  segments.forEach((segment, index) => {
    const text = segment ?? ''
    if (/^\.{0,2}$/.test(text) || /\p{Surrogate}/u.test(text)) {
      throw new TypeError(
        `${strings.join('{…}')}: ${JSON.stringify(text)} is no id or name that a path can hold.`,
      )
    }
    built += encodeURIComponent(text) + strings[index + 1]!
  })
  return built
}
