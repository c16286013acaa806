import PocketBase, {
  BaseAuthStore,
  ClientResponseError,
  PocketBase as Named,
  type RecordModel,
} from 'pocketbase-typescript'
import SameClient from 'pocketbase-typescript/cjs'
import { FileAuthStore } from 'pocketbase-typescript/node'
import { PocketBase as BlockingClient } from 'pocketbase-typescript/sync'
import { startPocketBase, type PocketBaseServer } from 'pocketbase-typescript/testing'
import OtherClient from 'pocketbase-typescript/umd'

interface Post extends RecordModel {
  title: string
}

export async function use(url: string, email: string, password: string): Promise<string> {
  const store: BaseAuthStore = new FileAuthStore('auth.json')
  const pb = new PocketBase(url, { authStore: store, autoCancellation: false })
  await pb.collection('_superusers').authWithPassword(email, password)
  const post: Post = await pb.collection<Post>('posts').create({ title: 'One' })
  const found = await pb.collection<Post>('posts').getFirstListItem(pb.filter`id = ${post.id}`)
  if (found.title !== 'One') return `found ${found.title}`

  const blocking = new BlockingClient(url, store)
  const same: Post = blocking.collection<Post>('posts').getOne(post.id)
  if (same.title !== 'One') return `found ${same.title} without waiting`
  try {
    for (const { id } of blocking.collection('missing').iterate()) return `found ${id}`
  } catch (error) {
    if (!(error instanceof ClientResponseError)) return String(error)
  }

  const error = await pb
    .collection('missing')
    .getList()
    .catch((reason: unknown) => reason)
  if (!(error instanceof ClientResponseError) || error.status !== 404) return String(error)

  const server: PocketBaseServer = await startPocketBase()
  try {
    const client: PocketBase = server.client()
    if (!(client instanceof PocketBase)) return 'servers make clients of a copy'
  } finally {
    await server.stop()
  }
  if (!(store instanceof BaseAuthStore)) return 'FileAuthStore extends a copy'
  if (Named !== PocketBase || SameClient !== PocketBase) return 'there are two copies'
  return (await new OtherClient(url).health.check()).code === 200 ? 'ok' : 'umd does not work'
}
