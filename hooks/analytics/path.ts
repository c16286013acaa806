/**
 * The path of a page, as Go's `url.Parse` reads it: decoded, from its first slash on, without one slash at its end. What cannot be
 * parsed is cut by hand and not decoded. Case and doubled slashes stay.
 */
export function normalizePath(text: string): string {
  // Nearly all paths: nothing to decode or to cut off.
  const path = /^\/[\w.~-][\w./~-]*$/.test(text) ? text : parsedPath(text)
  return path === undefined ? cutPath(text) : withoutTrailingSlash(withSlash(path))
}

/** `undefined` for what is not a URL. */
function parsedPath(text: string): string | undefined {
  // oxlint-disable-next-line no-control-regex -- Go refuses them.
  if (/[\u0000-\u001f\u007f]/.test(text)) return undefined
  let rest = withoutQuery(text)
  if (rest.startsWith(':')) return undefined
  const scheme = /^[a-z][a-z0-9+.-]*:/i.exec(rest)?.[0]
  if (scheme !== undefined) {
    rest = rest.slice(scheme.length)
    // Opaque, such as an e-mail address.
    if (!rest.startsWith('/')) return ''
  } else if (/^[^/]*:/.test(rest)) return undefined
  if (rest.startsWith('//') && (scheme !== undefined || !rest.startsWith('///'))) {
    const [host] = /^[^/]*/.exec(rest.slice(2))!
    if (!isHost(host)) return undefined
    rest = rest.slice(2 + host.length)
  }
  try {
    return decodeURIComponent(rest)
  } catch {
    return undefined
  }
}

function isHost(authority: string): boolean {
  const host = authority.slice(authority.lastIndexOf('@') + 1)
  return /^(\[[^\]]*\]|[^[\]:\s<>"\\^`{|}%]*)(:\d*)?$/.test(host)
}

function cutPath(text: string): string {
  const afterScheme = text.indexOf('://')
  let rest = text
  if (afterScheme >= 0) {
    const slash = text.indexOf('/', afterScheme + 3)
    rest = slash < 0 ? '' : text.slice(slash)
  }
  return withSlash(withoutQuery(rest))
}

function withoutQuery(text: string): string {
  return text.split(/[?#]/, 1)[0]!
}

function withSlash(path: string): string {
  return path.startsWith('/') ? path : `/${path}`
}

function withoutTrailingSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}

/** The host of a URL in lower case, without user, port and `www.`; `''` where there is none. */
export function hostOf(url: string): string {
  const host = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?(\[[^\]/?#]*\]|[^:/?#]*)/i.exec(url)?.[1] ?? ''
  return host.toLowerCase().replace(/^www\./, '')
}
