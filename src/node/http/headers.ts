/**
 * The headers of an answer, which become an instance of `Headers` when somebody asks for more than single ones of them: most of the
 * time nobody does.
 */
export class AnswerHeaders {
  readonly #pairs: readonly string[]
  #whole: Headers | undefined

  /** @param pairs - names in lower case and values, in turns. */
  constructor(pairs: readonly string[]) {
    this.#pairs = pairs
  }

  get(name: string): string | null {
    // Names that cannot be are errors.
    if (this.#whole || !/^[\w-]+$/.test(name)) return AnswerHeaders.whole(this).get(name)
    const pairs = this.#pairs
    const wanted = name.toLowerCase()
    let found: string | null = null
    for (let at = 0; at < pairs.length; at += 2) {
      if (pairs[at] !== wanted) continue
      found = found === null ? pairs[at + 1]! : `${found}, ${pairs[at + 1]!}`
    }
    return found
  }

  static whole(headers: AnswerHeaders): Headers {
    if (headers.#whole) return headers.#whole
    const whole = new Headers()
    const pairs = headers.#pairs
    for (let at = 0; at < pairs.length; at += 2) whole.append(pairs[at]!, pairs[at + 1]!)
    return (headers.#whole = whole)
  }
}

Object.setPrototypeOf(AnswerHeaders.prototype, Headers.prototype)

for (const name of Reflect.ownKeys(Headers.prototype)) {
  const { value } = Object.getOwnPropertyDescriptor(Headers.prototype, name)!
  if (typeof value !== 'function' || name === 'constructor' || name === 'get') continue
  const method = value as (...values: unknown[]) => unknown
  Object.defineProperty(AnswerHeaders.prototype, name, {
    value(this: AnswerHeaders, ...values: unknown[]): unknown {
      return method.apply(AnswerHeaders.whole(this), values)
    },
    writable: true,
    configurable: true,
  })
}
