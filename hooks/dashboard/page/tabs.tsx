/** The ARIA pattern: one tab stop, arrows and Home and End move between the tabs. */
export function Tabs<T extends string>({
  labels,
  selected,
  onSelect,
}: {
  labels: Readonly<Record<T, string>>
  selected: T
  onSelect: (name: T) => void
}) {
  const names = Object.keys(labels) as T[]
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = nextIndex(event.key, names.indexOf(selected), names.length)
    const name = next === undefined ? undefined : names[next]
    if (name === undefined) return
    event.preventDefault()
    onSelect(name)
    document.getElementById(`tab-${name}`)?.focus()
  }
  return (
    <nav aria-label="Sections">
      <div class="tabs" role="tablist" aria-label="Sections" onKeyDown={onKeyDown}>
        {names.map((name) => (
          <button
            key={name}
            id={`tab-${name}`}
            type="button"
            role="tab"
            aria-selected={name === selected}
            aria-controls="panel"
            tabIndex={name === selected ? 0 : -1}
            onClick={() => onSelect(name)}
          >
            {labels[name]}
          </button>
        ))}
      </div>
    </nav>
  )
}

function nextIndex(key: string, index: number, count: number): number | undefined {
  switch (key) {
    case 'ArrowRight':
      return (index + 1) % count
    case 'ArrowLeft':
      return (index + count - 1) % count
    case 'Home':
      return 0
    case 'End':
      return count - 1
    default:
      return undefined
  }
}
