import type { RequestOptions, SendOptions } from '../../core/options.ts'
import type { RecordModel } from '../../schema/records.ts'
import type { CreateOf } from '../../schema/schema.ts'
import type { RecordOptions, SignInOptions, TypedSignInOptions } from '../options.ts'

/** What signing in answers. */
export interface RecordAuthResponse<T = RecordModel> {
  /** The record that is signed in now. */
  record: T
  /** The token that requests carry from now on. */
  token: string
  /** What the OAuth2 provider said; absent for other ways to sign in. */
  meta?: { [key: string]: any }
}

/** An OAuth2 provider that a collection accepts. */
export interface AuthProviderInfo {
  /** `google`, `github`, … */
  name: string
  /** What buttons call it. */
  displayName: string
  /** Random, new in every answer. */
  state: string
  /** The provider's page, ending in `redirect_uri=` for the encoded address to come back to. */
  authURL: string
  /** For PKCE, new in every answer; `''` for providers without it. */
  codeVerifier: string
  /** For PKCE: what `authURL` carries of the verifier. */
  codeChallenge: string
  /** `S256`, or `''` without PKCE. */
  codeChallengeMethod: string
  /** An SVG, from servers since 0.37. */
  logo?: string
}

/** How the records of a collection may sign in. Durations are seconds, 0 while switched off. */
export interface AuthMethodsList {
  /** Two factors. */
  mfa: { enabled: boolean; duration: number }
  /** One-time passwords by mail. */
  otp: { enabled: boolean; duration: number }
  /** Passwords, and the fields that identify a record. */
  password: { enabled: boolean; identityFields: string[] }
  /** OAuth2 providers. */
  oauth2: { enabled: boolean; providers: AuthProviderInfo[] }
}

/** What asking for a one-time password answers. */
export interface OTPResponse {
  /** Goes into `authWithOTP`, with the password of the mail. */
  otpId: string
}

/** How to sign in at an OAuth2 provider. */
export interface OAuth2Options {
  /** Its name in the collection: `google`, `github`, … */
  provider: string
  /** What to ask it for, instead of its usual scopes. */
  scopes?: string[] | undefined
  /** Fields of the record, if it is created. */
  createData?: { [key: string]: any } | undefined
  /** Of the `MfaRequiredError` that the first factor ended with: this sign-in is the second. */
  mfaId?: string | undefined
  /** Shows the provider's page: in a window opened before, a system browser, … What it throws ends the sign-in. Default: see the call. */
  urlCallback?: OAuth2UrlCallback | undefined
}

/** Shows the provider's page to whoever signs in. */
export type OAuth2UrlCallback = (url: string) => void | Promise<void>

/** Options of `authWithOAuth2`; others are for its last request. */
export interface OAuth2AuthConfig extends SendOptions, OAuth2Options {
  /**
   * How long to wait for the person, in milliseconds. Default 300,000: servers end a stream that is silent for so long. 0: no limit
   * but that.
   */
  timeout?: number | undefined
  /** `expand`, `fields` and other parameters of the last request. */
  query?: RecordOptions | undefined
}

/** Options of `authWithOAuth2` with a schema; `timeout` is the time to wait for the person: see {@link OAuth2AuthConfig}. */
export interface TypedOAuth2AuthConfig<S, N, E extends string>
  extends TypedSignInOptions<S, N, E>, OAuth2Options {
  /** Fields of the record, if it is created. */
  createData?: OAuth2CreateData<S, N> | undefined
}

/** Fields of a record that signing in with OAuth2 creates: none is required. */
export type OAuth2CreateData<S, N> = Partial<Exclude<CreateOf<S, N>, FormData>>

/** Where a sign-in by redirect is remembered: `sessionStorage`, cookies, React Native's storage. */
export interface OAuth2Storage {
  /** The text, or `null`. */
  getItem(key: string): string | null | undefined | Promise<string | null | undefined>
  /** Keeps a text of some hundred bytes, and what `createData` needs. */
  setItem(key: string, text: string): unknown
  /** Forgets it. */
  removeItem(key: string): unknown
}

/** Options of `startOAuth2`. */
export interface OAuth2StartConfig
  extends OAuth2Options, Pick<RequestOptions, 'fetch' | 'headers' | 'requestKey' | 'signal'> {
  /** Where the provider sends the person back to, in full; it has to be registered there. Call `completeOAuth2` on that page. */
  redirectURL: string
  /**
   * Where to remember what is needed on the way back: the same for `completeOAuth2`, and one person's alone. Default: `sessionStorage`
   * in browsers; elsewhere it has to be given.
   */
  storage?: OAuth2Storage | undefined
}

/** Options of `startOAuth2` with a schema. */
export interface TypedOAuth2StartConfig<S, N> extends OAuth2StartConfig {
  /** Fields of the record, if it is created. */
  createData?: OAuth2CreateData<S, N> | undefined
}

/** Options of `completeOAuth2`. */
export interface OAuth2CompleteOptions extends SignInOptions {
  /** The one that `startOAuth2` had. Default: `sessionStorage` in browsers. */
  storage?: OAuth2Storage | undefined
}

/** Options of `completeOAuth2` with a schema. */
export interface TypedOAuth2CompleteOptions<S, N, E extends string>
  extends TypedSignInOptions<S, N, E>, Pick<OAuth2CompleteOptions, 'storage'> {}
