import { verifyAuth } from 'pocketbase-typescript/ssr'

import { getClient } from '../lib/pocketbase'
import { signIn, signOut } from './actions'

export default async function Page({
  searchParams,
}: {
  searchParams: Promise<Record<string, string>>
}) {
  const pb = await getClient()
  const user = await verifyAuth(pb)
  if (!user) {
    const hasFailed = 'failed' in (await searchParams)
    return (
      <form id="sign-in" action={signIn}>
        {hasFailed && <p id="error">Wrong address or password.</p>}
        <input name="email" type="email" required />
        <input name="password" type="password" required />
        <button>Sign in</button>
      </form>
    )
  }
  const notes = await pb.collection('notes').getFullList()
  return (
    <>
      <p id="user">{user.email}</p>
      <ul id="notes">
        {notes.map((note) => (
          <li key={note.id}>{note.text}</li>
        ))}
      </ul>
      <form id="sign-out" action={signOut}>
        <button>Sign out</button>
      </form>
    </>
  )
}
