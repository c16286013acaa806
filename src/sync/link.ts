import type * as WorkerThreads from 'node:worker_threads'

import type { Answer, Question, WireError, WorkerData } from './protocol.ts'

/** The text of `worker.ts`, put in its place by the build. */
declare const workerCode: string

/** The worker, and the ways to it. */
interface Link {
  readonly port: WorkerThreads.MessagePort
  readonly receive: typeof WorkerThreads.receiveMessageOnPort
  /** How many answers there have been. */
  readonly count: Int32Array<SharedArrayBuffer>
}

/** What is called with the answers to a question. */
export type OnAnswer = (answer: Answer) => void

const waiting = new Map<number, OnAnswer>()
let lastId = 0
/** One for all clients of a thread, from the first request on: it keeps connections, and no state of a client. */
let link: Link | undefined

/**
 * Has the worker send a request.
 *
 * @returns a function that gives it up: nothing is heard of it any more.
 * @throws Error where there are no threads or no shared memory; what structured cloning throws.
 */
export function ask(request: NonNullable<Question['request']>, onAnswer: OnAnswer): () => void {
  link ??= open()
  const id = ++lastId
  link.port.postMessage({ id, request } satisfies Question)
  waiting.set(id, onAnswer)
  return () => {
    if (waiting.delete(id)) link?.port.postMessage({ id } satisfies Question)
  }
}

/** Whether anything is to come from the worker. */
export function hasAnswersToCome(): boolean {
  return waiting.size > 0
}

/** For {@link waitForAnswer}. */
export function seenAnswers(): number {
  return link ? Atomics.load(link.count, 0) : 0
}

/** Stops the thread until the worker has answered once more than `seen` tells. */
export function waitForAnswer(seen: number, limitMs: number): void {
  Atomics.wait((link ??= open()).count, 0, seen, limitMs)
}

/** Handles an answer that is here; false when there is none. */
export function handleAnswer(): boolean {
  const received = link?.receive(link.port)
  if (received) handle(received.message)
  return !!received
}

function handle(answer: Answer): void {
  const { id, isDone, error } = answer
  const onAnswer = waiting.get(id)
  if (isDone || error) waiting.delete(id)
  onAnswer?.(answer)
}

function open(): Link {
  const threads = globalThis.process?.getBuiltinModule?.('node:worker_threads')
  try {
    const { MessageChannel, Worker, receiveMessageOnPort: receive } = threads
    const { port1: port, port2 } = new MessageChannel()
    const shared = new SharedArrayBuffer(4)
    const count = new Int32Array(shared)
    // Pages' main threads may not wait.
    Atomics.wait(count, 0, 1)
    const worker = new Worker(workerCode, {
      eval: true,
      name: 'pocketbase-typescript/sync',
      workerData: { port: port2, count: shared } satisfies WorkerData,
      transferList: [port2],
    })
    worker.unref()
    // Between the calls that block.
    port.on('message', handle)
    port.unref()
    const onEnd = (error?: unknown): void => {
      if (link?.port === port) link = undefined
      const { message = 'The worker has ended.' } = (error ?? {}) as Partial<Error>
      for (const id of waiting.keys()) handle({ id, error: { name: 'Error', message } })
    }
    worker.on('error', onEnd)
    worker.on('exit', () => onEnd())
    return { port, receive, count }
  } catch (error) {
    // oxlint-disable-next-line preserve-caught-error -- errors of requests show the message of the innermost cause
    throw new Error(
      'pocketbase-typescript/sync needs worker threads and shared memory, which Node (from 20.19), Bun and Deno have: use the client of ' +
        `pocketbase-typescript here (${(error as Error).message}).`,
    )
  }
}

/** An error of the worker, as one of this thread. */
export function errorOf({ name, message, code, cause, errors }: WireError): Error {
  const error = new Error(message, cause && { cause: errorOf(cause) })
  Object.assign(error, { name }, code && { code }, errors && { errors: errors.map(errorOf) })
  return error
}
