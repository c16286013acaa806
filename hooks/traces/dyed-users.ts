import { readJSON, write } from '../database.ts'
import { settings } from '../env.ts'
import { answer, isObject, jsonBody } from '../http.ts'
import { durationMs } from './duration.ts'

interface DyedUser {
  readonly userId: string
  /** Unix milliseconds. */
  readonly addedAt: number
  readonly expiresAt: number
  readonly addedBy: string
  readonly reason: string
}

/** In the process's one map: what all engines know of dyed users, as JSON. The table is the truth. */
const storeKey = 'pbts:dyed'
const byDefaultMs = durationMs(settings.traces.dyeTTL) || 3_600_000
/** Days of year 9999. */
const latest = 253_402_300_799_000

let known: { readonly json: string; readonly expiresAt: ReadonlyMap<string, number> } = {
  json: '[]',
  expiresAt: new Map(),
}

/** Whether there is anybody to look out for. */
export function someAreDyed(): boolean {
  return expiries().size > 0
}

/** Whether this user is dyed now. */
export function isDyed(userId: string): boolean {
  return (expiries().get(userId) ?? 0) > Date.now()
}

function expiries(): ReadonlyMap<string, number> {
  const json = ($app.store().get(storeKey) ?? '[]') as string
  if (json !== known.json)
    known = { json, expiresAt: new Map(JSON.parse(json) as [string, number][]) }
  return known.expiresAt
}

/** Takes those of the environment in, and tells all engines. */
export function loadDyedUsers(): void {
  const now = Date.now()
  for (const userId of settings.traces.dyeUsers) {
    save({
      userId,
      addedAt: now,
      expiresAt: now + byDefaultMs,
      addedBy: '',
      reason: 'PB_TRACE_DYE_USERS',
    })
  }
  publish()
}

/** Removes those whose time is over. */
export function forgetDyedUsers(): void {
  const gone = write('DELETE FROM _pbts_dyed WHERE expires_at <= {:now}', { now: Date.now() })
  if (gone > 0) publish()
}

function publish(): void {
  const json = readJSON<unknown[]>(
    'SELECT json_group_array(json_array(user_id, expires_at)) AS json FROM _pbts_dyed',
  )
  $app.store().set(storeKey, JSON.stringify(json))
}

/** `GET /api/_/trace/dyed-users` */
export function listDyedUsers(e: RequestEvent): void {
  const items = find('').map(shown)
  return answer(e, 200, { items, count: items.length })
}

/** `GET /api/_/trace/dyed-users/{id}` */
export function getDyedUser(e: RequestEvent): void {
  return answer(e, 200, shown(one(e)))
}

/** `POST /api/_/trace/dyed-users` */
export function addDyedUser(e: RequestEvent): void {
  const body = bodyOf(e)
  const userId = textOf(body, 'userId', 64)
  if (userId === '') throw new BadRequestError('userId is required.')
  const ttlMs = ttlOf(body) ?? 0
  const now = Date.now()
  const others = find('').filter((user) => user.userId !== userId)
  if (others.length >= settings.traces.dyeMax) {
    throw new ApiError(409, 'Maximum dyed users limit reached.')
  }
  const user = {
    userId,
    addedAt: now,
    expiresAt: expiry(now, ttlMs > 0 ? ttlMs : byDefaultMs),
    addedBy: textOf(body, 'addedBy', 256),
    reason: textOf(body, 'reason', 1024),
  }
  save(user)
  publish()
  return answer(e, 201, shown(user))
}

/** `PUT /api/_/trace/dyed-users/{id}/ttl`: from now on. 0 or less ends it. */
export function updateDyedUser(e: RequestEvent): void {
  const ttlMs = ttlOf(bodyOf(e))
  if (ttlMs === undefined) throw new BadRequestError('ttl is required.')
  const user = { ...one(e), expiresAt: expiry(Date.now(), Math.max(ttlMs, 0)) }
  save(user)
  publish()
  return answer(e, 200, shown(user))
}

/** `DELETE /api/_/trace/dyed-users/{id}` */
export function removeDyedUser(e: RequestEvent): void {
  write('DELETE FROM _pbts_dyed WHERE user_id = {:userId}', { userId: e.request.pathValue('id') })
  publish()
  return e.noContent(204)
}

function bodyOf(e: RequestEvent): Record<string, unknown> {
  const body = jsonBody(e)
  if (!isObject(body)) throw new BadRequestError('Invalid JSON body.')
  return body
}

function textOf(body: Record<string, unknown>, name: string, maxLength: number): string {
  const value = body[name] ?? ''
  if (typeof value === 'string' && value.length <= maxLength) return value
  throw new BadRequestError(`${name} must be a text of at most ${maxLength} characters.`)
}

/** `undefined` where there is none. */
function ttlOf({ ttl }: Record<string, unknown>): number | undefined {
  if (ttl == null || ttl === '') return undefined
  const ms = durationMs(ttl)
  if (ms !== undefined) return ms
  throw new BadRequestError(
    "Invalid TTL format. Use format like '1h', '30m', '24h', or a number of seconds.",
  )
}

function expiry(now: number, ttlMs: number): number {
  return Math.min(Math.round(now + ttlMs), latest)
}

function one(e: RequestEvent): DyedUser {
  const [user] = find(e.request.pathValue('id'))
  if (user === undefined) throw new NotFoundError('Dyed user not found.')
  return user
}

/** That one, or all with `''`. Whose time is over is not there any more. */
function find(userId: string): DyedUser[] {
  return readJSON(
    `SELECT json_group_array(json_object('userId', user_id, 'addedAt', added_at, 'expiresAt', expires_at, 'addedBy', added_by,
       'reason', reason)) AS json
     FROM (SELECT * FROM _pbts_dyed WHERE expires_at > {:now} AND {:userId} IN ('', user_id) ORDER BY added_at, user_id)`,
    { now: Date.now(), userId },
  )
}

function save({ userId, addedAt, expiresAt, addedBy, reason }: DyedUser): void {
  write(
    `INSERT INTO _pbts_dyed (user_id, added_at, expires_at, added_by, reason)
     VALUES ({:userId}, {:addedAt}, {:expiresAt}, {:addedBy}, {:reason})
     ON CONFLICT DO UPDATE SET added_at = excluded.added_at, expires_at = excluded.expires_at, added_by = excluded.added_by,
       reason = excluded.reason`,
    { userId, addedAt, expiresAt, addedBy, reason },
  )
}

/** As on the wire: `ttl` in nanoseconds. */
function shown({ userId, addedAt, expiresAt, addedBy, reason }: DyedUser): object {
  return {
    userId,
    addedAt: new Date(addedAt).toISOString(),
    expiresAt: new Date(expiresAt).toISOString(),
    ttl: (expiresAt - addedAt) * 1e6,
    ...(addedBy === '' ? {} : { addedBy }),
    ...(reason === '' ? {} : { reason }),
  }
}
