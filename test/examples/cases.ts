import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'

import { cookieParse, getTokenPayload } from '../../src/index.ts'
import { CookieAuthStore } from '../../src/ssr/index.ts'
import { Browser, textOf } from './browser.ts'
import type { Page } from './browser.ts'
import { cookiesOf } from './people.ts'
import type { Person, World } from './people.ts'

/** What an example must do, by the title of its column. Each opens browsers of its own at `url`. */
export const cases: Readonly<Record<string, (url: string, world: World) => Promise<void>>> = {
  async 'sign in'(url, world) {
    const person = await world.person()
    const browser = new Browser(url)
    expectNobody(await browser.open())
    const wrong = await browser.submit('sign-in', { email: person.email, password: 'wrong horse' })
    assert(wrong.status === 200 || wrong.status === 401)
    assert.equal(textOf(wrong.html, 'user'), undefined)
    assert(textOf(wrong.html, 'error'), 'the page says that it was wrong')
    assert.deepEqual(wrong.setCookies, [])
    const { setCookies } = await signIn(browser, person)
    assert.equal(setCookies.length, 1)
    assert.match(setCookies[0]!, /^pb_auth=%7B/)
    for (const attribute of [/; HttpOnly/i, /; SameSite=Lax/i, /; Path=\//i, /; Max-Age=\d{5,}/i]) {
      assert.match(setCookies[0]!, attribute)
    }
    // Browsers that want TLS for it would not store it: the example was opened at http://127.0.0.1.
    assert.doesNotMatch(setCookies[0]!, /; Secure/i)
  },

  async reload(url, world) {
    const person = await world.person()
    const browser = new Browser(url)
    await signIn(browser, person)
    for (const path of ['/', '/', '/?failed']) {
      const page = await browser.open(path)
      expectPerson(page, person)
      assert.deepEqual(page.setCookies, [])
    }
  },

  async 'sign out'(url, world) {
    const browser = new Browser(url)
    await signIn(browser, await world.person())
    expectNobody(await browser.submit('sign-out'))
    assert.equal(browser.cookies.size, 0)
    expectNobody(await browser.open())
  },

  async refresh(url, world) {
    const person = await world.person()
    const browser = new Browser(url)
    const token = await world.token(person, 3600)
    put(browser, cookiesOf(token, person.record))
    const page = await browser.open()
    expectPerson(page, person)
    const fresh = stateOf(browser).token
    assert.equal(page.setCookies.length, 1)
    assert(getTokenPayload(fresh)['exp'] > getTokenPayload(token)['exp'] + 3600)
    const later = await browser.open()
    expectPerson(later, person)
    assert.deepEqual(later.setCookies, [])
  },

  async tampered(url, world) {
    const [person, victim] = [await world.person(), await world.person()]
    const token = await world.token(person, 864_000)
    const [head, claims, signature] = token.split('.') as [string, string, string]
    const forged = JSON.stringify({ ...getTokenPayload(token), id: victim.record.id })
    for (const [text, { record }] of [
      [`${head}.${claims}.${signature.split('').toReversed().join('')}`, person],
      [`${head}.${Buffer.from(forged).toString('base64url')}.${signature}`, victim],
    ] as const) {
      const browser = new Browser(url)
      put(browser, cookiesOf(text, record))
      expectNobody(await browser.open())
      assert.equal(browser.cookies.size, 0)
    }
    for (const value of ['', '%', '%7B', 'null', '%7B%22token%22%3A1%7D', '{"token":"a.b.c"}']) {
      const browser = new Browser(url)
      browser.cookies.set('pb_auth', value)
      expectNobody(await browser.open())
    }
    // Whatever the browser says of the record, the server's counts.
    const browser = new Browser(url)
    put(browser, cookiesOf(token, { ...person.record, email: victim.email }))
    expectPerson(await browser.open(), person)
  },

  async expired(url, world) {
    const person = await world.person()
    const token = await world.token(person, 10)
    const browser = new Browser(url)
    put(browser, cookiesOf(token, person.record))
    const endsAt = (getTokenPayload(token)['exp'] as number) * 1000
    while (Date.now() < endsAt + 1000) await sleep(100)
    expectNobody(await browser.open())
    assert.equal(browser.cookies.size, 0)
  },

  async revoked(url, world) {
    const person = await world.person()
    const browser = new Browser(url)
    await signIn(browser, person)
    await world.revoke(person)
    expectNobody(await browser.open())
    assert.equal(browser.cookies.size, 0)
  },

  async '9 kB record'(url, world) {
    const person = await world.person({ bio: 'x'.repeat(9000) })
    const browser = new Browser(url)
    await signIn(browser, person)
    assert(browser.cookies.size >= 3)
    const page = await browser.open()
    expectPerson(page, person)
    assert.deepEqual(page.setCookies, [])
    assert.equal(stateOf(browser).record?.['bio'].length, 9000)
    expectNobody(await browser.submit('sign-out'))
    assert.equal(browser.cookies.size, 0)
  },

  async 'two users at once'(url, world) {
    const people = [await world.person(), await world.person()]
    // One of them gets a new token with each request.
    const tokens = [await world.token(people[0]!, 864_000), await world.token(people[1]!, 3600)]
    const visit = async (index: number): Promise<void> => {
      const [person, browser] = [people[index % 2]!, new Browser(url)]
      put(browser, cookiesOf(tokens[index % 2]!, person.record))
      const page = await browser.open()
      expectPerson(page, person)
      assert.equal(page.setCookies.length, index % 2)
      assert.equal(getTokenPayload(stateOf(browser).token)['id'], person.record.id)
    }
    for (let round = 0; round < 10; round += 1) {
      await Promise.all(Array.from({ length: 16 }, (_, index) => visit(index)))
    }
  },

  async 'other site'(url, world) {
    const person = await world.person()
    const browser = new Browser(url)
    await signIn(browser, person)
    const headers = { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' }
    const { status } = await browser.submit('sign-out', {}, headers)
    assert(status >= 400, `a form of another site was answered with ${status}`)
    expectPerson(await browser.open(), person)
  },
}

async function signIn(browser: Browser, { email, password, ...person }: Person): Promise<Page> {
  const page = await browser.submit('sign-in', { email, password })
  expectPerson(page, { email, password, ...person })
  return page
}

function expectPerson({ status, html }: Page, { email, note }: Person): void {
  assert.equal(status, 200)
  assert.equal(textOf(html, 'user'), email)
  assert.equal(unescaped(textOf(html, 'notes') ?? ''), note)
}

function expectNobody({ status, html }: Page): void {
  assert.equal(status, 200)
  assert.deepEqual([textOf(html, 'user'), textOf(html, 'notes')], [undefined, undefined])
  assert(html.includes('id="sign-in"'))
}

/** What the cookies of a browser say. */
function stateOf({ cookies }: Browser): CookieAuthStore {
  const text = Array.from(cookies, (pair) => pair.join('=')).join('; ')
  assert('pb_auth' in cookieParse(text))
  return new CookieAuthStore(text)
}

function put(browser: Browser, cookies: ReadonlyMap<string, string>): void {
  for (const [name, value] of cookies) browser.cookies.set(name, value)
}

function unescaped(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}
