import type { BaseModel } from './records.ts'

/** A field of a collection. Further members depend on `type`. */
export interface CollectionField {
  [key: string]: any
  id: string
  name: string
  type: string
  system: boolean
  hidden: boolean
  presentable: boolean
}

/** Lifetime of a kind of token. */
export interface TokenConfig {
  /** Seconds. */
  duration: number
  /** Write-only. */
  secret?: string
}

/** A mail the server sends, with placeholders such as `{APP_NAME}` and `{TOKEN}`. */
export interface EmailTemplate {
  subject: string
  body: string
}

/** Whether a sign-in from a new place is mailed to the record. */
export interface AuthAlertConfig {
  enabled: boolean
  emailTemplate: EmailTemplate
}

/** One-time passwords by mail. `duration` in seconds. */
export interface OTPConfig {
  enabled: boolean
  duration: number
  length: number
  emailTemplate: EmailTemplate
}

/** Sign-in with two factors. `duration` in seconds. */
export interface MFAConfig {
  enabled: boolean
  duration: number
  rule: string
}

/** Sign-in with a password. */
export interface PasswordAuthConfig {
  enabled: boolean
  identityFields: string[]
}

/** An OAuth2 provider's settings. */
export interface OAuth2Provider {
  pkce?: boolean
  clientId: string
  name: string
  /** Write-only. */
  clientSecret: string
  authURL: string
  tokenURL: string
  userInfoURL: string
  displayName: string
  logo: string
  extra?: { [key: string]: any }
}

/** Sign-in with OAuth2. */
export interface OAuth2Config {
  enabled: boolean
  mappedFields: { [key: string]: string }
  providers: OAuth2Provider[]
}

interface Collection extends BaseModel {
  name: string
  fields: CollectionField[]
  /** `CREATE INDEX` statements. */
  indexes: string[]
  system: boolean
  /** A filter; `''` lets everyone, a missing or `null` rule superusers alone. */
  listRule?: string
  viewRule?: string
  createRule?: string
  updateRule?: string
  deleteRule?: string
}

/** A collection of plain records. */
export interface BaseCollectionModel extends Collection {
  type: 'base'
}

/** A collection that a query makes; read-only. */
export interface ViewCollectionModel extends Collection {
  type: 'view'
  viewQuery: string
}

/** A collection whose records can sign in. */
export interface AuthCollectionModel extends Collection {
  type: 'auth'
  authRule?: string
  manageRule?: string
  authAlert: AuthAlertConfig
  oauth2: OAuth2Config
  passwordAuth: PasswordAuthConfig
  mfa: MFAConfig
  otp: OTPConfig
  authToken: TokenConfig
  passwordResetToken: TokenConfig
  emailChangeToken: TokenConfig
  verificationToken: TokenConfig
  fileToken: TokenConfig
  verificationTemplate: EmailTemplate
  resetPasswordTemplate: EmailTemplate
  confirmEmailChangeTemplate: EmailTemplate
}

/** A collection of any type. */
export type CollectionModel = BaseCollectionModel | ViewCollectionModel | AuthCollectionModel
