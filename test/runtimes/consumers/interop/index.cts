import PocketBase, {
  BaseAuthStore,
  ClientResponseError,
  isClientResponseError,
  type RecordModel,
  RecordService,
} from 'pocketbase-typescript'
import required = require('pocketbase-typescript')

interface Post extends RecordModel {
  title: string
}

class Store extends BaseAuthStore {}

class Posts extends RecordService<Post> {
  async titles(): Promise<string[]> {
    return (await this.getFullList()).map(({ title }) => title)
  }
}

export async function use(url: string, email: string, password: string): Promise<string> {
  const pb = new PocketBase(url, new Store())
  await pb.collection('_superusers').authWithPassword(email, password)
  await new required(url, pb.authStore).collection('posts').create({ title: 'Two' })
  const titles = await new Posts(pb, 'posts').titles()
  if (!titles.includes('Two')) return `found ${titles.join()}`

  const error: unknown = await new Posts(pb, 'missing').titles().catch((reason: unknown) => reason)
  if (!isClientResponseError(error) || !(error instanceof ClientResponseError)) return String(error)
  return error.status === 404 ? 'ok' : error.describe()
}
