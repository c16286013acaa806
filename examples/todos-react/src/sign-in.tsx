import { useState } from 'react'
import type { SubmitEvent } from 'react'

import { describe, pb } from './pb.ts'

export function SignIn() {
  const [isNew, setIsNew] = useState(false)
  const [problem, setProblem] = useState('')

  async function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const [email, password] = [form.get('email') as string, form.get('password') as string]
    setProblem('')
    try {
      const users = pb.collection('users')
      if (isNew) await users.create({ email, password, passwordConfirm: password })
      await users.authWithPassword(email, password)
    } catch (error) {
      setProblem(describe(error))
    }
  }

  return (
    <main>
      <form id="sign-in" onSubmit={(event) => void submit(event)}>
        <input name="email" type="email" placeholder="E-mail" required />
        <input name="password" type="password" placeholder="Password" required />
        <label>
          <input
            name="new"
            type="checkbox"
            checked={isNew}
            onChange={(event) => setIsNew(event.target.checked)}
          />
          I am new here
        </label>
        <button>{isNew ? 'Sign up' : 'Sign in'}</button>
      </form>
      {problem && <p role="alert">{problem}</p>}
    </main>
  )
}
