import type { PocketBase } from '../../client.ts'
import { expects } from '../../core/options.ts'
import { path } from '../../core/path.ts'
import type { RecordModel } from '../../schema/records.ts'
import { CrudService } from '../crud.ts'
import type { AuthOptions, CommonOptions, RecordOptions, SignInOptions } from '../options.ts'
import type {
  AuthMethodsList,
  OAuth2AuthConfig,
  OAuth2CompleteOptions,
  OAuth2StartConfig,
  OTPResponse,
  RecordAuthResponse,
} from './auth.ts'
import { completeOAuth2, signInWithOAuth2, startOAuth2 } from './oauth2.ts'
import { post } from './post.ts'

/** Signing in; a part of {@link RecordService}. */
export abstract class RecordSignInService<M> extends CrudService<M> {
  /** As given: an id or a name. */
  declare readonly collectionIdOrName: string

  constructor(client: PocketBase<any>, collectionIdOrName: string) {
    super(client)
    this.collectionIdOrName = collectionIdOrName
  }

  override get baseCrudPath(): string {
    return `${this.baseCollectionPath}/records`
  }

  /** The collection's path: `/api/collections/{name}`. */
  get baseCollectionPath(): string {
    return path`/api/collections/${this.collectionIdOrName}`
  }

  /**
   * How records of this auth collection may sign in.
   *
   * `GET /api/collections/{collection}/auth-methods`
   */
  async listAuthMethods(options?: CommonOptions): Promise<AuthMethodsList> {
    return this.client.send(`${this.baseCollectionPath}/auth-methods`, {
      method: 'GET',
      // Older servers answer the same under older names too.
      fields: 'mfa,otp,password,oauth2',
      ...options,
      [expects]: 'object',
    })
  }

  /**
   * Signs in with a password: `authStore` then holds the token and the record.
   *
   * `POST /api/collections/{collection}/auth-with-password`
   *
   * @param usernameOrEmail - the value of any of the collection's identity fields.
   * @throws ApiError 400 for a wrong name or password, the same for both; MfaRequiredError when a second factor is due.
   */
  async authWithPassword<T = M>(
    usernameOrEmail: string,
    password: string,
    options?: AuthOptions,
  ): Promise<RecordAuthResponse<T>> {
    const { autoRefreshThreshold, ...rest } = options ?? {}
    const again = async (given?: AuthOptions): Promise<RecordAuthResponse<T>> => {
      const body = { identity: usernameOrEmail, password }
      const answer = await signIn<T>(this, 'password', body, { ...rest, ...given })
      if (autoRefreshThreshold) {
        this.client['session'].keep(answer.token, autoRefreshThreshold, (signal) =>
          again({ requestKey: null, signal }),
        )
      }
      return answer
    }
    return again()
  }

  /**
   * Has a one-time password mailed.
   *
   * `POST /api/collections/{collection}/request-otp`
   *
   * @returns what {@link authWithOTP} wants besides the password. For an address that nobody has too: it looks the same.
   * @throws ForbiddenError when the collection has one-time passwords switched off.
   */
  async requestOTP(email: string, options?: CommonOptions): Promise<OTPResponse> {
    return (await post(this, 'request-otp', { email }, options, undefined, 'object')) as OTPResponse
  }

  /**
   * Signs in with a one-time password. It proves the address too, so the record becomes verified.
   *
   * `POST /api/collections/{collection}/auth-with-otp`
   *
   * @param otpId - what {@link requestOTP} answered.
   * @param password - what was mailed.
   * @throws ApiError 400 when it is wrong, expired (after 3 minutes by default) or used; RateLimitError after 5 attempts in 3 minutes;
   * MfaRequiredError when a second factor is due.
   */
  async authWithOTP<T = M>(
    otpId: string,
    password: string,
    options?: SignInOptions,
  ): Promise<RecordAuthResponse<T>> {
    return signIn<T>(this, 'otp', { otpId, password }, options)
  }

  /**
   * Signs in with the code of an OAuth2 provider, for programs that fetch it themselves; see {@link authWithOAuth2} and {@link startOAuth2}.
   * Whom nobody knows is created. A record of this collection that is signed in gets the provider's account linked.
   *
   * `POST /api/collections/{collection}/auth-with-oauth2`
   *
   * @param codeVerifier - of the same answer of {@link listAuthMethods} as the URL that the provider was asked by.
   * @param redirectURL - the one that the provider was given.
   * @param createData - fields of the record, if it is created.
   * @throws ApiError 400 when the provider does not take the code; ValidationError for an unknown provider and for `createData`;
   * MfaRequiredError when a second factor is due.
   */
  async authWithOAuth2Code<T = M>(
    provider: string,
    code: string,
    codeVerifier: string,
    redirectURL: string,
    createData?: { [key: string]: any },
    options?: SignInOptions,
  ): Promise<RecordAuthResponse<T>>
  /**
   * Signs in with a code, with body and query as separate arguments.
   *
   * @deprecated Pass one options object.
   */
  async authWithOAuth2Code<T = M>(
    provider: string,
    code: string,
    codeVerifier: string,
    redirectURL: string,
    createData?: { [key: string]: any },
    body?: any,
    query?: any,
  ): Promise<RecordAuthResponse<T>>
  async authWithOAuth2Code<T = M>(
    provider: string,
    code: string,
    codeVerifier: string,
    redirectURL: string,
    createData?: { [key: string]: any },
    options?: any,
    query?: any,
  ): Promise<RecordAuthResponse<T>> {
    const body = { provider, code, codeVerifier, redirectURL, createData }
    return signIn<T>(this, 'oauth2', body, options, query)
  }

  /**
   * Signs in with OAuth2 in one go: opens a window with the provider's page (or hands its URL to `urlCallback`) and waits until the
   * server tells that the provider is done. Call it directly where a click is handled: later, browsers block the window.
   *
   * It needs its page to stay, and a stream of its own; phones may end both. See {@link startOAuth2} for a redirect.
   *
   * ```ts
   * button.onclick = () => pb.collection('users').authWithOAuth2({ provider: 'google' }).then(show, report)
   * ```
   *
   * The provider has to know the redirect URL `https://your.server/api/oauth2-redirect`.
   *
   * `GET /api/collections/{collection}/auth-methods`, `GET /api/realtime`, `POST /api/realtime`,
   * `POST /api/collections/{collection}/auth-with-oauth2`
   *
   * @throws OAuth2Error for an unknown provider, a blocked window, and what the provider refuses; AbortError by `signal`, by
   * `cancelRequest` with its `requestKey`, or when the window has been closed: noticed within some seconds, where the browser tells;
   * TimeoutError after `timeout`; else as {@link authWithOAuth2Code}.
   */
  async authWithOAuth2<T = M>(options: OAuth2AuthConfig): Promise<RecordAuthResponse<T>>
  /**
   * Signs in with a code.
   *
   * @deprecated Use {@link authWithOAuth2Code}.
   */
  async authWithOAuth2<T = M>(
    provider: string,
    code: string,
    codeVerifier: string,
    redirectURL: string,
    createData?: { [key: string]: any },
    bodyParams?: { [key: string]: any },
    queryParams?: RecordOptions,
  ): Promise<RecordAuthResponse<T>>
  async authWithOAuth2<T = M>(
    first: string | OAuth2AuthConfig,
    ...others: any[]
  ): Promise<RecordAuthResponse<T>> {
    return typeof first === 'string'
      ? this.authWithOAuth2Code<T>(first, ...(others as [string, string, string]))
      : signInWithOAuth2<T>(this, first)
  }

  /**
   * Begins to sign in with OAuth2 by redirect: remembers what {@link completeOAuth2} will need and, in browsers and without
   * `urlCallback`, goes to the provider's page, which comes back to `redirectURL`.
   *
   * `GET /api/collections/{collection}/auth-methods`
   *
   * @returns the address of the provider's page: what a server redirects to.
   * @throws OAuth2Error for an unknown provider; TypeError when there is no storage.
   */
  async startOAuth2(config: OAuth2StartConfig): Promise<string> {
    return startOAuth2(this, config)
  }

  /**
   * Ends what {@link startOAuth2} began, on the page that the provider came back to. What was remembered is used up, however it ends.
   *
   * `POST /api/collections/{collection}/auth-with-oauth2`
   *
   * @param url - where the provider came back to, with its query. Default: the page's own address.
   * @throws OAuth2Error when the provider refused, and for a state that was not started with this storage or has been used; else as
   * {@link authWithOAuth2Code}.
   */
  async completeOAuth2<T = M>(
    url?: string | URL,
    options?: OAuth2CompleteOptions,
  ): Promise<RecordAuthResponse<T>> {
    return completeOAuth2<T>(this, url, options)
  }

  /**
   * Gets a new token for the record that is signed in, and the record as it is now.
   *
   * `POST /api/collections/{collection}/auth-refresh`
   *
   * @throws AuthError when the token is missing, expired or revoked; ForbiddenError when it belongs to another collection.
   */
  async authRefresh<T = M>(options?: RecordOptions): Promise<RecordAuthResponse<T>>
  /**
   * Gets a new token, with body and query as separate arguments.
   *
   * @deprecated Pass one options object.
   */
  async authRefresh<T = M>(body?: any, query?: any): Promise<RecordAuthResponse<T>>
  async authRefresh<T = M>(options?: any, query?: any): Promise<RecordAuthResponse<T>> {
    return this.authResponse<T>(
      await post(this, 'auth-refresh', undefined, options, query, 'token'),
    )
  }

  /** Signs in with what an auth endpoint answered. */
  protected authResponse<T = M>(responseData: any): RecordAuthResponse<T> {
    const { token = '', record = {} } = responseData ?? {}
    const decoded = this.decode<T>(record)
    this.client.authStore.save(token, decoded as RecordModel)
    return { ...(responseData as object), token, record: decoded }
  }
}

async function signIn<T>(
  service: RecordSignInService<any>,
  method: string,
  body: object,
  options: any,
  query?: any,
): Promise<RecordAuthResponse<T>> {
  const answer = await post(service, `auth-with-${method}`, body, options, query, 'token')
  return service['authResponse']<T>(answer)
}
