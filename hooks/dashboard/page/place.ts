import { useEffect, useState } from 'preact/hooks'

/** What is shown, as the URL's fragment says: `#traces/4bf9…?status=error`. So reloading, links and the back button work. */
export interface Place {
  readonly path: readonly string[]
  readonly query: URLSearchParams
}

export type PlaceQuery = Readonly<Record<string, string>>

/** Follows the URL. */
export function usePlace(): Place {
  const [place, setPlace] = useState(readPlace)
  useEffect(() => {
    const follow = (): void => setPlace(readPlace())
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }, [])
  return place
}

function readPlace(): Place {
  const [path = '', query = ''] = location.hash.slice(1).split('?', 2)
  return { path: path.split('/').map(decode), query: new URLSearchParams(query) }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The link to a place. Empty values are left out. */
export function linkTo(path: readonly string[], query: PlaceQuery = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== '')
  const text = new URLSearchParams(given).toString()
  return `#${path.map(encodeURIComponent).join('/')}${text && `?${text}`}`
}

/** Goes there. */
export function goTo(path: readonly string[], query?: PlaceQuery): void {
  location.hash = linkTo(path, query)
}
