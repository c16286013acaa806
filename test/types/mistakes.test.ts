import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { beforeAll, describe, expect, test } from 'vitest'

import { compile, compilers } from '../support/compilers.ts'
import type { CompileError, Compiler } from '../support/compilers.ts'
import { root } from '../support/readme.ts'

const header = `
import PocketBase, { expanded } from 'pocketbase-typescript'
import type {
  BulkProgress, EventIterator, ListResult, RecordAuthResponse, RecordEvent, UnsubscribeFunc,
} from 'pocketbase-typescript'
import type { PostsRecord, PostStatsRecord, Schema, UsersRecord } from '../../test/support/blog.ts'
const pb = new PocketBase<Schema>('/')
const posts = pb.collection('posts')
const users = pb.collection('users')
const stats = pb.collection('post_stats')
`.trimStart()

/**
 * A mistake, and parts of what both compilers say of it. Long lists of what could stand there are cut, and by TypeScript 7 the
 * sentence with them: `long` is what is left.
 */
interface Mistake {
  readonly code: string
  readonly says: readonly string[]
  readonly long?: boolean
  /** What the call would answer. It is made again where this is expected, from which a compiler could infer what to let pass. */
  readonly answers?: string
}

const mistakes: readonly Mistake[] = [
  { code: `pb.collection('nope')`, says: [`'"nope"' is not assignable to parameter`, `"posts"`] },
  {
    code: `posts.getOne('1', { exapnd: 'author' })`,
    says: [`'exapnd' does not exist`, `Did you mean to write 'expand'?`],
    answers: 'PostsRecord',
  },
  {
    code: `posts.getOne('1', { expand: 'autor' })`,
    says: [`'autor' is not a relation of posts`, `Did you mean '"author"'?`],
    long: true,
    answers: 'PostsRecord',
  },
  {
    code: `posts.getOne('1', { expand: 'author,comments_via_post.usr' })`,
    says: [
      `'usr' is not a relation of comments`,
      `Did you mean '"author,comments_via_post.user"'?`,
    ],
    answers: 'PostsRecord',
  },
  {
    code: `posts.getOne('1', { expand: ['author', 'nope'] })`,
    says: [`'"nope"' is not assignable`, `'nope' is not a relation of posts`],
    answers: 'PostsRecord',
  },
  {
    code: `posts.getOne('1', { expand: 'parent.parent.parent.parent.parent.parent.parent' })`,
    says: ['a server expands at most 6 levels'],
    answers: 'PostsRecord',
  },
  {
    code: `posts.getOne('1', { fields: 'id,titel' })`,
    says: [`'titel' is not a field of posts`, `Did you mean '"id,title"'?`],
    long: true,
    answers: `Pick<PostsRecord, 'id'>`,
  },
  {
    code: `posts.getOne('1', { fields: 'title.x' })`,
    says: [`Did you mean '"title"'?`],
    answers: `Pick<PostsRecord, 'title'>`,
  },
  {
    code: `posts.getOne('1', { fields: 'id,expand.comments_via_post.mesage' })`,
    says: [
      `'mesage' is not a field of comments`,
      `Did you mean '"id,expand.comments_via_post.message"'?`,
    ],
    long: true,
    answers: `Pick<PostsRecord, 'id'>`,
  },
  {
    code: `posts.getOne('1', { fields: 'expand.autor.name' })`,
    says: [`'autor' is not a relation of posts`],
    answers: 'object',
  },
  {
    code: `posts.getList(1, 20, { sort: '-creatd' })`,
    says: [`'creatd' is not a field of posts`, `Did you mean '"-created"'?`],
    long: true,
    answers: 'ListResult<PostsRecord>',
  },
  {
    code: `posts.getList(1, 20, { sort: 'title,comments_via_post.mesage' })`,
    says: [
      `'mesage' is not a field of comments`,
      `Did you mean '"title,comments_via_post.message"'?`,
    ],
    long: true,
    answers: 'ListResult<PostsRecord>',
  },
  {
    code: `posts.getFullList({ expand: 'autor' })`,
    says: [`'autor' is not a relation of posts`, `Did you mean '"author"'?`],
    long: true,
    answers: 'PostsRecord[]',
  },
  {
    code: `posts.getFullList({ perPage: 5 })`,
    says: [`'perPage' does not exist in type 'TypedFullListOptions<`],
    answers: 'PostsRecord[]',
  },
  {
    code: `posts.iterate({ sort: '-creatd' })`,
    says: [`Did you mean '"-created"'?`],
    answers: 'AsyncGenerator<PostsRecord>',
  },
  {
    code: `stats.updateWhere('comments = 0', { comments: 1 })`,
    says: [`'post_stats' is a view: it cannot be written`],
    answers: 'BulkProgress',
  },
  {
    code: `posts.getFirstListItem('views > 1', { sort: '-creatd' })`,
    says: [`Did you mean '"-created"'?`],
    answers: 'PostsRecord',
  },
  {
    code: `posts.create({ title: 'x', author: 'y', sttus: 'live' })`,
    says: [`'sttus' does not exist`, 'PostsCreate'],
    answers: 'PostsRecord',
  },
  {
    code: `posts.create({ title: 'x' })`,
    says: [`Property 'author' is missing in type`],
    answers: 'PostsRecord',
  },
  {
    code: `posts.create({ title: 'x', author: 'y', status: 'lve' })`,
    says: [`Did you mean '"live"'?`],
    answers: 'PostsRecord',
  },
  {
    code: `posts.update('1', { 'views+': '1' })`,
    says: [`'string' is not assignable to type 'number'`],
    answers: 'PostsRecord',
  },
  {
    code: `posts.update('1', { 'titel+': 'x' })`,
    says: [`'titel+'' does not exist`, 'PostsUpdate'],
    answers: 'PostsRecord',
  },
  {
    code: `stats.create({ post: 'x' })`,
    says: [`'post_stats' is a view: it cannot be written`],
    answers: 'PostStatsRecord',
  },
  {
    code: `stats.update('1', { post: 'x' })`,
    says: [`'post_stats' is a view: it cannot be written`],
    answers: 'PostStatsRecord',
  },
  {
    code: `posts.authWithPassword('a', 'b')`,
    says: [`'posts' is not an auth collection`],
    answers: 'RecordAuthResponse<PostsRecord>',
  },
  {
    code: `posts.authRefresh()`,
    says: [`'posts' is not an auth collection`],
    answers: 'RecordAuthResponse<PostsRecord>',
  },
  {
    code: `users.authWithPassword('a', 'b', { expand: 'posts_via_autor' })`,
    says: [`'posts_via_autor' is not a relation of users`, `Did you mean '"posts_via_author"'?`],
    long: true,
    answers: 'RecordAuthResponse<UsersRecord>',
  },
  {
    code: `posts.requestOTP('a@b.c')`,
    says: [`'posts' is not an auth collection`],
  },
  {
    code: `posts.authWithOTP('a', 'b')`,
    says: [`'posts' is not an auth collection`],
    answers: 'RecordAuthResponse<PostsRecord>',
  },
  {
    code: `posts.authWithOAuth2({ provider: 'x' })`,
    says: [`'posts' is not an auth collection`],
    answers: 'RecordAuthResponse<PostsRecord>',
  },
  {
    code: `posts.impersonate('1', 60)`,
    says: [`'posts' is not an auth collection`],
  },
  {
    code: `users.authWithOTP('a', 'b', { mfaID: 'c' })`,
    says: [`'mfaID' does not exist`, `Did you mean`],
    answers: 'RecordAuthResponse<UsersRecord>',
  },
  {
    code: `users.startOAuth2({ provider: 'x', redirectURL: '', createData: { nmae: '' } })`,
    says: [`'nmae' does not exist`],
  },
  {
    code: `pb.filter('a = {:a}', { a: 1, c: 2 })`,
    says: ['the filter has no placeholder {:c}'],
  },
  {
    code: `pb.filter('a = {:a} && b = {:b}', { a: 1 })`,
    says: [`Property 'b' is missing`],
  },
  {
    code: `;(await posts.getOne('1')).titel`,
    says: [`'titel' does not exist on type 'PostsRecord'`, `Did you mean 'title'?`],
  },
  {
    code: `;(await posts.getOne('1', { fields: 'id' })).title`,
    says: [`'title' does not exist on type 'Pick<PostsRecord, "id">'`],
  },
  {
    code: `;(await posts.getOne('1', { expand: 'author' })).expand?.tags`,
    says: [`'tags' does not exist on type '{ author?: UsersRecord; }'`],
  },
  {
    code: `;(await posts.getOne('1', { expand: 'author' })).expand?.author.name`,
    says: ['is possibly', 'undefined'],
  },
  {
    code: `expanded(await posts.getOne('1', { expand: 'author' }), 'tags')`,
    says: [`'"tags"' is not assignable to parameter of type '"author"'`],
  },
  {
    code: `expanded(await posts.getOne('1'), 'author')`,
    says: ['nothing is expanded in this record: ask for it by the option expand'],
  },
  { code: `pb.authStore.record?.nam`, says: [`'nam' does not exist on type 'UsersRecord'`] },
  {
    code: `posts.delete('1', { custom: 1 })`,
    says: [`'custom' does not exist in type 'RequestOptions'`],
  },
  {
    code: `posts.updateWhere('', (post) => ({ titel: post.title }))`,
    says: [`'(post: PostsRecord) => { titel: string; }' is not assignable`],
    answers: 'BulkProgress',
  },
  {
    code: `posts.getOne('1', { expand: '' as '' | 'autor' })`,
    says: [`'"" | "autor"' is not assignable`],
    answers: 'PostsRecord',
  },
  {
    code: `posts.getOneOrNull('1', { expand: 'autor' })`,
    says: [`Did you mean '"author"'?`],
    answers: 'PostsRecord | null',
  },
  {
    code: `posts.getFirstOrNull('', { sort: '-creatd' })`,
    says: [`Did you mean '"-created"'?`],
    answers: 'PostsRecord | null',
  },
  {
    code: `posts.getFullList(500, { expand: 'autor' })`,
    says: [`Did you mean '"author"'?`],
    answers: 'PostsRecord[]',
  },
  {
    code: `posts.pages({ sort: '-creatd' })`,
    says: [`Did you mean '"-created"'?`],
    answers: 'AsyncGenerator<PostsRecord[]>',
  },
  {
    code: `posts.subscribe('*', (event) => event.record, { expand: 'autor' })`,
    says: [`Did you mean '"author"'?`],
    answers: 'UnsubscribeFunc',
  },
  {
    code: `posts.events({ expand: 'autor' })`,
    says: [`Did you mean '"author"'?`],
    answers: 'EventIterator<RecordEvent<PostsRecord>>',
  },
]

/** A call that answers: alone, and in the places that expect what it answers. */
function placesOf(mistake: Mistake): Mistake[] {
  const { code, answers } = mistake
  if (!answers) return [mistake]
  const isIteration = answers.startsWith('AsyncGenerator')
  const value = isIteration || answers.startsWith('EventIterator') ? code : `await ${code}`
  const places = [
    `;(async (): Promise<${answers}> => { return ${value} })()`,
    `{ const answer: ${answers} = ${value} }`,
    `;([] as Array<${answers}>).push(${value})`,
  ]
  if (isIteration) places.push(`;(async function* (): ${answers} { yield* ${code} })()`)
  else places.push(`;(async (): Promise<${answers}> => ${code})()`)
  const all = [mistake]
  for (const place of places) all.push({ ...mistake, code: place })
  return all
}

const lines = mistakes.flatMap(placesOf)
const firstLine = header.split('\n').length

describe.each(Object.keys(compilers) as Compiler[])('TypeScript %s', (compiler) => {
  let errors: CompileError[]
  beforeAll(async () => {
    const code = header + lines.map((mistake) => `${mistake.code}\n`).join('')
    errors = await compile(compiler, { 'mistakes.ts': code })
  }, 60_000)

  test.each(lines)('refuses $code', ({ code, says, long }) => {
    const line = firstLine + lines.findIndex((mistake) => mistake.code === code)
    const messages = errors.filter((error) => error.line === line).map(({ message }) => message)
    expect(messages).toHaveLength(1)
    for (const part of long && compiler === '7' ? says.slice(1) : says)
      expect(messages[0]).toContain(part)
  })

  test('finds no other error', () => {
    const meant = new Set(lines.map((_, index) => firstLine + index))
    expect(errors.filter(({ line }) => !meant.has(line))).toEqual([])
  })
})

test('the compiler of the project itself is the new one', () => {
  const { version } = JSON.parse(
    readFileSync(join(root, 'node_modules/typescript/package.json'), 'utf8'),
  ) as { version: string }
  expect(version).toMatch(/^7\./)
})
