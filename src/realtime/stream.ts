import type { PocketBase } from '../client.ts'
import { DecodeError, NetworkError } from '../core/errors.ts'
import { reads } from '../core/options.ts'
import { createSSEParser } from './sse-parser.ts'
import type { SSEMessage } from './sse-parser.ts'

/** What realtime needs of an `EventSource`. */
export interface EventSourceLike {
  /** Hears the events of one name, with `data`; `error` when the stream is lost. */
  addEventListener(type: string, listener: (event: any) => void): void
  /** Ends the stream. */
  close(): void
}

/**
 * Opens the stream of the server's events and reads it until it ends.
 *
 * `GET /api/realtime`
 *
 * @returns when the server has ended it. Rejects when it could not be opened or was cut, and when `signal` ends it.
 */
export async function readEvents(
  client: PocketBase<any>,
  requestKey: string | null,
  signal: AbortSignal,
  onMessage: (message: SSEMessage) => void,
): Promise<void> {
  const path = '/api/realtime'
  await client.send(path, {
    method: 'GET',
    headers: { Accept: 'text/event-stream' },
    cache: 'no-store',
    requestKey,
    retry: 0,
    timeout: 0,
    signal,
    [reads]: async (response: Response) => {
      const { status, headers } = response
      const type = headers?.get?.('content-type') ?? 'text/event-stream'
      if (!/event-stream/.test(type)) {
        const message = `Expected a stream of events, got ${type}.`
        throw new DecodeError({ method: 'GET', path, url: response.url, status, headers, message })
      }
      const reader = response.body?.getReader?.()
      if (!reader) {
        const message = 'The answer cannot be read as a stream.'
        const hint = 'Pass another fetch, or the option realtime: { EventSource }.'
        throw new NetworkError({ method: 'GET', path, url: response.url, message, hint })
      }
      const feed = createSSEParser(onMessage)
      const decoder = new TextDecoder()
      try {
        for (;;) {
          const { done, value } = await reader.read()
          if (done) return
          feed(decoder.decode(value, { stream: true }))
        }
      } finally {
        reader.cancel().catch(() => {})
      }
    },
  })
}

/** The same through an injected `EventSource`; `topics` says which events it may send. */
export function readEventSource(
  source: EventSourceLike,
  signal: AbortSignal,
  onMessage: (message: SSEMessage) => void,
): { done: Promise<void>; listenTo: (event: string) => void } {
  const known = new Set<string>()
  const listenTo = (event: string): void => {
    if (known.has(event)) return
    known.add(event)
    source.addEventListener(event, ({ data = '' }) => onMessage({ event, data }))
  }
  const done = new Promise<void>((resolve) => {
    // It would connect again by itself, to a server that knows nothing of the subscriptions.
    source.addEventListener('error', () => resolve())
    signal.addEventListener('abort', () => resolve())
  }).finally(() => source.close())
  return { done, listenTo }
}
