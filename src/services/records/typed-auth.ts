import type { PocketBase } from '../../client.ts'
import type { RequestOptions } from '../../core/options.ts'
import type { Answer } from '../../schema/fields.ts'
import type { RecordModel } from '../../schema/records.ts'
import type { AuthOnly, RecordOf } from '../../schema/schema.ts'
import type {
  RecordOptions,
  AuthOptions,
  SignInOptions,
  TypedExpandOptions,
  TypedSignInOptions,
} from '../options.ts'
import type {
  AuthMethodsList,
  OAuth2AuthConfig,
  OAuth2CompleteOptions,
  OAuth2CreateData,
  OTPResponse,
  RecordAuthResponse,
  TypedOAuth2AuthConfig,
  TypedOAuth2CompleteOptions,
  TypedOAuth2StartConfig,
} from './auth.ts'
import type { RecordService } from './index.ts'
import type { Own, UncheckedArguments } from './unchecked.ts'

/** What an auth collection of the schema `S` answers to a sign-in. */
type Signed<S, N, E extends string> = Promise<RecordAuthResponse<Answer<S, N, E, never>>>

/** Signing in with a schema, for its auth collections alone; a part of {@link TypedRecordService}. */
export interface TypedRecordAuthService<S, N> extends RecordService<RecordOf<S, N>> {
  /** How records may sign in; see {@link RecordService.listAuthMethods}. */
  listAuthMethods(this: AuthOnly<S, N, object>, options?: RequestOptions): Promise<AuthMethodsList>

  /** Signs in with a password; see {@link RecordService.authWithPassword}. */
  authWithPassword<E extends string = never>(
    usernameOrEmail: AuthOnly<S, N, string>,
    password: string,
    options?: TypedSignInOptions<S, N, E> & Pick<AuthOptions, 'autoRefreshThreshold'>,
  ): Signed<S, N, NoInfer<E>>
  /** Signs in with a password, the record being of a type of your own. */
  authWithPassword<T = never>(
    ...args: UncheckedArguments<
      T,
      [usernameOrEmail: string, password: string, options?: AuthOptions]
    >
  ): Promise<RecordAuthResponse<Own<T>>>

  /** Has a one-time password mailed; see {@link RecordService.requestOTP}. */
  requestOTP(
    this: AuthOnly<S, N, object>,
    email: string,
    options?: RequestOptions,
  ): Promise<OTPResponse>

  /** Signs in with a one-time password; see {@link RecordService.authWithOTP}. */
  authWithOTP<E extends string = never>(
    otpId: AuthOnly<S, N, string>,
    password: string,
    options?: TypedSignInOptions<S, N, E>,
  ): Signed<S, N, NoInfer<E>>
  /** Signs in with a one-time password, the record being of a type of your own. */
  authWithOTP<T = never>(
    ...args: UncheckedArguments<T, [otpId: string, password: string, options?: SignInOptions]>
  ): Promise<RecordAuthResponse<Own<T>>>

  /** Signs in with the code of an OAuth2 provider; see {@link RecordService.authWithOAuth2Code}. */
  authWithOAuth2Code<E extends string = never>(
    provider: AuthOnly<S, N, string>,
    code: string,
    codeVerifier: string,
    redirectURL: string,
    createData?: OAuth2CreateData<S, N>,
    options?: TypedSignInOptions<S, N, E>,
  ): Signed<S, N, NoInfer<E>>
  /** Signs in with the code of an OAuth2 provider, the record being of a type of your own. */
  authWithOAuth2Code<T = never>(
    ...args: UncheckedArguments<
      T,
      [
        provider: string,
        code: string,
        codeVerifier: string,
        redirectURL: string,
        createData?: { [key: string]: any },
        options?: SignInOptions,
      ]
    >
  ): Promise<RecordAuthResponse<Own<T>>>

  /** Signs in with OAuth2 in one go; see {@link RecordService.authWithOAuth2}. */
  authWithOAuth2<E extends string = never>(
    options: AuthOnly<S, N, TypedOAuth2AuthConfig<S, N, E>>,
  ): Signed<S, N, NoInfer<E>>
  /** Signs in with OAuth2 in one go, the record being of a type of your own. */
  authWithOAuth2<T = never>(
    ...args: UncheckedArguments<T, [options: OAuth2AuthConfig]>
  ): Promise<RecordAuthResponse<Own<T>>>

  /**
   * Signs in with a code.
   *
   * @deprecated Use `authWithOAuth2Code`.
   */
  authWithOAuth2<T = never>(
    ...args: UncheckedArguments<
      T,
      [
        provider: string,
        code: string,
        codeVerifier: string,
        redirectURL: string,
        createData?: { [key: string]: any },
        bodyParams?: { [key: string]: any },
        queryParams?: RecordOptions,
      ]
    >
  ): Promise<RecordAuthResponse<Own<T>>>

  /** Begins to sign in with OAuth2 by redirect; see {@link RecordService.startOAuth2}. */
  startOAuth2(this: AuthOnly<S, N, object>, config: TypedOAuth2StartConfig<S, N>): Promise<string>

  /** Ends what `startOAuth2` began; see {@link RecordService.completeOAuth2}. */
  completeOAuth2<E extends string = never>(
    this: AuthOnly<S, N, object>,
    url?: string | URL,
    options?: TypedOAuth2CompleteOptions<S, N, E>,
  ): Signed<S, N, NoInfer<E>>
  /** Ends what `startOAuth2` began, the record being of a type of your own. */
  completeOAuth2<T = never>(
    ...args: UncheckedArguments<T, [url?: string | URL, options?: OAuth2CompleteOptions]>
  ): Promise<RecordAuthResponse<Own<T>>>

  /** Gets a new token and the record as it is now; see {@link RecordService.authRefresh}. */
  authRefresh<E extends string = never>(
    this: AuthOnly<S, N, object>,
    options?: TypedExpandOptions<S, N, E>,
  ): Signed<S, N, NoInfer<E>>
  /** Gets a new token and the record as it is now, of a type of your own. */
  authRefresh<T = never>(
    ...args: UncheckedArguments<T, [options?: RecordOptions]>
  ): Promise<RecordAuthResponse<Own<T>>>

  /** Has a mail sent that proves the address; see {@link RecordService.requestVerification}. */
  requestVerification(
    this: AuthOnly<S, N, object>,
    email: string,
    options?: RequestOptions,
  ): Promise<boolean>

  /** Verifies a record; see {@link RecordService.confirmVerification}. */
  confirmVerification(
    this: AuthOnly<S, N, object>,
    verificationToken: string,
    options?: RequestOptions,
  ): Promise<boolean>

  /** Has a mail sent by which a new password can be set; see {@link RecordService.requestPasswordReset}. */
  requestPasswordReset(
    this: AuthOnly<S, N, object>,
    email: string,
    options?: RequestOptions,
  ): Promise<boolean>

  /** Sets a new password; see {@link RecordService.confirmPasswordReset}. */
  confirmPasswordReset(
    this: AuthOnly<S, N, object>,
    passwordResetToken: string,
    password: string,
    passwordConfirm: string,
    options?: RequestOptions,
  ): Promise<boolean>

  /** Has a mail sent to a new address; see {@link RecordService.requestEmailChange}. */
  requestEmailChange(
    this: AuthOnly<S, N, object>,
    newEmail: string,
    options?: RequestOptions,
  ): Promise<boolean>

  /** Takes a new address; see {@link RecordService.confirmEmailChange}. */
  confirmEmailChange(
    this: AuthOnly<S, N, object>,
    emailChangeToken: string,
    password: string,
    options?: RequestOptions,
  ): Promise<boolean>

  /** A client that is signed in as a record; see {@link RecordService.impersonate}. */
  impersonate(
    this: AuthOnly<S, N, object>,
    recordId: string,
    duration: number,
    options?: RequestOptions,
  ): Promise<PocketBase<S>>
  /** A client of a class of your own that is signed in as a record. */
  impersonate<C = never>(
    ...args: UncheckedArguments<C, [recordId: string, duration: number, options?: RequestOptions]>
  ): Promise<Own<C>>

  /** The accounts at OAuth2 providers that a record can sign in with; see {@link RecordService.listExternalAuths}. */
  listExternalAuths(
    this: AuthOnly<S, N, object>,
    recordId: string,
    options?: RequestOptions,
  ): Promise<RecordModel[]>

  /** Takes a provider's account from a record; see {@link RecordService.unlinkExternalAuth}. */
  unlinkExternalAuth(
    this: AuthOnly<S, N, object>,
    recordId: string,
    provider: string,
    options?: RequestOptions,
  ): Promise<boolean>
}
