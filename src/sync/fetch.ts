import type { FileSource, Part } from '../core/body.ts'
import type { Progress } from '../core/progress.ts'
import { openedFile } from '../node/opened-file.ts'
import type { OpenedFile } from '../node/opened-file.ts'
import { ask, errorOf } from './link.ts'
import { BlockingPromise } from './promise.ts'
import type { Answer, FormEntry, WireRequest } from './protocol.ts'
import { BlockingResponse, BlockingStream } from './response.ts'
import { failKey, progressKey } from './upload.ts'

/** Besides what `fetch` takes: see `upload.ts`. */
interface Init extends RequestInit {
  readonly [progressKey]?: (progress: Progress) => void
  readonly [failKey]?: (error: Error) => void
}

/** Takes the place of `fetch` in the client's code: the worker sends the request. */
export function fetch(url: string, init: Init = {}): BlockingPromise<BlockingResponse> {
  const { signal, [progressKey]: onProgress } = init
  return new BlockingPromise((resolve, reject) => {
    signal?.throwIfAborted()
    let body: { enqueue(bytes: Uint8Array): void; close(): void; error(error: unknown): void }
    const stream = new BlockingStream({
      start: (controller) => {
        body = controller
      },
      cancel: () => giveUp(),
    })
    const end = (error: unknown): void => {
      giveUp()
      reject(error)
      body.error(error)
    }
    const onAbort = (): void => end(signal!.reason)
    const onAnswer = ({ head, chunk, sent, isDone, error }: Answer): void => {
      try {
        if (sent) onProgress?.(sent)
      } catch (thrown) {
        init[failKey]!(thrown as Error)
      }
      if (head) resolve(new BlockingResponse(stream, head))
      if (chunk) body.enqueue(chunk)
      if (error) end(errorOf(error))
      if (isDone) body.close()
      if (isDone || error) signal?.removeEventListener('abort', onAbort)
    }
    const giveUp = ask(wireRequest(url, init), onAnswer)
    signal?.addEventListener('abort', onAbort)
  })
}

function wireRequest(url: string, { body, headers, ...rest }: Init): WireRequest {
  // Of a form with files that are streams.
  const { parts } = Object(body) as { parts?: readonly Part[] }
  const form = body instanceof FormData ? [...body] : parts
  const plain = Object.entries(rest).filter(([, value]) => Object(value) !== value)
  return {
    url,
    form: form?.map(formEntry),
    hasProgress: rest[progressKey] !== undefined,
    init: {
      ...Object.fromEntries(plain),
      headers: headers instanceof Headers ? [...headers] : headers,
      ...(!form && body != null && { body: body instanceof URLSearchParams ? `${body}` : body }),
    },
  }
}

function formEntry([name, value, given]: Part): FormEntry {
  if (typeof value === 'string') return [name, value]
  // In some runtimes a file is a Blob when it has crossed.
  if (value instanceof Blob) return [name, value, given ?? (value as File).name]
  const { type = '', size } = value
  const { [openedFile]: file } = value as FileSource & { [openedFile]: OpenedFile }
  return [name, { file, type, size }, given ?? value.name]
}
