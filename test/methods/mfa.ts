import { MfaRequiredError } from '../../src/index.ts'
import type { RecordService } from '../../src/index.ts'
import { failure } from './case.ts'
import { password } from './context.ts'
import type { Context } from './context.ts'

/** Signs in by a password where that is not enough. */
export async function halfSignedIn({ admin, guest, unique }: Context): Promise<{
  members: RecordService
  email: string
  error: MfaRequiredError
}> {
  const name = unique('members')
  const settings = { mfa: { enabled: true }, otp: { enabled: true } }
  await admin.collections.create({ name, type: 'auth', ...settings })
  const email = 'mfa@example.com'
  await admin.collection(name).create({ email, password, passwordConfirm: password })
  const members = guest().collection(name)
  const error = await failure(MfaRequiredError, async () =>
    members.authWithPassword(email, password),
  )
  return { members, email, error }
}
