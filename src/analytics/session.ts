import { createId } from '../core/id.ts'
import { pageStorage } from './storage.ts'

const key = 'pbts session'
const maxIdleMs = 30 * 60_000

/** The id of the tab's session; a new one when nothing has happened for half an hour. */
export function createSession(): (now: number) => string {
  const storage = pageStorage('sessionStorage')
  let known = ''
  return (now) => {
    const [id = '', at = 0] = (storage[key] ?? known).split(' ')
    known = `${now - Number(at) < maxIdleMs ? id : createId()} ${now}`
    try {
      storage[key] = known
    } catch {
      // Full or forbidden by now: it is known until the page ends.
    }
    return known.split(' ', 1)[0]!
  }
}
