import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { beforeAll, expect, test } from 'vitest'

import { installFolder } from '../../scripts/install-folder.ts'
import { createBlog } from '../support/blog-server.ts'
import { codeFolder, compile, compilers } from '../support/compilers.ts'
import type { Compiler } from '../support/compilers.ts'
import { root, sources } from '../support/readme.ts'
import { describeServers } from '../support/server.ts'

const run = promisify(execFile)
const consumer = join(root, 'test/consumers/typegen')

/** How programs use what it writes. */
const use = `
import PocketBase from 'pocketbase'
import type { PostsResponse, TypedPocketBase, UsersResponse } from './pocketbase-types.ts'
const pb = new PocketBase('/') as TypedPocketBase
const post: PostsResponse = await pb.collection('posts').getOne('1')
type WithAuthor = Omit<PostsResponse, 'expand'> & { expand?: { author: UsersResponse } }
const { expand } = await pb.collection('posts').getOne<WithAuthor>('1', { expand: 'author' })
export const name: string | undefined = expand?.author.name
export const title: string = post.title
await pb.collection('users').update('1', { 'name': 'x' })
`

describeServers('types by pocketbase-typegen', (pb) => {
  let types: string

  beforeAll(async () => {
    await createBlog(pb.admin, pb.version)
    // It writes quotes in values as they are, which compiles nowhere.
    const { fields } = await pb.admin.collections.getOne('posts')
    fields.find(({ name }) => name === 'labels')!['values'] = ['news', 'big']
    await pb.admin.collections.update('posts', { fields })
    installFolder(consumer, ['--ignore-scripts'])
    using folder = codeFolder({})
    const out = join(folder.folder, 'pocketbase-types.ts')
    const cli = join(consumer, 'node_modules/pocketbase-typegen/dist/cli.js')
    const flags = ['--url', pb.url, '--token', pb.admin.authStore.token, '--out', out]
    await run(process.execPath, [cli, ...flags], { cwd: folder.folder })
    types = readFileSync(out, 'utf8')
  })

  test.each(Object.keys(compilers) as Compiler[])(
    'compile here as they are, by TypeScript %s',
    async (compiler) => {
      expect(types).toContain(`from 'pocketbase'`)
      const files = { 'pocketbase-types.ts': types, 'use.ts': use }
      const ours = { paths: { pocketbase: [sources['pocketbase-typescript']] } }
      expect(await compile(compiler, files, ours)).toEqual([])
      expect(await compile(compiler, files)).toEqual([])
      const mistake = { ...files, 'use.ts': `${use}\nexport const wrong: number = name` }
      expect(await compile(compiler, mistake, ours)).toHaveLength(1)
    },
    60_000,
  )
})
