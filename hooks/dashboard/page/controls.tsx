import type { ComponentChildren } from 'preact'

import { formatClock } from './format.ts'
import type { Query } from './query.ts'

/** One of a few: radio buttons that look like one control. */
export function Choice<T extends string>({
  name,
  label,
  options,
  value,
  onChange,
}: {
  name: string
  label: string
  options: Readonly<Record<T, string>>
  value: T
  onChange: (value: T) => void
}) {
  return (
    <fieldset class="choice">
      <legend class="visually-hidden">{label}</legend>
      {(Object.keys(options) as T[]).map((option) => (
        <label key={option}>
          <input
            type="radio"
            name={name}
            value={option}
            checked={option === value}
            onChange={() => onChange(option)}
          />
          <span>{options[option]}</span>
        </label>
      ))}
    </fieldset>
  )
}

/** Asks again, and says how old the answer is. */
export function Refresh({ query: { at, isLoading, reload } }: { query: Query<unknown> }) {
  return (
    <>
      <button type="button" onClick={reload} disabled={isLoading}>
        Refresh
      </button>
      {at && <span class="muted small-text">as of {formatClock(at)}</span>}
    </>
  )
}

/** How much of a row it takes, where there is room for several. */
export type CardSize = 'whole' | 'two-thirds' | 'third'

/** A part of the page, with a heading and what belongs beside it. */
export function Card({
  title,
  aside,
  size = 'whole',
  children,
}: {
  title: string
  aside?: ComponentChildren
  size?: CardSize
  children: ComponentChildren
}) {
  return (
    <section class={`card ${size}`} aria-label={title}>
      <div class="heading">
        <h2>{title}</h2>
        {aside && <div class="row">{aside}</div>}
      </div>
      {children}
    </section>
  )
}

/** A label above its control. */
export function Field({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <label class="field">
      <span>{label}</span>
      {children}
    </label>
  )
}

/** A list to choose from, with what is chosen at first. */
export function Select({
  name,
  value,
  options,
}: {
  name: string
  value: string
  options: Readonly<Record<string, string>>
}) {
  return (
    <select name={name}>
      {Object.entries(options).map(([option, label]) => (
        <option key={option} value={option} selected={option === value}>
          {label}
        </option>
      ))}
    </select>
  )
}

/** Text from elsewhere: it can be of any length and in any direction, and stays within its place. */
export function Foreign({ text }: { text: string }) {
  return (
    <bdi class="foreign" title={text.length > 60 ? text : undefined}>
      {text}
    </bdi>
  )
}
