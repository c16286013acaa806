import { join } from 'node:path'

import { beforeAll, expect, test } from 'vitest'

import { expanded } from '../../src/index.ts'
import type { PocketBase, RecordModel } from '../../src/index.ts'
import { createBlog, fillBlog, relations } from '../support/blog-server.ts'
import type { Schema } from '../support/blog.ts'
import { codeFolder, strictOptions } from '../support/compilers.ts'
import { randomNumbers, seed } from '../support/seed.ts'
import { describeServers } from '../support/server.ts'
import { answersOf, differences, membersOf } from '../support/shapes.ts'
import type { Shape } from '../support/shapes.ts'

/** A call for all records of a collection. */
interface Call {
  readonly collection: string
  readonly expand?: string | string[]
  readonly fields?: string | string[]
}

const callCount = 200

/** Fields that are asked for, by collection: a few, and parts and modifiers of them. */
const fields: Readonly<Record<string, readonly string[]>> = {
  comments: ['id', 'message', 'post', 'user', 'message:excerpt(5,true)'],
  notes: ['id', 'text', 'isOpen'],
  post_stats: ['id', 'comments', 'last', 'last.x'],
  posts: (
    'id title title:excerpt(3) status labels views featured meta meta.seo meta.links.url ' +
    'attachments place place.lon author tags created'
  ).split(' '),
  profiles: ['id', 'bio', 'collectionName'],
  secrets: ['word', 'collectionId'],
  tags: ['id', 'name'],
  users: ['id', 'email', 'name', 'verified', 'avatar'],
}

describeServers('answers and their types', (pb) => {
  const random = randomNumbers(seed)
  const plain = Object.entries(relations).flatMap(([collection, paths]) =>
    Object.keys(paths).map((expand): Call => ({ collection, expand })),
  )
  const calls = [...plain, ...Array.from({ length: callCount }, () => randomCall(random))]
  let shapes: Map<string, Shape>
  /** Signed in as nobody, as a user and as a superuser: rules hide different things from them. */
  let clients: PocketBase[]
  let login: { email: string; password: string }

  beforeAll(async () => {
    shapes = shapesOf(calls)
    await createBlog(pb.admin, pb.version)
    login = await fillBlog(pb.admin)
    const user = pb.guest()
    await user.collection('users').authWithPassword(login.email, login.password)
    clients = [pb.guest(), user, pb.admin]
  })

  test(`answers to any expand and fields have exactly the keys and kinds of their type (FC_SEED=${seed})`, async () => {
    let checked = 0
    for (const [index, call] of calls.entries()) {
      const shape = shapes.get(`call${index}`)!
      for (const client of clients) {
        for (const record of await answersTo(client, call)) {
          expect(differences(shape, record), JSON.stringify({ seed, ...call })).toEqual([])
          checked += 1
        }
      }
    }
    expect(checked).toBeGreaterThan(calls.length * 3)
  }, 120_000)

  test('every relation is missing in some answers, and there in others', async () => {
    for (const call of plain) {
      const relation = call.expand as string
      const answers = await answersTo(clients[0]!, call)
      const found = new Set(answers.map(({ expand }) => expand?.[relation] !== undefined))
      // Of a collection that guests may not view they see nothing.
      const expected = relation === 'secret' ? [false] : [false, true]
      expect(found, `${call.collection}.${relation}`).toEqual(new Set(expected))
    }
  })

  test('only expand, relations in it and email can be missing, and nothing is unknown but JSON', () => {
    const members = [...shapes.values()].flatMap(membersOf)
    const optional = members.filter(([, { isOptional }]) => isOptional).map(([name]) => name)
    const open = members.filter(([, { shape }]) => shape.kind === 'unknown').map(([name]) => name)
    const related = Object.values(relations).flatMap((each) => Object.keys(each))
    expect(new Set(optional)).toEqual(new Set(['expand', 'email', ...related]))
    expect(new Set(open)).toEqual(new Set(['last']))
  })

  test('an answer with a key less, a key more or another kind would be found', async () => {
    const call = { collection: 'posts', expand: 'author,comments_via_post.user' }
    const shape = shapesOf([call]).get('call0')!
    const answers = await answersTo(pb.admin, call)
    const record = answers.find(({ expand }) => expand?.['author'])
    expect(differences(shape, record)).toEqual([])
    const author = record!.expand!['author']
    const { title: _, ...less } = record!
    expect(differences(shape, less)).toEqual(['it.title is missing'])
    const more = { ...record, expand: { author: { ...author, more: 1 } } }
    expect(differences(shape, more)).toEqual(['it.expand.author.more is not in the type'])
    const other = { ...record, expand: { author: [author] } }
    expect(differences(shape, other)).toEqual([expect.stringContaining('not object')])
  })

  test('so has the record of who signs in', async () => {
    const options = { expand: 'posts_via_author.tags' }
    const call = `pb.collection('users').authWithPassword('', '', ${JSON.stringify(options)})`
    const shape = shapesOfCode([`export const call = async () => (await ${call}).record`]).get(
      'call',
    )!
    const users = pb.guest().collection('users')
    const { record } = await users.authWithPassword(login.email, login.password, options)
    expect(differences(shape, record)).toEqual([])
    expect(record.expand?.['posts_via_author']).toHaveLength(1)
  })

  test('expanded() reads what a server expands', async () => {
    const posts = pb.admin as unknown as PocketBase<Schema>
    const [comment] = await posts
      .collection('comments')
      .getFullList({ expand: 'post.author,user', filter: 'user != ""' })
    expect(expanded(comment!, 'post.author').id).toBe(comment!.expand!.post!.author)
    const author = await posts
      .collection('users')
      .getFirstListItem('posts_via_author.tags:length > 0', {
        expand: 'posts_via_author.tags,profiles_via_user',
      })
    const names = expanded(author, 'posts_via_author.tags').map(({ name }) => name)
    expect(names).toEqual(
      author.expand!.posts_via_author!.flatMap((post) =>
        (post.expand?.tags ?? []).map(({ name }) => name),
      ),
    )
    expect(names.length).toBeGreaterThan(0)
  })
})

async function answersTo(
  client: PocketBase,
  { collection, ...options }: Call,
): Promise<RecordModel[]> {
  // As lists, which options without a schema do not have: the query takes them.
  return client.collection(collection).getFullList({ requestKey: null, query: options })
}

/** What the compiler makes of calls, as `call0` and so on. */
function shapesOf(calls: readonly Call[]): Map<string, Shape> {
  return shapesOfCode(
    calls.map(({ collection, ...options }, index) => {
      const list = `pb.collection('${collection}').getFullList(${JSON.stringify(options)})`
      return `export const call${index} = async () => (await ${list})[0]!`
    }),
  )
}

function shapesOfCode(code: readonly string[]): Map<string, Shape> {
  const header = `import PocketBase from 'pocketbase-typescript'
import type { Schema } from '../../test/support/blog.ts'
const pb = new PocketBase<Schema>('/')`
  using folder = codeFolder({ 'calls.ts': [header, ...code].join('\n') })
  return answersOf(join(folder.folder, 'calls.ts'), strictOptions)
}

function randomCall(random: (limit: number) => number): Call {
  const pick = <T>(items: readonly T[]): T => items[random(items.length)]!
  const some = <T>(make: () => T): T[] => Array.from({ length: 1 + random(3) }, make)
  const listed = (items: string[]): string | string[] =>
    random(2) > 0 ? items : items.join(pick([',', ', ']))
  const related = (collection: string): Readonly<Record<string, string>> => relations[collection]!

  const collection = random(3) > 0 ? 'posts' : pick(Object.keys(relations))
  const expand = random(5) > 0 ? some(() => randomPath(collection).join('.')) : []
  const asked = random(2) > 0 ? some(randomField) : []
  return {
    collection,
    ...(expand.length > 0 && { expand: listed(expand) }),
    ...(asked.length > 0 && { fields: listed(asked) }),
  }

  /** One to six relations, mostly few. */
  function randomPath(from: string): string[] {
    const path = [pick(Object.keys(related(from)))]
    let at = related(from)[path[0]!]!
    while (path.length < 6 && random(2) > 0) {
      path.push(pick(Object.keys(related(at))))
      at = related(at)[path.at(-1)!]!
    }
    return path
  }

  /** A field, or one of what is expanded; sometimes of what is not. */
  function randomField(): string {
    if (random(2) > 0) return randomKey(collection)
    const path =
      expand.length > 0 && random(4) > 0 ? pick(expand).split('.') : randomPath(collection)
    const length = 1 + random(path.length)
    let at = collection
    for (const relation of path.slice(0, length)) at = related(at)[relation]!
    const named = path
      .slice(0, length)
      .map((relation) => `expand.${relation}`)
      .join('.')
    return random(4) > 0 ? `${named}.${randomKey(at)}` : named
  }

  function randomKey(of: string): string {
    return random(3) > 0 ? pick(fields[of]!) : pick(['*', 'expand', 'expand.*'])
  }
}
