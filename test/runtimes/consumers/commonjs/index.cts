import PocketBase = require('pocketbase-typescript')
import cjs = require('pocketbase-typescript/cjs')
import umd = require('pocketbase-typescript/umd')

interface Post extends PocketBase.RecordModel {
  title: string
}

interface Schema {
  posts: { type: 'base'; record: Post }
}

class Client extends PocketBase<Schema> {
  readonly isMine = true
}

async function use(url: string, email: string, password: string): Promise<string> {
  const store: PocketBase.MemoryAuthStore = new PocketBase.MemoryAuthStore()
  const admin: PocketBase = new PocketBase(url, store)
  await admin.collection('_superusers').authWithPassword(email, password)

  const pb = new Client(url)
  pb.authStore = store
  const post = await pb.collection('posts').create({ title: 'One' })
  const title: string = post.title
  if (title !== 'One' || !pb.isMine) return `created ${title}`

  const service: PocketBase.RecordService<Post> = admin.collection<Post>('missing')
  const error: unknown = await service.getList().catch((reason: unknown) => reason)
  if (!(error instanceof PocketBase.ClientResponseError)) return String(error)
  const failure: PocketBase.ClientResponseError = error
  if (failure.status !== 404) return failure.describe()

  const imported = await import('pocketbase-typescript')
  if (imported.PocketBase !== PocketBase.PocketBase) return 'import has another copy'
  const statics: unknown[] = [PocketBase.default, imported.default, cjs]
  if (statics.some((value) => value !== PocketBase)) return 'require() has another copy'
  return (await new umd.PocketBase(url).health.check()).code === 200 ? 'ok' : 'umd does not work'
}

export = { use }
