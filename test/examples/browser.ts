/** A page, as far as the examples agree on what is in it. */
export interface Page {
  readonly status: number
  readonly html: string
  /** The `Set-Cookie` headers of all answers on the way to it. */
  readonly setCookies: readonly string[]
}

/** What a browser does without scripts: keeps cookies, follows redirects, submits forms. */
export class Browser {
  readonly #url: string
  /** By name, as headers have them. */
  readonly cookies = new Map<string, string>()

  constructor(url: string) {
    this.#url = url
  }

  /** Opens the example's page. */
  async open(path = '/'): Promise<Page> {
    return this.#send(new URL(path, this.#url))
  }

  /** Fills in and submits a form of the page; `headers` are what another site's page would have the browser send. */
  async submit(
    id: 'sign-in' | 'sign-out',
    values: Record<string, string> = {},
    headers: Record<string, string> = {},
  ): Promise<Page> {
    const { html } = await this.open()
    const [form, attributes] =
      new RegExp(`<form([^>]*\\bid="${id}"[^>]*)>.*?</form>`, 's').exec(html) ?? []
    if (form === undefined) throw new Error(`There is no form #${id} in the page:\n${html}`)
    const body = attribute(attributes!, 'enctype')?.includes('multipart')
      ? new FormData()
      : new URLSearchParams()
    for (const [, input] of form.matchAll(/<input([^>]*)>/g)) {
      const name = attribute(input!, 'name')!
      body.append(name, values[name] ?? attribute(input!, 'value') ?? '')
    }
    const url = new URL(attribute(attributes!, 'action') || '/', this.#url)
    const site = { origin: url.origin, 'sec-fetch-site': 'same-origin', ...headers }
    return this.#send(url, { method: 'POST', body, headers: site })
  }

  async #send(url: URL, init: RequestInit = {}, earlier: readonly string[] = []): Promise<Page> {
    const cookie = Array.from(this.cookies, (pair) => pair.join('=')).join('; ')
    const headers = { accept: 'text/html', ...(init.headers as object), ...(cookie && { cookie }) }
    const response = await fetch(url, { ...init, headers, redirect: 'manual' })
    const html = await response.text()
    for (const header of response.headers.getSetCookie()) this.#take(header)
    const setCookies = [...earlier, ...response.headers.getSetCookie()]
    const location = response.headers.get('location')
    if (location === null) return { status: response.status, html, setCookies }
    return this.#send(new URL(location, url), {}, setCookies)
  }

  #take(header: string): void {
    const size = new TextEncoder().encode(header).length
    if (size > 4096) throw new Error(`A cookie of ${size} bytes: browsers drop it`)
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(header)!
    if (/; *max-age=0(;|$)/i.test(header)) this.cookies.delete(name!)
    else this.cookies.set(name!, value!)
  }
}

/** The text of the element with an id; `undefined` where there is none. */
export function textOf(html: string, id: string): string | undefined {
  return new RegExp(`<(\\w+)[^>]*\\bid="${id}"[^>]*>(.*?)</\\1>`, 's')
    .exec(html)?.[2]
    ?.replaceAll(/<!--.*?-->|<[^>]*>/gs, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

/** The value of an attribute in a tag's text. */
function attribute(text: string, name: string): string | undefined {
  return new RegExp(`\\b${name}="([^"]*)"`, 'i').exec(text)?.[1]?.replaceAll('&amp;', '&')
}
