import type { RecordModel } from '../../schema/records.ts'

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
