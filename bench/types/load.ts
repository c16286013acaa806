/** A program for the compiler: files by name. */
export type Program = Readonly<Record<string, string>>

/** The name of a relation, where it leads, and whether to many. */
type Relation = readonly [name: string, target: number, isMany: boolean]

const callsPerFile = 10
const texts = ['title', 'slug', 'body', 'mail', 'url']

/** Makes the client of a schema, and calls nothing. */
export function clientProgram(collections: number): Program {
  return {
    'schema.ts': schema(collections),
    'client.ts': `import PocketBase from 'pocketbase-typescript'
import type { Schema } from './schema.ts'
export const pb = new PocketBase<Schema>('/')
`,
  }
}

/**
 * The same with calls, ten to a file: of ten calls two expand six levels and read to the bottom, three are lists with `expand`,
 * `fields` and `sort`, two full lists with a filter, one creates, one updates with modifiers, and one looks for the first record.
 */
export function callProgram(collections: number, calls: number): Program {
  const header = `import { pb } from './client.ts'\n`
  return { ...clientProgram(collections), ...callFiles(collections, calls, header, call) }
}

/** The same schema and calls for pocketbase-ts, whose expands are objects. */
export function otherProgram(collections: number, calls: number): Program {
  const client = `import { PocketBaseTS } from 'pocketbase-ts'
import type { Schema } from './schema.ts'
export const pb = new PocketBaseTS<Schema, 6>('/')
`
  const header = `import { pb } from './client.ts'\n`
  return {
    'schema.ts': otherSchema(collections),
    'client.ts': client,
    ...callFiles(collections, calls, header, otherCall),
  }
}

function callFiles(
  collections: number,
  calls: number,
  header: string,
  write: (relations: Relations, index: number) => string,
): Program {
  const relations = relationsOf(collections)
  const files: Record<string, string> = {}
  for (let first = 0; first < calls; first += callsPerFile) {
    const lines = Array.from({ length: callsPerFile }, (_, at) => write(relations, first + at))
    files[`calls-${first / callsPerFile}.ts`] =
      `${header}export async function run(): Promise<unknown[]> {\n  const read: (string | undefined)[] = []\n${lines.join('')}  return read\n}\n`
  }
  return files
}

interface Relations {
  readonly own: readonly (readonly Relation[])[]
  readonly back: readonly (readonly Relation[])[]
}

function relationsOf(collections: number): Relations {
  const own = Array.from({ length: collections }, (_, i): Relation[] => [
    ['a', (i + 1) % collections, false],
    ['b', (i + 7) % collections, true],
    ['c', (i * 3 + 1) % collections, false],
  ])
  const back = own.map((): Relation[] => [])
  for (const [i, relations] of own.entries()) {
    for (const [name, target] of relations) back[target]!.push([`c${i}_via_${name}`, i, true])
  }
  return { own, back }
}

function schema(collections: number): string {
  const { own, back } = relationsOf(collections)
  const interfaces = own.map((relations, i) => {
    const links = [...relations, ...back[i]!].map(
      ([name, target, isMany]) => `  ${name}: 'c${target}'${isMany ? '[]' : ''}\n`,
    )
    return `${record(i)}export interface C${i}Create {
  id?: string | undefined
${texts.map((name, at) => `  ${name}${i}${at > 0 ? '?: string | undefined' : ': string'}\n`).join('')}  views?: number | undefined
  ok?: boolean | undefined
  status?: '' | 'draft' | 'live' | null | undefined
  files?: Blob | (Blob | string)[] | undefined
  meta?: unknown
  a: string
  b?: string[] | undefined
  c?: string | undefined
}
export interface C${i}Update {
${texts.map((name) => `  ${name}${i}?: string | undefined\n`).join('')}  views?: number | undefined
  'views+'?: number | undefined
  'views-'?: number | undefined
  ok?: boolean | undefined
  status?: '' | 'draft' | 'live' | null | undefined
  files?: Blob | (Blob | string)[] | undefined
  'files+'?: Blob | Blob[] | undefined
  '+files'?: Blob | Blob[] | undefined
  'files-'?: string | string[] | undefined
  meta?: unknown
  a?: string | undefined
  b?: string[] | undefined
  'b+'?: string | string[] | undefined
  '+b'?: string | string[] | undefined
  'b-'?: string | string[] | undefined
  c?: string | undefined
}
export interface C${i}Relations {
${links.join('')}}
export interface C${i}Collection {
  type: '${i % 10 > 0 ? 'base' : 'auth'}'
  record: C${i}Record
  create: C${i}Create
  update: C${i}Update
  relations: C${i}Relations
}
`
  })
  const names = own.map((_, i) => `  c${i}: C${i}Collection\n`)
  return `${interfaces.join('')}export interface Schema {\n${names.join('')}}\n`
}

function otherSchema(collections: number): string {
  const { own } = relationsOf(collections)
  const members = own.map((relations, i) => {
    const links = relations.map(
      ([name, target, isMany]) =>
        `${name}${name === 'a' ? '' : '?'}: ${isMany ? `Array<C${target}Record>` : `C${target}Record`}`,
    )
    return `  c${i}: { type: C${i}Record; relations: { ${links.join('; ')} } }\n`
  })
  return `${own.map((_, i) => record(i)).join('')}export type Schema = {\n${members.join('')}}\n`
}

function record(i: number): string {
  return `export interface C${i}Record {
  collectionId: string
  collectionName: 'c${i}'
  id: string
${texts.map((name) => `  ${name}${i}: string\n`).join('')}  views: number
  ok: boolean
  status: '' | 'draft' | 'live'
  files: string[]
  meta: unknown
  a: string
  b: string[]
  c: string
  created: string
  updated: string
}
`
}

function call(relations: Relations, index: number): string {
  const { i, deep, pair, other, single } = paths(relations, index)
  const service = `pb.collection('c${i}')`
  switch (index % 10) {
    case 0:
    case 1:
      return read(
        `await ${service}.getOne('x', { expand: '${dotted(deep)}' })`,
        `r${reach(deep)}?.title${end(deep)}`,
      )
    case 2:
    case 3:
    case 4: {
      const more = other ? `,${other[0]}` : ''
      const fields = `id,title${i},${pair.map(([name]) => `expand.${name}`).join('.')}.title${end(pair)}`
      const moreFields = other ? `,expand.${other[0]}.slug${other[1]}` : ''
      const options = `{ expand: '${dotted(pair)}${more}', fields: '${fields}${moreFields}', sort: '-created,title${i}' }`
      return read(
        `await ${service}.getList(1, 20, ${options})`,
        `r.items[0]?${reach(pair)}?.title${end(pair)}`,
      )
    }
    case 5:
    case 6:
      return read(
        `await ${service}.getFullList({ filter: ${filter(i, index)}, sort: '-created', expand: '${single[0]}' })`,
        `r[0]?.title${i}`,
      )
    case 7:
    case 8:
      return writeCall(i, index)
    default:
      return read(
        `await ${service}.getFirstListItem('views > 1', { expand: '${single[0]}', sort: '-created' })`,
        `r.title${i}`,
      )
  }
}

function otherCall(relations: Relations, index: number): string {
  const { i, deep, pair, other, single } = paths(relations, index)
  const service = `pb.collection('c${i}')`
  const nested = ([first, ...rest]: readonly Relation[]): string =>
    `[{ key: '${first![0]}'${rest.length > 0 ? `, expand: ${nested(rest)}` : ''} }]`
  switch (index % 10) {
    case 0:
    case 1:
      return read(
        `await ${service}.getOne('x', { expand: ${nested(deep)} })`,
        `r${reach(deep)}?.title${end(deep)}`,
      )
    case 2:
    case 3:
    case 4: {
      const [first, second] = pair
      const inner = `{ key: '${second![0]}', fields: ['title${second![1]}'] }`
      const more = other ? `, { key: '${other[0]}', fields: ['slug${other[1]}'] }` : ''
      const expand = `[{ key: '${first![0]}', fields: ['id'], expand: [${inner}] }${more}]`
      return read(
        `await ${service}.getList(1, 20, { fields: ['id', 'title${i}'], expand: ${expand}, sort: '-created' })`,
        `r.items[0]?${reach(pair)}?.title${end(pair)}`,
      )
    }
    case 5:
    case 6:
      return read(
        `await ${service}.getFullList({ filter: ${filter(i, index)}, sort: '-created', expand: ${nested([single])} })`,
        `r[0]?.title${i}`,
      )
    case 7:
    case 8:
      return writeCall(i, index)
    default:
      return read(
        `await ${service}.getFirstListItem('views > 1', { expand: ${nested([single])}, sort: '-created' })`,
        `r.title${i}`,
      )
  }
}

/** The same for both clients. */
function writeCall(i: number, index: number): string {
  const written =
    index % 10 === 7
      ? `create({ title${i}: 'x', a: 'y', views: 1 })`
      : `update('x', { 'views+': 1, 'b-': ['x'] })`
  return read(`await pb.collection('c${i}').${written}`, `r.title${i}`)
}

/** The collection and the relations that a call is about. */
function paths(relations: Relations, index: number) {
  const collections = relations.own.length
  const i = (index * 11 + 3) % collections
  const walk = (length: number, start: number): Relation[] => {
    const path: Relation[] = []
    let at = i
    for (let step = 0; step < length; step++) {
      const options = [...relations.own[at]!, ...relations.back[at]!]
      const relation = options[(start * 7 + step * 5) % options.length]!
      path.push(relation)
      at = relation[1]
    }
    return path
  }
  const pair = walk(2, index)
  const [other] = walk(1, index + 3)
  const [single] = walk(1, index)
  return {
    i,
    deep: walk(6, index),
    pair,
    other: other![0] === pair[0]![0] ? undefined : other,
    single: single!,
  }
}

function filter(i: number, index: number): string {
  return `pb.filter('title${i} ~ {:q${index}} && created > {:d${index}}', { q${index}: 'x', d${index}: new Date() })`
}

function read(value: string, text: string): string {
  return `  { const r = ${value}; read.push(${text}) }\n`
}

function dotted(path: readonly Relation[]): string {
  return path.map(([name]) => name).join('.')
}

function reach(path: readonly Relation[]): string {
  return path.map(([name, , isMany]) => `.expand?.${name}${isMany ? '?.[0]' : ''}`).join('?')
}

function end(path: readonly Relation[]): number {
  return path.at(-1)![1]
}
