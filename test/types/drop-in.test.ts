import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { compile, compilers } from '../support/compilers.ts'
import type { Compiler } from '../support/compilers.ts'
import { root } from '../support/readme.ts'

const code = readFileSync(join(root, 'test/types/drop-in.test-d.ts'), 'utf8')
const ours = '../../src/index.ts'
// The one name there that the official client does not have.
const official = code
  .replaceAll(ours, 'pocketbase')
  .replace('PocketBase as Named', 'default as Named')

test.each(Object.keys(compilers) as Compiler[])(
  'what programs do with the official client compiles here as there, by TypeScript %s',
  async (compiler) => {
    expect(await compile(compiler, { 'ours.ts': code })).toEqual([])
    expect(official).not.toContain(ours)
    expect(await compile(compiler, { 'official.ts': official })).toEqual([])
  },
)

test.each(Object.keys(compilers) as Compiler[])(
  'a mistake there would be found by TypeScript %s',
  async (compiler) => {
    const errors = await compile(compiler, { 'ours.ts': `${code}\npb.filter(5)` })
    expect(errors).toHaveLength(1)
  },
)
