import { inspect } from 'node:util'

import { describe, expect, test, vi } from 'vitest'

import {
  AbortError,
  ApiError,
  AuthError,
  BatchError,
  ClientResponseError,
  DecodeError,
  ForbiddenError,
  isClientResponseError,
  MfaRequiredError,
  NetworkError,
  NotFoundError,
  RateLimitError,
  ServerError,
  TimeoutError,
  ValidationError,
} from '../../src/index.ts'
import { json, observed } from '../support/observed.ts'
import type { SentRequest } from '../support/observed.ts'

/** The error of a call that the server answers like this. */
async function errorOf(status: number, body: unknown, init: ResponseInit = {}): Promise<ApiError> {
  const { client } = observed(() => json(body, { status, ...init }))
  const error: unknown = await client.send('/api/x', {}).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(ApiError)
  return error as ApiError
}

const blank = { code: 'validation_required', message: 'Cannot be blank.' }

describe('the class says what happened', () => {
  const cases: [status: number, Class: typeof ApiError, body?: object][] = [
    [400, ApiError],
    [400, ValidationError, { data: { title: blank } }],
    [401, AuthError],
    [401, MfaRequiredError, { mfaId: 'abc' }],
    [403, ForbiddenError],
    [403, ForbiddenError, { data: { reason: blank } }],
    [404, NotFoundError],
    [413, ApiError],
    [418, ApiError],
    [429, RateLimitError],
    [429, RateLimitError, { data: { reason: blank } }],
    [500, ServerError],
    [502, ServerError],
    [503, ServerError],
    [400, BatchError, { data: { requests: { 1: { code: 'batch_request_failed' } } } }],
  ]

  for (const [status, Class, body] of cases) {
    test(`${status} is a ${Class.name}${body ? ' with such a body' : ''}`, async () => {
      const error = await errorOf(status, { status, message: 'No.', data: {}, ...body })
      expect(error.constructor).toBe(Class)
      expect(error).toBeInstanceOf(ApiError)
      expect(error).toBeInstanceOf(ClientResponseError)
      expect(error).toBeInstanceOf(Error)
      expect(error).toMatchObject({ status, isAbort: false, method: 'GET', path: '/api/x' })
      expect(error.name).toBe(`ClientResponseError ${status}`)
    })
  }

  test('an MfaRequiredError is an AuthError that has the mfaId', async () => {
    const error = await errorOf(401, { mfaId: 'abc' })
    expect(error).toBeInstanceOf(AuthError)
    expect((error as MfaRequiredError).mfaId).toBe('abc')
  })

  test('a BatchError has the position of the operation that failed', async () => {
    const nested = { code: 'batch_request_failed', message: 'Batch request failed.' }
    const data = {
      requests: { 2: { ...nested, response: { status: 400, data: { title: blank } } } },
    }
    const error = await errorOf(400, { status: 400, message: 'Batch failed.', data })
    expect(error).toBeInstanceOf(BatchError)
    expect((error as BatchError).index).toBe(2)
    const { failure } = error as BatchError
    expect(failure).toBeInstanceOf(ValidationError)
    expect(failure.fieldErrors).toEqual({ title: blank })
    expect(error.describe()).toContain('Operation 2 failed with 400')
  })

  test('a BatchError of an operation that the server could not read has its mistakes', async () => {
    const data = { requests: { 1: { url: { code: 'validation_required', message: 'No.' } } } }
    const error = (await errorOf(400, { message: 'Invalid batch.', data })) as BatchError
    expect(error).toMatchObject({ index: 1, collection: '' })
    expect(error.failure.fieldErrors).toEqual({ url: data.requests[1].url })
  })

  test('a batch in a batch, however deep, is a BatchError of one operation', async () => {
    let response: object = { status: 400, data: {} }
    for (let depth = 0; depth < 500; depth++) response = { data: { requests: { 0: { response } } } }
    const error = (await errorOf(400, response)) as BatchError
    expect(error).toBeInstanceOf(BatchError)
    expect(error.failure).not.toBeInstanceOf(BatchError)
  })

  test('a class of what did not come from the server has status 0', () => {
    for (const Class of [NetworkError, TimeoutError, AbortError, DecodeError]) {
      const error = new Class({ message: 'No.' })
      expect(error).toBeInstanceOf(ClientResponseError)
      expect(error).not.toBeInstanceOf(ApiError)
      expect(error.status).toBe(0)
    }
  })
})

describe('the kind', () => {
  test('tells a switch what the class tells instanceof', () => {
    const kinds = {
      api: new ApiError(),
      network: new NetworkError(),
      timeout: new TimeoutError(),
      abort: new AbortError(),
      decode: new DecodeError(),
      unknown: new ClientResponseError(),
    }
    for (const [kind, error] of Object.entries(kinds)) expect(error.kind).toBe(kind)
  })
})

describe('as in the official client', () => {
  test('message, response and its older name data hold what the server said', async () => {
    const body = { status: 404, message: 'The requested resource wasn’t found.', data: {} }
    const error = await errorOf(404, body)
    expect(error.message).toBe(body.message)
    expect(error.response).toEqual(body)
    expect(error.data).toEqual(body)
    expect(error.url).toBe('http://pb.test/api/x')
  })

  test('an error can be made from another one, or from nothing', () => {
    const cause = new TypeError('broken')
    const error = new ClientResponseError(cause)
    expect(error).toMatchObject({ message: 'broken', originalError: cause, cause, status: 0 })
    expect(new ClientResponseError().message).toBe('Something went wrong.')
  })

  test('an error that is made from a failed request says what that says', async () => {
    const cause = await errorOf(404, { message: 'Gone.', data: { title: blank } })
    const { status, url, method, path, response } = cause
    const wrapped = new ClientResponseError(cause)
    expect(wrapped).toMatchObject({ status, url, method, path, response, message: 'Gone.' })
    expect(wrapped.originalError).toBe(cause)
    expect(wrapped.fieldErrors).toEqual({ title: blank })
    expect(wrapped.isAbort).toBe(false)
  })

  test('an error that is made from an aborted one is a cancelled request', () => {
    const aborted = new ClientResponseError(new DOMException('Aborted.', 'AbortError'))
    expect(aborted).toMatchObject({ isAbort: true, message: 'Aborted.', status: 0 })
    expect(new ClientResponseError(new AbortError()).isAbort).toBe(true)
  })

  test('an error can be made from an object, as tests of applications do', () => {
    const made = new ClientResponseError({
      url: 'http://pb.test/api/x',
      status: 400,
      response: { message: 'No.', data: { title: blank } },
    })
    expect(made).toMatchObject({ status: 400, message: 'No.', url: 'http://pb.test/api/x' })
    expect(made.response['data']).toEqual({ title: blank })
    expect(new ClientResponseError({ data: { message: 'No.' } }).response).toEqual({
      message: 'No.',
    })
  })

  test('the response can be replaced', async () => {
    const error = await errorOf(400, {})
    error.response = { mine: true }
    expect(error.data).toEqual({ mine: true })
  })
})

describe('fieldErrors', () => {
  test('has the server’s errors by field', async () => {
    const min = { code: 'validation_min', message: 'Too short.', params: { min: 8 } }
    const error = await errorOf(400, { message: 'No.', data: { title: blank, body: min } })
    expect(error.fieldErrors).toEqual({ title: blank, body: min })
    expect(error.fieldErrors['body']?.params).toEqual({ min: 8 })
  })

  test('has nested ones by their path', async () => {
    const data = {
      smtp: { host: blank },
      fields: { 2: { name: blank, options: { 0: { values: blank } } } },
    }
    const error = await errorOf(400, { data })
    expect(Object.keys(error.fieldErrors).sort()).toEqual([
      'fields.2.name',
      'fields.2.options.0.values',
      'smtp.host',
    ])
  })

  test('is empty where the server named no field', async () => {
    for (const body of [{}, { data: {} }, { data: null }, { data: 'no' }, { data: [] }, [], null]) {
      expect((await errorOf(400, body)).fieldErrors).toEqual({})
    }
  })

  test('has a field called code, which is no error itself', async () => {
    const error = await errorOf(400, { data: { code: blank } })
    expect(error.fieldErrors).toEqual({ code: blank })
    expect(error).toBeInstanceOf(ValidationError)
  })

  test('may have a field called __proto__, and nothing is polluted by it', async () => {
    const { client } = observed(
      () => new Response('{"data":{"__proto__":{"code":"x","message":"y"}}}', { status: 400 }),
    )
    await expect(client.send('/api/x', {})).rejects.toBeInstanceOf(ApiError)
    expect(({} as { code?: string }).code).toBeUndefined()
  })
})

describe('describe', () => {
  test('is one line with method, path and reason', async () => {
    const error = await errorOf(404, { message: 'Missing or invalid cron job.' })
    expect(error.describe()).toBe('GET /api/x failed with 404: Missing or invalid cron job.')
  })

  test('names the fields and what is wrong with them', async () => {
    const error = await errorOf(400, { message: 'Failed.', data: { a: { b: blank } } })
    expect(error.describe()).toBe('GET /api/x failed with 400: Failed. a.b: Cannot be blank.')
  })

  test('says something also where the server says nothing', async () => {
    const { client } = observed(() => new Response('', { status: 502, statusText: 'Bad Gateway' }))
    const error = (await client.send('/api/x', {}).catch((e: unknown) => e)) as ServerError
    expect(error.message).not.toBe('')
    expect(error.describe()).toMatch(/^GET \/api\/x failed with 502: .*Bad Gateway/)
  })

  test('finds the reason where Node hides it', async () => {
    const refused = new Error('connect ECONNREFUSED 127.0.0.1:8090')
    const several = new AggregateError([refused, new Error('::1')], 'all')
    for (const cause of [refused, several]) {
      const { client } = observed(() => {
        throw new TypeError('fetch failed', { cause })
      })
      const error: unknown = await client.send('/api/x', {}).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(NetworkError)
      expect((error as NetworkError).describe()).toBe(
        'GET /api/x failed: connect ECONNREFUSED 127.0.0.1:8090',
      )
    }
  })

  test('has a way out where there is one', async () => {
    const { client } = observed(() => new Response(''))
    const error: unknown = await client
      .collection('posts')
      .getOne('a', { fields: 'title:nope(1)' })
      .catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(DecodeError)
    expect((error as DecodeError).hint).toMatch(/fields/)
    expect((error as DecodeError).describe().endsWith((error as DecodeError).hint)).toBe(true)
  })
})

describe('secrets', () => {
  const token = 'eyJhbGciOiJIUzI1NiJ9.eyJpZCI6InNlY3JldCJ9.c2VjcmV0'

  /** Everything that a console or a logger shows of an error. */
  function shown(error: unknown): string {
    const { stack } = error as Error
    return [
      String(error),
      inspect(error),
      inspect({ nested: error }),
      JSON.stringify(error),
      JSON.stringify({ nested: error }),
      (error as ClientResponseError).describe(),
      (error as ClientResponseError).message,
      stack ?? '',
      inspect({ ...(error as object) }),
    ].join('\n')
  }

  const answers: { [name: string]: (request: SentRequest) => Response } = {
    'an error of the server': () =>
      json({ status: 404, message: 'No.', data: {} }, { status: 404 }),
    'a page of HTML': () => new Response('<html>'),
    'an answer with a token where none was due': () =>
      new Response(`oops "${token}"`, { headers: { 'content-type': 'text/plain' } }),
    'a failed connection': () => {
      throw new TypeError('fetch failed')
    },
    'a cut answer': () =>
      new Response(new ReadableStream({ pull: (c) => c.error(new Error('cut')) })),
    'a failure that names the URL, as browsers do': ({ url }) => {
      throw new TypeError(`Failed to execute 'fetch' on 'Window': Failed to parse URL from ${url}`)
    },
  }

  for (const [name, answer] of Object.entries(answers)) {
    test(`of the request are in nothing that is printed: ${name}`, async () => {
      const { client } = observed(answer)
      client.authStore.save(token)
      const error: unknown = await client
        .send('/api/x?first=hunter2', {
          method: 'POST',
          query: { filter: 'hunter2', token },
          body: { password: 'hunter2' },
          headers: { 'X-Secret': 'hunter2' },
        })
        .catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(ClientResponseError)
      const text = shown(error)
      expect(text).toContain('POST')
      expect(text).toContain('/api/x')
      expect(text).not.toContain('hunter2')
      expect(text).not.toContain(token)
      expect(text).not.toContain('c2VjcmV0')
    })
  }

  test('of the base URL are in nothing that is printed', async () => {
    const { client } = observed(() => json({}), { fetch })
    client.baseURL = 'http://user:hunter2@127.0.0.1:1'
    const error: unknown = await client.send('/api/x', {}).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(NetworkError)
    expect(shown(error)).not.toContain('hunter2')
  })

  test('can be found by code that asks for them: url, headers and cause are there', async () => {
    const error = await errorOf(404, {}, { headers: { 'X-Answer': 'yes' } })
    expect(error.url).toBe('http://pb.test/api/x')
    expect(error.headers?.get('x-answer')).toBe('yes')
  })
})

describe('printing', () => {
  test('gives the description and where it happened', async () => {
    const error = await errorOf(404, { message: 'Gone.' })
    expect(String(error)).toBe('ClientResponseError 404: GET /api/x failed with 404: Gone.')
    expect(inspect(error)).toMatch(
      /^ClientResponseError 404: GET \/api\/x failed with 404: Gone\.\n +at /,
    )
  })

  test('gives the message that the error has now', async () => {
    const error = await errorOf(404, { message: 'Gone.' })
    error.message = 'Really gone.'
    expect(inspect(error)).toContain('failed with 404: Really gone.')
    expect(inspect(error)).not.toContain('Gone.')
  })

  test('as JSON gives what a log needs', async () => {
    const body = { status: 400, message: 'No.', data: { title: blank } }
    const error = await errorOf(400, body)
    const text = JSON.stringify(error)
    expect(JSON.parse(text)).toMatchObject({
      name: 'ClientResponseError 400',
      message: 'No.',
      status: 400,
      method: 'GET',
      path: '/api/x',
      isAbort: false,
      response: body,
    })
  })

  test('survives a structured clone of what toJSON gives', async () => {
    const error = await errorOf(404, { message: 'Gone.' })
    expect(structuredClone(error.toJSON())).toMatchObject({ status: 404, message: 'Gone.' })
  })
})

describe('isClientResponseError', () => {
  test('knows every class', () => {
    const classes = [ClientResponseError, ApiError, ValidationError, NetworkError, DecodeError]
    for (const Class of classes) expect(isClientResponseError(new Class())).toBe(true)
  })

  test('knows the errors of another copy of the package', async () => {
    vi.resetModules()
    const copy = await import('../../src/index.ts')
    const theirs = new copy.NotFoundError({ status: 404, message: 'No.' })
    expect(theirs).not.toBeInstanceOf(ClientResponseError)
    expect(isClientResponseError(theirs)).toBe(true)
    expect(copy.isClientResponseError(new NotFoundError({ status: 404 }))).toBe(true)
  })

  test('knows nothing else', () => {
    const others = [
      new Error('ClientResponseError 404'),
      new DOMException('x', 'AbortError'),
      { kind: 'api' },
      { name: 'ClientResponseError 404' },
      'ClientResponseError 404',
      null,
      undefined,
      0,
    ]
    for (const other of others) expect(isClientResponseError(other)).toBe(false)
  })
})

describe('RateLimitError.retryAfterMs', () => {
  async function retryAfterMs(value?: string): Promise<number | undefined> {
    const headers = value === undefined ? {} : { 'Retry-After': value }
    const error = await errorOf(429, {}, { headers })
    expect(error).toBeInstanceOf(RateLimitError)
    return (error as RateLimitError).retryAfterMs
  }

  test('reads seconds', async () => {
    expect(await retryAfterMs('2')).toBe(2000)
    expect(await retryAfterMs('1.5')).toBe(1500)
  })

  test('reads a date', async () => {
    vi.useFakeTimers({ now: new Date('2026-01-31T10:00:00Z') })
    expect(await retryAfterMs('Sat, 31 Jan 2026 10:00:05 GMT')).toBe(5000)
    vi.useRealTimers()
  })

  test('is undefined without the header, as PocketBase answers, and for nonsense', async () => {
    expect(await retryAfterMs()).toBeUndefined()
    expect(await retryAfterMs('soon')).toBeUndefined()
    expect(await retryAfterMs('')).toBeUndefined()
  })
})
