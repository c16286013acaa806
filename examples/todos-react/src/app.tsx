import { useEffect, useState } from 'react'

import { pb } from './pb.ts'
import { SignIn } from './sign-in.tsx'
import { Todos } from './todos.tsx'

export function App() {
  const [user, setUser] = useState(pb.authStore.isValid ? pb.authStore.record : null)
  useEffect(() => pb.authStore.onChange((_token, record) => setUser(record)), [])

  if (!user) return <SignIn />
  return (
    <main>
      <header>
        <span id="user">{user['email']}</span>{' '}
        <button id="sign-out" onClick={() => pb.authStore.clear()}>
          Sign out
        </button>
      </header>
      <Todos key={user.id} owner={user.id} />
    </main>
  )
}
