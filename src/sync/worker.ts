/**
 * The thread that sends requests for the blocking client. It knows nothing but requests and answers: hooks, stores and everything else
 * run in the thread of the caller. It is built into one text, which the client starts it from.
 */
import { workerData } from 'node:worker_threads'

import { StreamedForm } from '../core/body.ts'
import type { Part } from '../core/body.ts'
import { streamBody } from '../core/upload.ts'
import { nodeFetch } from '../node/fetch.ts'
import { piecesOf } from '../node/open-file.ts'
import type { Answer, FormEntry, Question, WireError, WireRequest, WorkerData } from './protocol.ts'

const { port, count } = workerData as WorkerData
const answers = new Int32Array(count)
const fetch = nodeFetch()
const controllers = new Map<number, AbortController>()

port.on('message', ({ id, request }: Question) => {
  if (request) void exchange(id, request)
  else controllers.get(id)?.abort()
})

// Who waits for an answer hears of no event that this thread has ended.
process.on('uncaughtException', (error) => {
  for (const id of controllers.keys()) tell({ id, error: wireError(error) })
})

async function exchange(id: number, request: WireRequest): Promise<void> {
  const controller = new AbortController()
  const { signal } = controller
  controllers.set(id, controller)
  let letGo: (() => void) | undefined
  try {
    const init: RequestInit = { ...request.init, signal }
    if (request.form) init.body = formOf(request.form)
    if (request.hasProgress || (init.body as unknown) instanceof StreamedForm) {
      const onProgress = (sent: Answer['sent']): void => tell({ id, sent })
      letGo = await streamBody(init, request.hasProgress ? onProgress : undefined, (error) =>
        controller.abort(error),
      )
    }
    const response = await fetch(request.url, init)
    const { status, statusText, url, redirected, headers } = response
    let head: Answer['head'] = { status, statusText, url, redirected, headers: [...headers] }
    // The first event can be far away.
    if (/event-stream/.test(headers.get('content-type') ?? '')) {
      tell({ id, head })
      head = undefined
    }
    const length = headers.get('content-length')
    const reader = (response as unknown as ReadableStream<Uint8Array>).getReader()
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true }
      // Most answers are one piece.
      const isDone = done || (!!head && String(value?.length) === length)
      // Alone: a piece can be a part of a large buffer.
      const chunk = value?.slice()
      tell({ id, head, chunk, isDone }, chunk ? [chunk.buffer] : [])
      head = undefined
      if (isDone) break
    }
  } catch (error) {
    tell({ id, error: wireError(error) })
  }
  letGo?.()
  controllers.delete(id)
}

function formOf(entries: readonly FormEntry[]): BodyInit {
  const form = new FormData()
  const parts: Part[] = []
  for (const [name, value, fileName = name] of entries) {
    if (typeof value === 'string') form.append(name, value)
    else if (value instanceof Blob) form.append(name, value, fileName)
    if (typeof value === 'string' || value instanceof Blob) parts.push([name, value, fileName])
    else {
      const { file, type, size } = value
      parts.push([name, { type, size, stream: () => piecesOf(file) }, fileName])
    }
  }
  const isWhole = Array.from(form).length === parts.length
  return isWhole ? form : (new StreamedForm(parts) as unknown as BodyInit)
}

function tell(answer: Answer, transfer: ArrayBuffer[] = []): void {
  port.postMessage(answer, transfer)
  Atomics.add(answers, 0, 1)
  Atomics.notify(answers, 0)
}

function wireError(thrown: unknown): WireError {
  const { name = 'Error', message = String(thrown), code, cause, errors } = (thrown ?? {}) as any
  return {
    name,
    message,
    code,
    cause: cause && wireError(cause),
    errors: Array.isArray(errors) ? errors.map(wireError) : undefined,
  }
}
