/**
 * The proxy that the environment names for a URL: `http_proxy` or `https_proxy`, unless `no_proxy` has the host. Names in capitals
 * are as good, lower case goes first.
 */
export function proxyFromEnvironment(url: URL): string | undefined {
  const scheme = url.protocol.slice(0, -1)
  // Where a web server runs scripts, it puts a header of the request, `Proxy`, there.
  const isScript = scheme === 'http' && process.env['REQUEST_METHOD'] !== undefined
  const proxy =
    process.env[`${scheme}_proxy`] ||
    (isScript ? undefined : process.env[`${scheme.toUpperCase()}_PROXY`])
  if (!proxy || isExempt(url, process.env['no_proxy'] || process.env['NO_PROXY'] || '')) {
    return undefined
  }
  return proxy.includes('://') ? proxy : `http://${proxy}`
}

/** @throws TypeError for what is no proxy that can be used. */
export function proxyURL(text: string | URL): URL {
  const url = new URL(text)
  if (/^https?:$/.test(url.protocol)) return url
  throw new TypeError(`A proxy must be an http: or https: URL, not ${url.protocol}`)
}

/** `*` for every host; `example.com`, `.example.com` and `*.example.com` for it and all below it; each with a port or without. */
function isExempt(url: URL, list: string): boolean {
  const port = portOf(url)
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => {
      if (entry === '*') return true
      const [, name = '', onlyPort] = /^(?:\*?\.)?(\[.*\]|[^:]+)(?::(\d+))?$/.exec(entry) ?? []
      if (!name || (onlyPort && Number(onlyPort) !== port)) return false
      return url.hostname === name || url.hostname.endsWith(`.${name}`)
    })
}

/** The port of a URL, also where it is the usual one. */
export function portOf({ port, protocol }: URL): number {
  return Number(port) || (protocol === 'https:' ? 443 : 80)
}

/** A proxy's name and password, as its header; none without. */
export function proxyAuthorization({ username, password }: URL): string | undefined {
  if (!username && !password) return undefined
  const text = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return `Basic ${Buffer.from(text).toString('base64')}`
}
