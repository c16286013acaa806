import type { ComponentChildren, JSX } from 'preact'
import { useState } from 'preact/hooks'

import { explain } from './query.ts'
import type { Query } from './query.ts'

/** Shows an answer: that it is awaited, why it failed, or what is in it. An old one stays, paler, while a new one is awaited. */
export function Answer<T>({
  query,
  children,
}: {
  query: Query<T>
  children: (data: T) => JSX.Element
}) {
  const { data, error, isLoading, reload } = query
  if (error !== undefined) {
    return (
      <div class="notice error" role="alert">
        <p>{explain(error)}</p>
        <button type="button" onClick={reload}>
          Try again
        </button>
      </div>
    )
  }
  if (data === undefined) {
    return (
      <p class="loading" role="status">
        Loading…
      </p>
    )
  }
  return (
    <div class="answer" aria-busy={isLoading}>
      {children(data)}
    </div>
  )
}

export function Notice({ children }: { children: ComponentChildren }) {
  return <div class="notice">{children}</div>
}

/** What to do where there is nothing to see yet. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="title">{title}</p>
      {children}
    </div>
  )
}

/** Code to copy. */
export function Snippet({ label, code }: { label: string; code: string }) {
  return (
    <figure class="snippet">
      <figcaption>
        {label} <CopyButton text={code} what={label} />
      </figcaption>
      <pre tabIndex={0}>{code}</pre>
    </figure>
  )
}

export function CopyButton({ text, what }: { text: string; what: string }) {
  const [isCopied, setCopied] = useState(false)
  const copy = (): void => {
    // Missing on pages that are not from a secure context: then there is the text to select.
    void navigator.clipboard?.writeText(text).then(() => {
      setCopied(true)
      setTimeout(() => setCopied(false), 2000)
    })
  }
  if (!isSecureContext) return null
  return (
    <button type="button" class="small" aria-label={`Copy: ${what}`} onClick={copy}>
      {isCopied ? 'Copied' : 'Copy'}
    </button>
  )
}
