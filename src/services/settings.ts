import { expects } from '../core/options.ts'
import type { AppSettings, SettingsChange } from '../schema/settings.ts'
import { act, BaseService } from './base.ts'
import type { CommonOptions } from './options.ts'

/** The server's settings. Every call needs a superuser's token. */
export class SettingsService extends BaseService {
  /**
   * All settings; secrets are left out.
   *
   * `GET /api/settings`
   */
  async getAll(options?: CommonOptions): Promise<AppSettings> {
    return this.client.send('/api/settings', { method: 'GET', ...options, [expects]: 'object' })
  }

  /**
   * Changes the settings that `bodyParams` names. Objects are merged, lists replaced; leave a key out rather than sending `null`,
   * which servers since 0.40 read as zero.
   *
   * `PATCH /api/settings`
   *
   * @returns all settings as they are now.
   * @throws ValidationError with `fieldErrors` by path, such as `smtp.host`.
   */
  async update(
    bodyParams?: SettingsChange | FormData,
    options?: CommonOptions,
  ): Promise<AppSettings> {
    return this.client.send('/api/settings', {
      method: 'PATCH',
      body: bodyParams,
      ...options,
      [expects]: 'object',
    })
  }

  /**
   * Has the server write, read and delete a file in an S3 storage of its settings.
   *
   * `POST /api/settings/test/s3`
   *
   * @param filesystem - `storage`, for files of records, or `backups`. Default `storage`.
   * @returns true; failures throw.
   * @throws ApiError 400, with the storage's own reason, when it does not work or is not enabled.
   */
  async testS3(
    filesystem: 'storage' | 'backups' | (string & {}) = 'storage',
    options?: CommonOptions,
  ): Promise<boolean> {
    return act(this, 'POST', '/api/settings/test/s3', { body: { filesystem }, ...options })
  }

  /**
   * Has the server send a mail with made-up values.
   *
   * `POST /api/settings/test/email`
   *
   * @param collectionIdOrName - the auth collection whose template is used; `''` for `_superusers`.
   * @param toEmail - who gets it.
   * @param emailTemplate - `verification`, `password-reset`, `email-change`, `otp` or `login-alert`.
   * @returns true, when the mail server has taken it; failures throw.
   * @throws ValidationError with `fieldErrors`; ApiError 400, with the mail server's own reason.
   */
  async testEmail(
    collectionIdOrName: string,
    toEmail: string,
    emailTemplate:
      | 'verification'
      | 'password-reset'
      | 'email-change'
      | 'otp'
      | 'login-alert'
      | (string & {}),
    options?: CommonOptions,
  ): Promise<boolean> {
    const body = { collection: collectionIdOrName, email: toEmail, template: emailTemplate }
    return act(this, 'POST', '/api/settings/test/email', { body, ...options })
  }

  /**
   * Makes the client secret that sign-in with Apple needs; nothing is stored.
   *
   * `POST /api/settings/apple/generate-client-secret`
   *
   * @param clientId - the id of the service.
   * @param teamId - 10 characters.
   * @param keyId - 10 characters.
   * @param privateKey - in PEM, as Apple gives it out once.
   * @param duration - how long it is valid, in seconds: up to 15,777,000, about 6 months.
   * @throws ValidationError with `fieldErrors`; ApiError 400 for a key that cannot sign.
   */
  async generateAppleClientSecret(
    clientId: string,
    teamId: string,
    keyId: string,
    privateKey: string,
    duration: number,
    options?: CommonOptions,
  ): Promise<AppleClientSecret> {
    return this.client.send('/api/settings/apple/generate-client-secret', {
      method: 'POST',
      body: { clientId, teamId, keyId, privateKey, duration },
      ...options,
      [expects]: 'object',
    })
  }
}

/** What sign-in with Apple needs as `clientSecret`. */
export interface AppleClientSecret {
  /** A JSON web token. */
  secret: string
}
