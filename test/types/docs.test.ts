import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { compile, compilers } from '../support/compilers.ts'
import type { Compiler } from '../support/compilers.ts'
import { root } from '../support/readme.ts'

/** What the code of a page finds in scope where the page makes no client itself. */
const scope = `
import PocketBase from 'pocketbase-typescript'
const pb = new PocketBase('/')
const posts = pb.collection('posts')
declare const id: string, search: string
`

/** The code of each page that has any. */
const pages = readdirSync(join(root, 'docs')).flatMap((file) => {
  const text = readFileSync(join(root, 'docs', file), 'utf8')
  const blocks = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code!)
  const code = blocks.join('\n')
  if (blocks.length === 0) return []
  return [
    { name: file.replace('.md', '.ts'), code: code.includes('const pb =') ? code : scope + code },
  ]
})

test.each(Object.keys(compilers) as Compiler[])(
  'the code of docs compiles, each page as one module, by TypeScript %s',
  async (compiler) => {
    const names = pages.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['filters.ts', 'lists.ts', 'types.ts']))
    const filesWith = (more: string): Record<string, string> =>
      Object.fromEntries(pages.map(({ name, code }) => [name, code + more]))
    expect(await compile(compiler, filesWith(''))).toEqual([])
    const errors = await compile(compiler, filesWith(`\npb.collection('posts').getOne(1)`))
    expect(errors.map(({ file }) => file).toSorted()).toEqual(names.toSorted())
  },
)

test.each(Object.keys(compilers) as Compiler[])(
  'what a program exports has a type that its declarations can name, by TypeScript %s',
  async (compiler) => {
    const code = `
import PocketBase from 'pocketbase-typescript'
import type { Answer } from 'pocketbase-typescript'
import type { Schema } from '../../test/support/blog.ts'
export const pb = new PocketBase<Schema>('/')
export const posts = pb.collection('posts')
export const post = await posts.getOne('1', { expand: 'author,comments_via_post.user' })
export const list = await posts.getList(1, 1, { expand: 'author', fields: '*,place.lon,expand.author.name' })
export const map = post.expand
export const full = async <E extends 'author' | 'tags'>(expand: E) =>
  posts.getOne<Answer<Schema, 'posts', E, 'id'>>('1', { expand, fields: 'id' })
export const any = async <N extends 'posts' | 'users'>(name: N) => pb.collection(name).getFullList()
export const one = async <N extends 'posts' | 'users'>(name: N) => pb.collection(name)
export class App extends PocketBase<Schema> {
  latest = async () => this.collection('posts').getFirstListItem('', { expand: ['author', 'tags'] })
}
`
    const emit = { noEmit: false, declaration: true, emitDeclarationOnly: true }
    const options = {
      ...emit,
      rootDir: root,
      outDir: './out',
      rewriteRelativeImportExtensions: true,
    }
    expect(await compile(compiler, { 'main.ts': code }, options)).toEqual([])
  },
)
