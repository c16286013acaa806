import { expects } from '../../core/options.ts'
import type { Shape } from '../../core/options.ts'
import type { RecordSignInService } from './sign-in-service.ts'

/** Sends what an auth collection is asked. Older calls give body and query as arguments of their own. */
export async function post(
  { client, baseCollectionPath }: RecordSignInService<any>,
  action: string,
  own: object | undefined,
  options: any,
  query?: any,
  shape?: Shape,
): Promise<any> {
  const given = query ? { body: options, query } : options
  const { body, mfaId, ...rest } = given ?? {}
  return client.send(`${baseCollectionPath}/${action}`, {
    method: 'POST',
    body: own || body || mfaId ? { ...own, mfaId, ...body } : undefined,
    ...rest,
    [expects]: shape,
  })
}
