import { expect, test } from 'vitest'

import { json, observed } from '../support/observed.ts'

const valid = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-01$/

test('no request has a traceparent by itself', async () => {
  const { client, requests } = observed(() => json({}))
  await client.send('/api/x', {})
  expect(requests[0]!.init.headers).not.toHaveProperty('traceparent')
})

test('every request is a trace of its own, where the client is told so', async () => {
  const { client, requests } = observed(() => json({}), { traceparent: true })
  for (let i = 0; i < 50; i++) await client.send('/api/x', {})
  const sent = requests.map(({ init }) => init.headers['traceparent']!)
  for (const traceparent of sent) expect(traceparent).toMatch(valid)
  expect(new Set(sent.map((traceparent) => traceparent.split('-')[1])).size).toBe(50)
})

test('the traceparent of a call wins, whatever its case', async () => {
  const { client, requests } = observed(() => json({}), { traceparent: true })
  const own = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00`
  await client.send('/api/x', { headers: { Traceparent: own } })
  const names = Object.entries(requests[0]!.init.headers).filter(([name]) => /trace/i.test(name))
  expect(names).toEqual([['Traceparent', own]])
})

test('middleware is told how often a call was sent before', async () => {
  const { client } = observed((_, index) => (index < 2 ? json({}, { status: 503 }) : json({})), {
    retry: { times: 2, delayMs: 1 },
  })
  const seen: unknown[] = []
  client.use(async (request, next) => {
    seen.push(request.resent)
    return next(request)
  })
  await client.send('/api/x', {})
  expect(seen).toEqual([0, 1, 2])
})
