import fc from 'fast-check'
import Official from 'pocketbase'
import { expect, test } from 'vitest'

import { MemoryAuthStore, PocketBase, serializeQueryParams } from '../../src/index.ts'
import { seed } from '../support/seed.ts'

/** The URL that a client asks for; both clients have such a `send`. */
async function urlOf(
  client: { send(path: string, options: object): Promise<unknown> },
  path: string,
  options: object,
): Promise<string> {
  let url = ''
  const fetch = async (asked: RequestInfo | URL): Promise<Response> => {
    url = asked as string
    return Response.json({})
  }
  await client.send(path, { ...options, fetch, requestKey: null })
  return url
}

const ours = new PocketBase('http://pb.test', new MemoryAuthStore())
const official = new Official('http://pb.test')

const text = fc.string({ unit: 'binary', maxLength: 5 })

const scalar = fc.oneof(
  text,
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.bigInt(),
  fc.constant(null),
  fc.constant(undefined),
  fc.date({ noInvalidDate: true, min: new Date(-1e14), max: new Date(1e14) }),
)

const value = fc.oneof(
  { weight: 3, arbitrary: scalar },
  fc.array(scalar, { maxLength: 3 }),
  fc.dictionary(text, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 2 }),
  fc.array(fc.dictionary(text, fc.jsonValue({ maxDepth: 1 }), { maxKeys: 1 }), { maxLength: 2 }),
)

/** Names that mean something to one of the clients: options of a call, or of `fetch`. */
const taken = new Set(
  (
    'requestKey $cancelKey $autoCancel fetch headers body query params timeout retry ' +
    'cache credentials integrity keepalive method mode redirect referrer referrerPolicy signal ' +
    'window priority duplex dispatcher next cf'
  ).split(' '),
)

const name = fc
  .oneof(text, fc.constantFrom('filter', 'perPage', 'skipTotal', 'page', 'a', 'b'))
  .filter((key) => key !== '__proto__')

/** A few parameters, by names that are no options. */
const params = fc.dictionary(
  name.filter((key) => !taken.has(key)),
  value,
  { maxKeys: 4 },
)

test('a query is written byte for byte as the official client writes it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.dictionary(name, value, { maxKeys: 6 }), async (query) => {
      expect(await urlOf(ours, '/api/x', { query })).toBe(
        await urlOf(official, '/api/x', { query }),
      )
    }),
    { seed, numRuns: 1000 },
  )
})

test('unknown options, query and params make the query that they make in the official client', async () => {
  await fc.assert(
    fc.asyncProperty(
      params,
      params,
      params,
      fc.constantFrom('/api/x', '/api/x?a=1', 'api/x'),
      async (extra, query, older, path) => {
        const options = { ...extra, query, params: older }
        expect(await urlOf(ours, path, options)).toBe(await urlOf(official, path, options))
      },
    ),
    { seed, numRuns: 1000 },
  )
})

test('a server reads back the texts that were sent', () => {
  fc.assert(
    fc.property(fc.dictionary(text, fc.array(text)), (query) => {
      const read = new URL(`http://pb.test/?${serializeQueryParams(query)}`).searchParams
      for (const [key, values] of Object.entries(query)) expect(read.getAll(key)).toEqual(values)
      expect([...read.keys()]).toHaveLength(Object.values(query).flat().length)
    }),
    { seed, numRuns: 1000 },
  )
})
