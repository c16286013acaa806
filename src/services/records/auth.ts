import type { RecordModel } from '../../schema/records.ts'

/** What signing in answers. */
export interface RecordAuthResponse<T = RecordModel> {
  record: T
  token: string
  /** What the OAuth2 provider said; absent for other ways to sign in. */
  meta?: { [key: string]: any }
}

/** An OAuth2 provider that a collection accepts. */
export interface AuthProviderInfo {
  name: string
  displayName: string
  /** Random, new in every answer. */
  state: string
  /** The provider's page, ending in `redirect_uri=` for the encoded address to come back to. */
  authURL: string
  /** For PKCE, new in every answer; `''` for providers without it. */
  codeVerifier: string
  codeChallenge: string
  codeChallengeMethod: string
  /** An SVG, from servers since 0.37. */
  logo?: string
}

/** How the records of a collection may sign in. Durations are seconds, 0 while switched off. */
export interface AuthMethodsList {
  mfa: { enabled: boolean; duration: number }
  otp: { enabled: boolean; duration: number }
  password: { enabled: boolean; identityFields: string[] }
  oauth2: { enabled: boolean; providers: AuthProviderInfo[] }
}
