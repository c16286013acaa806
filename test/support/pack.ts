import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { PocketBase } from '../../src/index.ts'

/** An answer as it came. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The text as JSON. */
  readonly json: () => any
}

/** What a request has besides its path. */
export interface Sent {
  readonly method?: string
  readonly token?: string
  /** An object is sent as JSON. */
  readonly body?: object | string | Uint8Array<ArrayBuffer>
  readonly headers?: Record<string, string>
  readonly signal?: AbortSignal
}

/** Sends a request without a client, so that every header and byte is the test's. */
export async function request(url: string, path: string, sent: Sent = {}): Promise<Answer> {
  const { method = sent.body === undefined ? 'GET' : 'POST', token, body, signal } = sent
  const isText = typeof body === 'string' || body instanceof Uint8Array
  const response = await fetch(url + path, {
    method,
    headers: { ...(token ? { Authorization: token } : {}), ...sent.headers },
    body: isText ? body : (JSON.stringify(body) ?? null),
    signal: signal ?? null,
  })
  const text = await response.text()
  const { status, headers } = response
  return { status, headers, text, json: () => JSON.parse(text) as unknown }
}

/** Sends events. */
export async function sendEvents(
  url: string,
  events: readonly unknown[],
  headers: Record<string, string> = {},
): Promise<Answer> {
  return request(url, '/api/analytics/events', { body: { events }, headers })
}

/** The stored events of a UTC day (default: today), as the raw log has them. */
export async function storedEvents(
  { baseURL, authStore }: PocketBase,
  date: string = today(),
): Promise<Record<string, any>[]> {
  const path = `/api/analytics/raw-logs/${date}`
  return linesOf((await request(baseURL, path, { token: authStore.token })).text)
}

/** The lines of newline-delimited JSON. */
export function linesOf(text: string): Record<string, any>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

/** The UTC day, such as `2026-01-31`. */
export function today(): string {
  return new Date().toISOString().slice(0, 10)
}

/**
 * A folder with hooks of the tests, of which the first two leave no spans: `POST /test/sql` runs SQL on the auxiliary database, `POST /test/run/{name}` a function of the
 * pack, as a job would, `GET /test/engine` names the engine that it ran in,
 * `GET /test/slow` takes 200 ms.
 */
export function testHooks(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pocketbase-hooks-'))
  writeFileSync(
    join(folder, 'tests.pb.js'),
    `
    routerAdd('POST', '/test/sql', (e) => {
      $app.auxNonconcurrentDB().newQuery(toString(e.request.body)).execute()
      return e.noContent(204)
    }, $apis.requireSuperuserAuth(), $apis.skipSuccessActivityLog())
    routerAdd('POST', '/test/run/{name}', (e) => {
      require(\`\${__hooks}/pbts/index.js\`)[e.request.pathValue('name')]()
      return e.noContent(204)
    }, $apis.requireSuperuserAuth(), $apis.skipSuccessActivityLog())
    routerAdd('GET', '/test/slow', (e) => {
      sleep(200)
      return e.noContent(204)
    })
    routerAdd('GET', '/test/engine', (e) => e.string(200, require(\`\${__hooks}/engine.js\`).name))
    `,
  )
  writeFileSync(join(folder, 'engine.js'), `exports.name = $security.randomString(20)`)
  return folder
}
