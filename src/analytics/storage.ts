/** Texts by their keys: what `localStorage` and `sessionStorage` are too. */
export type Texts = Record<string, string>

/**
 * A page's storage, or where there is none an object in memory. It may become full or be forbidden at any time: writing to it throws then.
 */
export function pageStorage(name: 'localStorage' | 'sessionStorage'): Texts {
  try {
    // Other platforms may have one that all their users share.
    const storage = document && (globalThis[name] as unknown as Texts)
    storage[probe] = '1'
    delete storage[probe]
    return storage
  } catch {
    return {}
  }
}

const probe = 'pbts'
