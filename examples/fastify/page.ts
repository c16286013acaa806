import type { AuthRecord, RecordModel } from 'pocketbase-typescript'

/** The page, for a user or for nobody. */
export function page(user: AuthRecord, notes: readonly RecordModel[], hasFailed: boolean): string {
  return `<!doctype html><title>Notes</title>${user ? signedIn(user, notes) : guest(hasFailed)}`
}

function signedIn(user: RecordModel, notes: readonly RecordModel[]): string {
  const items = notes.map(({ text }) => `<li>${escape(text)}</li>`)
  return `<p id="user">${escape(user['email'])}</p>
    <ul id="notes">${items.join('')}</ul>
    <form id="sign-out" method="post" action="/sign-out"><button>Sign out</button></form>`
}

function guest(hasFailed: boolean): string {
  return `<form id="sign-in" method="post" action="/sign-in">
    ${hasFailed ? '<p id="error">Wrong address or password.</p>' : ''}
    <input name="email" type="email" required />
    <input name="password" type="password" required />
    <button>Sign in</button>
  </form>`
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
