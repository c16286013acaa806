import { useEffect, useState } from 'preact/hooks'

import { localStore } from './storage.ts'

const key = 'pbts_dashboard_theme'
const themes = { '': 'System', light: 'Light', dark: 'Dark' }

/** Light or dark, as the system is unless someone has chosen. */
export function ThemeSwitch() {
  const [theme, setTheme] = useState(() => localStore.get(key) ?? '')
  useEffect(() => {
    document.documentElement.dataset['theme'] = theme
    localStore.set(key, theme)
  }, [theme])
  return (
    <label class="inline">
      <span class="visually-hidden">Theme</span>
      <select value={theme} onChange={(event) => setTheme(event.currentTarget.value)}>
        {Object.entries(themes).map(([value, name]) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </select>
    </label>
  )
}
