import { useEffect, useState } from 'preact/hooks'

import { AsyncAuthStore, PocketBase } from '../../../src/index.ts'
import type { AuthRecord } from '../../../src/index.ts'
import { sessionStore } from './storage.ts'

const key = 'pbts_dashboard_auth'

const authStore = new AsyncAuthStore({
  save: async (state) => sessionStore.set(key, state),
  clear: async () => sessionStore.remove(key),
  initial: sessionStore.get(key),
})

/** The page may be below a proxy's path. */
const baseURL = location.href.slice(0, location.href.indexOf('/api/analytics/'))

/** The client of the server that this page is from. Who is signed in is kept until the tab is closed. */
export const pb = new PocketBase(baseURL, { authStore, autoCancellation: false })

/** Resolves when it is known who has signed in before. */
export async function restoreSession(): Promise<void> {
  await authStore.ready
}

/** The superuser who is signed in, and whether the server has ended a session since. */
export function useSession(): { superuser: AuthRecord; hasExpired: boolean } {
  const [superuser, setSuperuser] = useState(() => current())
  const [hasExpired, setExpired] = useState(false)
  useEffect(() => {
    const stops = [
      pb.authStore.onChange(() => {
        setSuperuser(current())
        setExpired(false)
      }),
      pb.authStore.onExpired(() => setExpired(true)),
    ]
    return () => stops.forEach((stop) => stop())
  }, [])
  return { superuser, hasExpired }
}

function current(): AuthRecord {
  return pb.authStore.token ? pb.authStore.record : null
}
