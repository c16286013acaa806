import { DecodeError, getTokenPayload, isClientResponseError, isTokenExpired } from '../index.ts'
import type {
  AuthRecord,
  AuthStoreFor,
  BaseAuthStore,
  PocketBase,
  RecordOptions,
  Untyped,
} from '../index.ts'

/** Tokens with less time left are replaced, by default, in seconds. */
const dayS = 86_400

/**
 * Asks the server who is signed in. Until then a cookie's record is what the browser says, and a token may have been revoked.
 *
 * Keeps the token that there is, so that no cookie is set, unless it ends within the client's `autoRefreshThreshold`; then a new one.
 * The record in the store becomes the server's.
 *
 * `POST /api/collections/{collection}/auth-refresh`
 *
 * Servers before 0.29 refuse tokens that cannot be refreshed, those of `impersonate`.
 *
 * @param options - `expand` and whatever calls take.
 * @returns the record as it is now, or `null` for nobody: the server has refused the token, and the store is empty then.
 * @throws ClientResponseError for anything but a refusal: a network that fails signs nobody out.
 */
export async function verifyAuth<S = Untyped>(
  pb: PocketBase<S>,
  options: RecordOptions = {},
): Promise<AuthStoreFor<S>['record']> {
  const { token, record: before } = pb.authStore
  const { type, collectionId } = getTokenPayload(token)
  if (type !== 'auth' || typeof collectionId !== 'string') return null
  const path = `/api/collections/${encodeURIComponent(collectionId)}/auth-refresh`
  let answer: { token?: unknown; record?: AuthRecord }
  try {
    answer = await pb.send(path, { method: 'POST', requestKey: null, ...options })
  } catch (error) {
    if (!isRefusal(error)) throw error
    if (pb.authStore.token === token) pb.authStore.clear()
    return null
  }
  const { token: fresh, record } = answer
  if (typeof fresh !== 'string' || !record?.id) {
    throw new DecodeError({ status: 200, method: 'POST', path, message: 'No token or no record.' })
  }
  const authStore: BaseAuthStore<any> = pb.authStore
  const isEnding = isTokenExpired(token, pb.options.autoRefreshThreshold ?? dayS)
  // Another call may have got a new one meanwhile.
  const next = isEnding && authStore.token === token ? fresh : authStore.token
  if (next !== authStore.token || JSON.stringify(record) !== JSON.stringify(before)) {
    authStore.save(next, record)
  }
  return pb.authStore.record
}

/** Whether the server itself has refused, not something between. */
function isRefusal(error: unknown): boolean {
  return (
    isClientResponseError(error) && /^40[0134]$/.test(`${error.status}`) && 'data' in error.response
  )
}
