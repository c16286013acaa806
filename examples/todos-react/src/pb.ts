import PocketBase, { ClientResponseError } from 'pocketbase'
import type { RecordService } from 'pocketbase'

import type { Create, TodosResponse, Update, UsersResponse } from './pocketbase-types.ts'

export type Todo = TodosResponse
export type NewTodo = Create<'todos'>
export type TodoChanges = Update<'todos'>

interface TypedPocketBase extends PocketBase {
  collection(idOrName: string): RecordService
  collection(idOrName: 'users'): RecordService<UsersResponse>
  collection(idOrName: 'todos'): RecordService<Todo>
}

/** The server is the one that serves the page. */
export const pb = new PocketBase(location.origin) as TypedPocketBase

/** What to tell somebody of an error; nothing where a newer request has taken the place of this one. */
export function describe(error: unknown): string {
  if (!(error instanceof ClientResponseError)) return String(error)
  if (error.isAbort) return ''
  if (error.status === 0) return 'The server does not answer.'
  const fields = Object.entries<{ message: string }>(error.response['data'] ?? {})
  const sentences = fields.map(([name, { message }]) => `${name}: ${message}`)
  return [error.message, ...sentences].join(' ')
}
