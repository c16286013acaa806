import { beforeAll, describe, expect, test } from 'vitest'

import { compile, compilers } from '../support/compilers.ts'
import type { CompileError, Compiler } from '../support/compilers.ts'

const header = `
import PocketBase from 'pocketbase-typescript'
import type { Answer, CollectionName, CreateOf, EventIterator, ListResult, RecordEvent, RecordOf, UnsubscribeFunc, UpdateOf } from 'pocketbase-typescript'
import { liveList, liveOne } from '../../src/live/index.ts'
import type { LiveList, LiveOne } from '../../src/live/index.ts'
import type { PostsRecord, Schema } from '../../test/support/blog.ts'
declare const pb: PocketBase<Schema>
type Name = CollectionName<Schema>
type Row<N> = RecordOf<Schema, N>
`.trimStart()

/** Code for any collection, in its natural form: it names what it answers, and calls without type arguments. */
const helpers: readonly string[] = [
  `async <N extends Name>(name: N): Promise<Row<N>> => { return pb.collection(name).getOne('1') }`,
  `<N extends Name>(name: N): Promise<Row<N>> => pb.collection(name).getOne('1')`,
  `async <N extends Name>(name: N) => { const row: Row<N> = await pb.collection(name).getOne('1'); return row }`,
  `async <N extends Name>(name: N): Promise<Row<N>> => pb.collection(name).getOne('1', { timeout: 5 })`,
  `async <N extends Name>(name: N): Promise<Row<N>[]> => pb.collection(name).getFullList()`,
  `async <N extends Name>(name: N): Promise<Row<N>[]> => pb.collection(name).getFullList({ filter: 'id != ""' })`,
  `async <N extends Name>(name: N): Promise<Row<N>[]> => pb.collection(name).getFullList(200, { filter: '' })`,
  `async <N extends Name>(name: N): Promise<ListResult<Row<N>>> => pb.collection(name).getList(1, 20)`,
  `async <N extends Name>(name: N): Promise<Row<N>[]> => (await pb.collection(name).getList(1, 20)).items`,
  `async <N extends Name>(name: N): Promise<Row<N> | null> => pb.collection(name).getFirstOrNull('')`,
  `async <N extends Name>(name: N): Promise<Row<N> | null> => pb.collection(name).getOneOrNull('1')`,
  `async <N extends Name>(name: N): Promise<Row<N>> => pb.collection(name).getFirstListItem('')`,
  `async <N extends Name>(name: N, body: CreateOf<Schema, N>): Promise<Row<N>> => pb.collection(name).create(body)`,
  `async <N extends Name>(name: N, body: UpdateOf<Schema, N>): Promise<Row<N>> => pb.collection(name).update('1', body)`,
  `async function* <N extends Name>(name: N): AsyncGenerator<Row<N>> { yield* pb.collection(name).iterate() }`,
  `async function* <N extends Name>(name: N): AsyncGenerator<Row<N>[]> { yield* pb.collection(name).pages() }`,
  `async <N extends Name>(name: N, rows: Row<N>[]) => { for await (const row of pb.collection(name).iterate()) rows.push(row) }`,
  `<N extends Name>(name: N): EventIterator<RecordEvent<Row<N>>> => pb.collection(name).events()`,
  `<N extends Name>(name: N, each: (row: Row<N>) => void): Promise<UnsubscribeFunc> => pb.collection(name).subscribe('*', ({ record }) => each(record))`,
  `<N extends Name>(name: N, each: (event: RecordEvent<Row<N>>) => void): Promise<UnsubscribeFunc> => pb.collection(name).subscribe('*', each)`,
  `<N extends Name>(name: N): LiveList<Row<N>> => liveList(pb.collection(name))`,
  `<N extends Name>(name: N): LiveOne<Row<N>> => liveOne(pb.collection(name), '1')`,
  `<E extends 'author' | 'tags'>(expand: E): Promise<Answer<Schema, 'posts', E, never>> => pb.collection('posts').getOne<Answer<Schema, 'posts', E, never>>('1', { expand })`,
  `async (): Promise<PostsRecord> => pb.collection('posts').getOne('1', { expand: 'author' })`,
  `async (): Promise<Pick<PostsRecord, 'id'>> => pb.collection('posts').getOne('1', { fields: 'id' })`,
  `async (): Promise<[PostsRecord, PostsRecord[]]> => Promise.all([pb.collection('posts').getOne('1'), pb.collection('posts').getFullList()])`,
]

describe.each(Object.keys(compilers) as Compiler[])('TypeScript %s', (compiler) => {
  let errors: CompileError[]
  beforeAll(async () => {
    const code = header + helpers.map((helper) => `void (${helper})\n`).join('')
    errors = await compile(compiler, { 'helpers.ts': code })
  }, 60_000)

  test('reads what stands around them', () => {
    expect(errors.filter(({ line }) => !(line >= header.split('\n').length))).toEqual([])
  })

  test.each(helpers)('takes %s', (helper) => {
    const line = header.split('\n').length + helpers.indexOf(helper)
    expect(errors.filter((error) => error.line === line)).toEqual([])
  })
})
