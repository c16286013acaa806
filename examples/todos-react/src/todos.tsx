import { useCallback, useEffect, useState } from 'react'
import type { SubmitEvent } from 'react'
import type { ListResult } from 'pocketbase'

import { describe, pb } from './pb.ts'
import type { NewTodo, Todo, TodoChanges } from './pb.ts'
import { TodoItem } from './todo-item.tsx'

const perPage = 5

export function Todos({ owner }: { owner: string }) {
  const [search, setSearch] = useState('')
  const [isOpenOnly, setIsOpenOnly] = useState(false)
  const [sort, setSort] = useState('-created')
  const [page, setPage] = useState(1)
  const [result, setResult] = useState<ListResult<Todo>>()
  const [writes, setWrites] = useState(0)
  const [isLive, setIsLive] = useState(false)
  const [problem, setProblem] = useState('')

  const attempt = useCallback(async (work: () => Promise<void>) => {
    try {
      await work()
      setProblem('')
    } catch (error) {
      setProblem(describe(error))
    }
  }, [])

  useEffect(() => {
    const conditions = [pb.filter('text ~ {:search}', { search })]
    if (isOpenOnly) conditions.push('done = false')
    const options = { filter: conditions.join(' && '), sort }
    void attempt(async () =>
      setResult(await pb.collection('todos').getList(page, perPage, options)),
    )
  }, [attempt, search, isOpenOnly, sort, page, writes])

  // What is on the screen is what the server has, whoever has changed it.
  useEffect(() => {
    const subscribed = pb.collection('todos').subscribe('*', () => setWrites((count) => count + 1))
    void attempt(async () => {
      await subscribed
      setIsLive(true)
    })
    return () => {
      subscribed.then(async (unsubscribe) => unsubscribe()).catch(() => {})
    }
  }, [attempt])

  const add = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    void attempt(async () => {
      const values = new FormData(form)
      const todo: NewTodo = { text: values.get('text') as string, owner }
      const file = values.get('attachment')
      if (file instanceof File && file.size > 0) todo.attachment = file
      await pb.collection('todos').create(todo)
      form.reset()
    })
  }
  const change = (id: string, changes: TodoChanges) =>
    attempt(async () => void (await pb.collection('todos').update(id, changes)))
  const remove = (id: string) => attempt(async () => void (await pb.collection('todos').delete(id)))

  return (
    <section data-live={isLive}>
      <form id="add" onSubmit={add}>
        <input name="text" placeholder="What is to be done?" required />
        <input name="attachment" type="file" />
        <button>Add</button>
      </form>
      <form id="view" onChange={() => setPage(1)}>
        <input
          name="search"
          placeholder="Search"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
        <label>
          <input
            name="open"
            type="checkbox"
            checked={isOpenOnly}
            onChange={(event) => setIsOpenOnly(event.target.checked)}
          />
          Open only
        </label>
        <select name="sort" value={sort} onChange={(event) => setSort(event.target.value)}>
          <option value="-created">Newest first</option>
          <option value="created">Oldest first</option>
          <option value="text">By text</option>
        </select>
      </form>
      {problem && <p role="alert">{problem}</p>}
      <ul id="todos">
        {result?.items.map((todo) => (
          <TodoItem key={todo.id} todo={todo} onChange={change} onRemove={remove} />
        ))}
      </ul>
      <footer>
        <button id="back" disabled={page === 1} onClick={() => setPage(page - 1)}>
          Back
        </button>
        <span id="page">
          {result ? `${result.page} of ${result.totalPages}, ${result.totalItems} in all` : '…'}
        </span>
        <button
          id="next"
          disabled={page >= (result?.totalPages ?? 1)}
          onClick={() => setPage(page + 1)}
        >
          Next
        </button>
      </footer>
    </section>
  )
}
