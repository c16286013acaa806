import { useCallback, useEffect, useState } from 'preact/hooks'

import { isClientResponseError } from '../../../src/index.ts'

/** What is known of an answer. While another one is awaited, the old one stays. */
export interface Query<T> {
  readonly data?: T | undefined
  readonly error?: unknown
  readonly isLoading: boolean
  /** When `data` came. */
  readonly at?: Date | undefined
  /** Asks again. */
  readonly reload: () => void
}

/** Asks a server, again whenever one of the inputs changes: texts and numbers that say what is asked for. */
export function useQuery<T>(
  load: (signal: AbortSignal) => Promise<T>,
  inputs: readonly (string | number | undefined)[],
): Query<T> {
  const [state, setState] = useState<Omit<Query<T>, 'reload'>>({ isLoading: true })
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    const controller = new AbortController()
    const { signal } = controller
    setState(({ data, at }) => ({ data, at, isLoading: true }))
    load(signal).then(
      (data) => {
        if (!signal.aborted) setState({ data, at: new Date(), isLoading: false })
      },
      (error: unknown) => {
        if (!signal.aborted) setState({ error, isLoading: false })
      },
    )
    return () => controller.abort()
  }, [...inputs, turn])
  const reload = useCallback(() => setTurn((count) => count + 1), [])
  return { ...state, reload }
}

/** What to tell people of an error. */
export function explain(error: unknown): string {
  if (!isClientResponseError(error)) return String(error)
  switch (error.kind) {
    case 'network':
      return 'The server did not answer. Is it running, and is there a network?'
    case 'timeout':
      return 'The server took too long to answer.'
    default:
      return error.hint ? `${error.message} ${error.hint}` : error.message
  }
}
