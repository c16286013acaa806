import { useEffect, useRef, useState } from 'preact/hooks'

import { isMfaRequiredError } from '../../../src/index.ts'
import { pb } from './client.ts'
import { Field } from './controls.tsx'
import { textsOf } from './form.ts'
import { explain } from './query.ts'

/** The second factor that a server asks for: the code of a mail. */
interface SecondStep {
  readonly email: string
  readonly otpId: string
  readonly mfaId: string
}

const superusers = pb.collection('_superusers')

/** The form of whoever is not signed in. */
export function SignIn({ hasExpired }: { hasExpired: boolean }) {
  const [error, setError] = useState(hasExpired ? 'Your session has ended. Sign in again.' : '')
  const [isBusy, setBusy] = useState(false)
  const [step, setStep] = useState<SecondStep>()
  const first = useRef<HTMLInputElement>(null)
  useEffect(() => first.current?.focus(), [step])

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const { email = '', password = '', code = '' } = textsOf(event)
    setBusy(true)
    setError('')
    try {
      if (step === undefined) setStep(await signIn(email.trim(), password))
      else await superusers.authWithOTP(step.otpId, code.trim(), { mfaId: step.mfaId })
    } catch (failure) {
      setError(explain(failure))
    }
    setBusy(false)
  }

  return (
    <main class="sign-in">
      <form class="card" onSubmit={(event) => void submit(event)}>
        <h2>Sign in</h2>
        <p class="muted">As a superuser of this server.</p>
        {step === undefined ? (
          <>
            <Field label="E-mail">
              <input ref={first} name="email" type="email" autocomplete="username" required />
            </Field>
            <Field label="Password">
              <input name="password" type="password" autocomplete="current-password" required />
            </Field>
          </>
        ) : (
          <>
            <p>
              This account has two factors. A mail with a code is on its way to <b>{step.email}</b>.
            </p>
            <Field label="Code">
              <input
                ref={first}
                name="code"
                inputMode="numeric"
                autocomplete="one-time-code"
                required
              />
            </Field>
          </>
        )}
        <p class="problem" role="alert">
          {error}
        </p>
        <div class="row">
          <button class="primary" disabled={isBusy}>
            {isBusy ? 'Signing in…' : 'Sign in'}
          </button>
          {step && (
            <button type="button" onClick={() => setStep(undefined)}>
              Start again
            </button>
          )}
        </div>
      </form>
    </main>
  )
}

/** Signs in, or tells what is missing. */
async function signIn(email: string, password: string): Promise<SecondStep | undefined> {
  try {
    await superusers.authWithPassword(email, password)
    return undefined
  } catch (error) {
    if (!isMfaRequiredError(error)) throw error
    const { otpId } = await superusers.requestOTP(email)
    return { email, otpId, mfaId: error.mfaId }
  }
}
