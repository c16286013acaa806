import { MemoryAuthStore } from '../../auth/store.ts'
import { identityOf } from '../../auth/token.ts'
import type { PocketBase } from '../../client.ts'
import { path } from '../../core/path.ts'
import type { RecordModel } from '../../schema/records.ts'
import type { CommonOptions } from '../options.ts'
import { post } from './post.ts'
import { RecordSignInService } from './sign-in-service.ts'

/** What the records of auth collections can do besides signing in; a part of {@link RecordService}. */
export abstract class RecordAccountService<M> extends RecordSignInService<M> {
  /**
   * Has a mail sent that proves the address.
   *
   * `POST /api/collections/{collection}/request-verification`
   *
   * @returns true, also when nobody has the address, it is verified already, or a mail went out less than 2 minutes ago.
   */
  async requestVerification(email: string, options?: CommonOptions): Promise<boolean>
  /**
   * The same, with body and query as separate arguments.
   *
   * @deprecated Pass one options object.
   */
  async requestVerification(email: string, body?: any, query?: any): Promise<boolean>
  async requestVerification(email: string, options?: any, query?: any): Promise<boolean> {
    return done(this, 'request-verification', { email }, options, query)
  }

  /**
   * Verifies a record. When it is the one that is signed in, `authStore.record` follows.
   *
   * `POST /api/collections/{collection}/confirm-verification`
   *
   * @param verificationToken - from the mail.
   * @throws ValidationError with `fieldErrors.token` when it is wrong, expired or another collection's.
   */
  async confirmVerification(verificationToken: string, options?: CommonOptions): Promise<boolean>
  /**
   * The same, with body and query as separate arguments.
   *
   * @deprecated Pass one options object.
   */
  async confirmVerification(verificationToken: string, body?: any, query?: any): Promise<boolean>
  async confirmVerification(token: string, options?: any, query?: any): Promise<boolean> {
    await post(this, 'confirm-verification', { token }, options, query)
    const { authStore } = this.client
    const { record } = authStore
    if (record && !record['verified'] && isOwn(this.client, token))
      authStore.save(authStore.token, { ...record, verified: true })
    return true
  }

  /**
   * Has a mail sent by which a new password can be set.
   *
   * `POST /api/collections/{collection}/request-password-reset`
   *
   * @returns true, also when nobody has the address, or a mail went out less than 2 minutes ago.
   * @throws ApiError 400 when the collection has passwords switched off.
   */
  async requestPasswordReset(email: string, options?: CommonOptions): Promise<boolean>
  /**
   * The same, with body and query as separate arguments.
   *
   * @deprecated Pass one options object.
   */
  async requestPasswordReset(email: string, body?: any, query?: any): Promise<boolean>
  async requestPasswordReset(email: string, options?: any, query?: any): Promise<boolean> {
    return done(this, 'request-password-reset', { email }, options, query)
  }

  /**
   * Sets a new password. All tokens of the record end: when it is the one that is signed in, it is signed out.
   *
   * `POST /api/collections/{collection}/confirm-password-reset`
   *
   * @param passwordResetToken - from the mail.
   * @throws ValidationError with `fieldErrors` of `token`, `password` or `passwordConfirm`.
   */
  async confirmPasswordReset(
    passwordResetToken: string,
    password: string,
    passwordConfirm: string,
    options?: CommonOptions,
  ): Promise<boolean>
  /**
   * The same, with body and query as separate arguments.
   *
   * @deprecated Pass one options object.
   */
  async confirmPasswordReset(
    passwordResetToken: string,
    password: string,
    passwordConfirm: string,
    body?: any,
    query?: any,
  ): Promise<boolean>
  async confirmPasswordReset(
    token: string,
    password: string,
    passwordConfirm: string,
    options?: any,
    query?: any,
  ): Promise<boolean> {
    const body = { token, password, passwordConfirm }
    return done(this, 'confirm-password-reset', body, options, query)
  }

  /**
   * Has a mail sent to a new address, by which the record that is signed in can take it.
   *
   * `POST /api/collections/{collection}/request-email-change`
   *
   * @throws AuthError without a token; ValidationError with `fieldErrors.newEmail` when it is taken or the present one.
   */
  async requestEmailChange(newEmail: string, options?: CommonOptions): Promise<boolean>
  /**
   * The same, with body and query as separate arguments.
   *
   * @deprecated Pass one options object.
   */
  async requestEmailChange(newEmail: string, body?: any, query?: any): Promise<boolean>
  async requestEmailChange(newEmail: string, options?: any, query?: any): Promise<boolean> {
    return done(this, 'request-email-change', { newEmail }, options, query)
  }

  /**
   * Takes a new address. All tokens of the record end: when it is the one that is signed in, it is signed out.
   *
   * `POST /api/collections/{collection}/confirm-email-change`
   *
   * @param emailChangeToken - from the mail.
   * @param password - the record's.
   * @throws ValidationError with `fieldErrors` of `token` or `password`.
   */
  async confirmEmailChange(
    emailChangeToken: string,
    password: string,
    options?: CommonOptions,
  ): Promise<boolean>
  /**
   * The same, with body and query as separate arguments.
   *
   * @deprecated Pass one options object.
   */
  async confirmEmailChange(
    emailChangeToken: string,
    password: string,
    body?: any,
    query?: any,
  ): Promise<boolean>
  async confirmEmailChange(
    token: string,
    password: string,
    options?: any,
    query?: any,
  ): Promise<boolean> {
    return done(this, 'confirm-email-change', { token, password }, options, query)
  }

  /**
   * A client that is signed in as a record of this collection: of the same class, with the same options and hooks, and a sign-in and
   * realtime of its own. This client stays as it is. For superusers. `impersonate<MyClient>` names the class.
   *
   * `POST /api/collections/{collection}/impersonate/{id}`
   *
   * @param duration - of the token, in seconds; 0 for as long as the collection's other tokens. It cannot be refreshed.
   * @throws ForbiddenError, or AuthError for guests; NotFoundError when the record is missing.
   */
  async impersonate<C = PocketBase>(
    recordId: string,
    duration: number,
    options?: CommonOptions,
  ): Promise<C> {
    const { client } = this
    const action = path`impersonate/${recordId}`
    const { token, record } = await post(this, action, { duration }, options, undefined, 'token')
    const authStore = new MemoryAuthStore()
    authStore.save(token, this.decode(record))
    const { baseURL, lang, beforeSend, afterSend } = client
    const Class = client.constructor as typeof PocketBase
    const other = new Class(baseURL, { ...client.options, authStore })
    const { middleware, autoCancellation } = client['transport']
    Object.assign(other['transport'], { middleware: new Set(middleware), autoCancellation })
    // Constructors of subclasses may not hand on what they are given.
    Object.assign(other, { baseURL, lang, beforeSend, afterSend, authStore })
    return other as C
  }

  /**
   * The accounts at OAuth2 providers that a record can sign in with: its own, or anyone's for superusers.
   *
   * `GET /api/collections/_externalAuths/records`
   */
  async listExternalAuths(recordId: string, options?: CommonOptions): Promise<RecordModel[]> {
    const { client } = this
    const filter = client.filter('recordRef = {:recordId}', { recordId })
    return client.collection('_externalAuths').getFullList({ ...options, filter })
  }

  /**
   * Takes a provider's account from a record.
   *
   * `GET /api/collections/_externalAuths/records`, `DELETE /api/collections/_externalAuths/records/{id}`
   *
   * @returns true.
   * @throws NotFoundError when it has none there, or it is not the caller's.
   */
  async unlinkExternalAuth(
    recordId: string,
    provider: string,
    options?: CommonOptions,
  ): Promise<boolean> {
    const { client } = this
    const service = client.collection('_externalAuths')
    const filter = client.filter('recordRef = {:recordId} && provider = {:provider}', {
      recordId,
      provider,
    })
    const { id } = await service.getFirstListItem(filter, options)
    return service.delete(id, options)
  }
}

/** Sends what is answered with nothing. What a mailed token confirms here ends the other tokens of its record. */
async function done(
  service: RecordAccountService<any>,
  action: string,
  body: { token?: string; [name: string]: string | undefined },
  options: any,
  query: any,
): Promise<boolean> {
  await post(service, action, body, options, query)
  const { client } = service
  if (isOwn(client, body.token)) client.authStore.clear()
  return true
}

/** Whether a token is about the record that is signed in. */
function isOwn({ authStore }: PocketBase<any>, token = ''): boolean {
  return !!token && identityOf(token) === identityOf(authStore.token)
}
