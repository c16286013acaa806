/**
 * A tour of the client on a real server: `npm run quickstart`.
 *
 * Every step is printed with its own lines of code and with what came of them. The checks after a step end the tour with an error
 * when the step did not do what it claims. The server has a temporary folder, which goes with it.
 */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

import PocketBase, { createFile, NotFoundError, ValidationError } from '../src/index.ts'
import type { RecordModel } from '../src/index.ts'
import { liveList } from '../src/live/index.ts'
import { startPocketBase } from '../src/testing/index.ts'
import { narrate } from './narrator.ts'

const { step, result, say } = narrate(import.meta.filename)

step('Start a real PocketBase in a temporary folder')
await using server = await startPocketBase()

result(`PocketBase ${server.version} at ${server.url}`)

step('Create a collection: posts with a required title, a file, and an author from users')
const admin = await server.superuserClient()
const isReadable = 'isPublic = true || author = @request.auth.id'
const isOwn = '@request.auth.id != "" && author = @request.auth.id'
const { id, fields } = await admin.collections.create({
  name: 'posts',
  type: 'base',
  fields: [
    { name: 'title', type: 'text', required: true },
    { name: 'isPublic', type: 'bool' },
    { name: 'cover', type: 'file' },
    { name: 'author', type: 'relation', collectionId: '_pb_users_auth_' },
  ],
  listRule: isReadable,
  viewRule: isReadable,
  createRule: isOwn,
  updateRule: isOwn,
  deleteRule: isOwn,
})

const names = fields.map(({ name }) => name)
assert.deepEqual(names, ['id', 'title', 'isPublic', 'cover', 'author'])
result(`collection ${id} with the fields ${names.join(', ')}`)

step('Sign up and in')
const pb = new PocketBase(server.url)
const ada = { name: 'Ada', email: 'ada@example.com', password: 'correct horse' }
await pb.collection('users').create({ ...ada, passwordConfirm: ada.password })
const { record: user } = await pb.collection('users').authWithPassword(ada.email, ada.password)

assert.equal(pb.authStore.isValid, true)
assert.equal(pb.authStore.record?.id, user.id)
result(`signed in as ${user['name']}; from here on every call carries the token`)

step('Say what the records hold')
interface Post extends RecordModel {
  title: string
  cover: string
  isPublic: boolean
  expand?: { author: { name: string } }
}
const posts = pb.collection<Post>('posts')

result('the editor knows now that a post has a title')

step('Write a record with a file')
const cover = createFile('cover.txt', 'This could be a picture.', 'text/plain')
const post = await posts.create({ title: 'Hello', isPublic: true, author: user.id, cover })

assert.match(post.cover, /^cover_\w+\.txt$/)
result(post)

step('Write four more')
const titles = ['Draft', 'Notes', 'Plans', `It's "quoted"`]
await Promise.all(titles.map((title) => posts.create({ title, author: user.id })))

const { totalItems } = await posts.getList(1, 1)
assert.equal(totalItems, 5)
result(`${totalItems} posts`)

step('Filter by a text that tries to break out of its quotes')
const hostile = `x' || id != '`
const pasted = await posts.getFullList({ filter: `title = '${hostile}'` })
const bound = await posts.getFullList({ filter: pb.filter`title = ${hostile}` })

assert.equal(pasted.length, 5)
assert.equal(bound.length, 0)
result(
  `pasted between quotes it matches every post: ${pasted.length}`,
  `bound by pb.filter it matches the posts with exactly this title: ${bound.length}`,
)

step('Read page by page')
const page = await posts.getList(2, 2, { sort: 'title', fields: 'title' })

const items = [{ title: `It's "quoted"` }, { title: 'Notes' }]
assert.deepEqual(page, { page: 2, perPage: 2, totalItems: 5, totalPages: 3, items })
result(page)

step('Update it, and get its author with the answer')
const changed = await posts.update(post.id, { title: 'Hello, world' }, { expand: 'author' })

assert.equal(changed.title, 'Hello, world')
assert.equal(changed.expand?.author.name, 'Ada')
result(`"${changed.title}" by ${changed.expand?.author.name}`)

step('Leave a required field empty')
const invalid = { title: '', author: user.id }
const error = await posts.create(invalid).catch((reason: unknown) => reason)

assert(error instanceof ValidationError)
assert.equal(error.fieldErrors['title']?.code, 'validation_required')
result(error.describe(), error.fieldErrors)

step('Download the file')
const url = pb.files.getURL(changed, changed.cover)
const text = await (await fetch(url)).text()

assert.equal(text, 'This could be a picture.')
result(url, text)

step('Delete a record')
const draft = await posts.getFirstListItem(pb.filter`title = ${'Draft'}`)
await posts.delete(draft.id)

const left = await posts.getFullList({ sort: 'title' })
assert.equal(left.length, 4)
result(`left are ${left.map(({ title }) => title).join(', ')}`)

step('Follow a list: it is read once, and shows every change')
const list = liveList(posts, { sort: 'title' })
await list.ready
const shown = () => list.getSnapshot().map(({ title }) => title)
const stop = list.subscribe(() => result(`now: ${shown().join(', ')}`))

assert.deepEqual(
  shown(),
  left.map(({ title }) => title),
)
result(shown().join(', '))

step('Watch it while another client writes')
const theirs = admin.collection('posts')
const news = await theirs.create({ title: 'Breaking news', author: user.id })
await theirs.update(news.id, { title: 'Old news' })
await theirs.delete(left[2]!.id)

const now = ['Hello, world', `It's "quoted"`, 'Old news', 'Plans']
for (let n = 0; n < 500 && shown().join() !== now.join(); n++) await sleep(10)
assert.deepEqual(shown(), now)
stop()
list.close()

step('Sign out, and see what a guest sees')
pb.authStore.clear()
const visible = await posts.getFullList()
const refusal = await posts.delete(post.id).catch((reason: unknown) => reason)

assert.deepEqual(
  visible.map(({ title }) => title),
  ['Hello, world'],
)
assert(refusal instanceof NotFoundError)
result(`of ${left.length} posts a guest sees ${visible.length}`, refusal.describe())

step('Stop the server')
await server.stop()

assert.equal(existsSync(server.dir), false)
await assert.rejects(fetch(server.url))
result(`nothing is left of it, neither ${server.dir} nor ${server.url}`)

say(
  'README.md has each of these in more depth, and errors, retries, hooks, and tests of your own.',
  'docs/architecture.md tells the way of a request, docs/filters.md why a filter cannot be broken.',
)
