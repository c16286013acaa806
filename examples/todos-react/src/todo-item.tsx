import { pb } from './pb.ts'
import type { Todo, TodoChanges } from './pb.ts'

interface Props {
  todo: Todo
  onChange: (id: string, changes: TodoChanges) => Promise<void>
  onRemove: (id: string) => Promise<void>
}

export function TodoItem({ todo, onChange, onRemove }: Props) {
  return (
    <li>
      <label>
        <input
          type="checkbox"
          checked={todo.done}
          onChange={() => void onChange(todo.id, { done: !todo.done })}
        />
        <span className="text">{todo.text}</span>
      </label>
      {todo.attachment && (
        <a href={pb.files.getURL(todo, todo.attachment)} target="_blank" rel="noreferrer">
          {todo.attachment}
        </a>
      )}
      <button className="remove" onClick={() => void onRemove(todo.id)}>
        Remove
      </button>
    </li>
  )
}
