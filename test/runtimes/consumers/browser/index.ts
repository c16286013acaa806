import PocketBase, { ClientResponseError, MemoryAuthStore } from 'pocketbase-typescript'
import type { ListResult, RecordModel } from 'pocketbase-typescript'

export async function use(url: string, email: string, password: string): Promise<string> {
  const pb = new PocketBase(url, new MemoryAuthStore())
  await pb.collection('_superusers').authWithPassword(email, password)
  const posts: ListResult<RecordModel> = await pb.collection('_superusers').getList(1, 10, {
    filter: pb.filter`email = ${email}`,
  })
  if (posts.items[0]?.['email'] !== email) return `found ${posts.totalItems}`

  const error = await pb
    .collection('missing')
    .getList()
    .catch((reason: unknown) => reason)
  if (!(error instanceof ClientResponseError)) return String(error)
  return error.status === 404 ? 'ok' : error.describe()
}
