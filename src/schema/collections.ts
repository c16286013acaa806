import type { BaseModel } from './records.ts'

/** A field of a collection. Further members depend on `type`. */
export interface CollectionField {
  [key: string]: any
  /** Stays the same when the field is renamed. */
  id: string
  /** The key of its value in records. */
  name: string
  /** `text`, `number`, `bool`, `relation`, `file`, … */
  type: string
  /** What the dashboard says of it, on servers since 0.37. */
  help?: string
  /** Part of the server: cannot be renamed or removed. */
  system: boolean
  /** Left out of answers to all but superusers. */
  hidden: boolean
  /** Shown for the record in the dashboard's relation pickers. */
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
  /** The subject line. */
  subject: string
  /** HTML. */
  body: string
}

/** Whether a sign-in from a new place is mailed to the record. */
export interface AuthAlertConfig {
  /** Whether such mails are sent. */
  enabled: boolean
  /** The mail. */
  emailTemplate: EmailTemplate
}

/** One-time passwords by mail. `duration` in seconds. */
export interface OTPConfig {
  /** Whether records may sign in this way. */
  enabled: boolean
  /** How long a password is valid. */
  duration: number
  /** Digits of a password. */
  length: number
  /** The mail, with the placeholder `{OTP}`. */
  emailTemplate: EmailTemplate
}

/** Sign-in with two factors. `duration` in seconds. */
export interface MFAConfig {
  /** Whether a second factor is asked for. */
  enabled: boolean
  /** How long the second one may take. */
  duration: number
  /** A filter: for whom it is asked. `''` means everyone. */
  rule: string
}

/** Sign-in with a password. */
export interface PasswordAuthConfig {
  /** Whether records may sign in this way. */
  enabled: boolean
  /** Fields whose value identifies a record: `email`, or any other with a unique index. */
  identityFields: string[]
}

/** An OAuth2 provider's settings. */
export interface OAuth2Provider {
  /** Whether the provider uses PKCE; `null`: what the server knows of it. */
  pkce?: boolean | null
  /** The application's id at the provider. */
  clientId: string
  /** `google`, `github`, `oidc`, … */
  name: string
  /** Write-only. */
  clientSecret?: string
  /** The page to sign in at; `''`: the provider's usual one. */
  authURL: string
  /** Where codes are exchanged; `''`: the provider's usual one. */
  tokenURL: string
  /** Where users are looked up; `''`: the provider's usual one. */
  userInfoURL: string
  /** What buttons call it. */
  displayName: string
  /** An SVG. It stands in lists of auth methods, on servers since 0.37. */
  logo?: string
  /** What some providers need besides. */
  extra?: { [key: string]: any } | null
}

/** Sign-in with OAuth2. */
export interface OAuth2Config {
  /** Whether records may sign in this way. */
  enabled: boolean
  /** Fields of new records by what providers call them: `id`, `name`, `username`, `avatarURL`. */
  mappedFields: { [key: string]: string }
  /** The providers, each once. */
  providers: OAuth2Provider[]
}

/** What collections of every type have. */
export interface Collection extends BaseModel {
  /** Can be used in paths instead of the id. */
  name: string
  /** The fields, in the dashboard's order. */
  fields: CollectionField[]
  /** `CREATE INDEX` statements. */
  indexes: string[]
  /** Part of the server: cannot be renamed or deleted. */
  system: boolean
  /** Who may list: a filter; `''` lets everyone, `null` superusers alone. */
  listRule: string | null
  /** Who may view, in the same way. */
  viewRule: string | null
  /** Who may create, in the same way. */
  createRule: string | null
  /** Who may update, in the same way. */
  updateRule: string | null
  /** Who may delete, in the same way. */
  deleteRule: string | null
  /** A date. */
  created: string
  /** A date. */
  updated: string
}

/** A collection of plain records. */
export interface BaseCollectionModel extends Collection {
  /** Tells the types apart. */
  type: 'base'
}

/** A collection that a query makes; read-only. */
export interface ViewCollectionModel extends Collection {
  /** Tells the types apart. */
  type: 'view'
  /** The `SELECT` that makes the records. */
  viewQuery: string
}

/** A collection whose records can sign in. */
export interface AuthCollectionModel extends Collection {
  /** Tells the types apart. */
  type: 'auth'
  /** A filter that a record must match to sign in; `''` lets all, `null` none. */
  authRule: string | null
  /** A filter: who may change other people's email and password without the old one; `null` superusers alone. */
  manageRule: string | null
  /** Mail about sign-ins from new places. */
  authAlert: AuthAlertConfig
  /** Sign-in with OAuth2. */
  oauth2: OAuth2Config
  /** Sign-in with a password. */
  passwordAuth: PasswordAuthConfig
  /** Sign-in with two factors. */
  mfa: MFAConfig
  /** Sign-in with one-time passwords. */
  otp: OTPConfig
  /** The token that requests carry. */
  authToken: TokenConfig
  /** The token in a password reset mail. */
  passwordResetToken: TokenConfig
  /** The token in an email change mail. */
  emailChangeToken: TokenConfig
  /** The token in a verification mail. */
  verificationToken: TokenConfig
  /** The token in the URLs of protected files. */
  fileToken: TokenConfig
  /** The mail to verify an address. */
  verificationTemplate: EmailTemplate
  /** The mail to reset a password. */
  resetPasswordTemplate: EmailTemplate
  /** The mail to confirm a new address. */
  confirmEmailChangeTemplate: EmailTemplate
}

/** A collection of any type. */
export type CollectionModel = BaseCollectionModel | ViewCollectionModel | AuthCollectionModel
