/** A storage of the browser's, or nothing where it is blocked. */
export interface Store {
  get(key: string): string | null
  set(key: string, text: string): void
  remove(key: string): void
}

/** Until the tab is closed. */
export const sessionStore = storeOf(() => sessionStorage)

/** For good. */
export const localStore = storeOf(() => localStorage)

// Where storage is blocked, naming it throws.
function storeOf(storage: () => Storage): Store {
  return {
    get: (key) => attempt(() => storage().getItem(key)) ?? null,
    set: (key, text) => attempt(() => storage().setItem(key, text)),
    remove: (key) => attempt(() => storage().removeItem(key)),
  }
}

function attempt<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch {
    return undefined
  }
}
