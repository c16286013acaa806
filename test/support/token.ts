import { setTimeout as sleep } from 'node:timers/promises'

/** A token as servers make it, with any claims; its signature is nobody's. */
export function createToken(claims: unknown): string {
  const header = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url')
  return `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2lnbmF0dXJl`
}

/** A token of a record that expires after so many seconds. */
export function authToken(lifetimeSeconds = 432_000, claims: object = {}): string {
  return createToken({
    collectionId: '_pb_users_auth_',
    exp: Math.floor(Date.now() / 1000) + lifetimeSeconds,
    id: 'u1',
    refreshable: true,
    type: 'auth',
    ...claims,
  })
}

/** Waits for the next second: servers make the same token twice in one. */
export async function anotherSecond(): Promise<void> {
  const second = Math.floor(Date.now() / 1000)
  while (Math.floor(Date.now() / 1000) === second) await sleep(20)
}
