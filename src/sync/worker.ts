/**
 * The thread that sends requests for the blocking client. It knows nothing but requests and answers: hooks, stores and everything else
 * run in the thread of the caller. It is built into one text, which the client starts it from.
 */
import { workerData } from 'node:worker_threads'

import { nodeFetch } from '../node/fetch.ts'
import type { Answer, Question, WireError, WireRequest, WorkerData } from './protocol.ts'

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
  try {
    const response = await fetch(request.url, { ...request.init, ...bodyOf(request), signal })
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
  controllers.delete(id)
}

function bodyOf({ form }: WireRequest): { body?: FormData } {
  if (!form) return {}
  const body = new FormData()
  for (const [name, value, filename] of form) {
    if (typeof value === 'string') body.append(name, value)
    else body.append(name, value, filename)
  }
  return { body }
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
