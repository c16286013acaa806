import type * as WorkerThreads from 'node:worker_threads'

import type { Progress } from '../core/progress.ts'
import type { OpenedFile } from '../node/opened-file.ts'

/** What the worker is asked for: to send a request, or to give it up. */
export interface Question {
  readonly id: number
  /** Missing: give it up. */
  readonly request?: WireRequest | undefined
}

/** A request, as far as it can cross to another thread. */
export interface WireRequest {
  readonly url: string
  readonly init: { readonly [name: string]: unknown }
  /** Form data by its entries: it cannot cross itself. */
  readonly form?: readonly FormEntry[] | undefined
  /** Whether to tell how far the body is. */
  readonly hasProgress: boolean
}

/** Name, value, and a file's name. */
export type FormEntry = readonly [
  name: string,
  value: string | Blob | WireFile,
  filename?: string | undefined,
]

/** A file that the worker reads from disk. */
interface WireFile {
  readonly file: OpenedFile
  readonly type: string
  readonly size: number | undefined
}

/** What the worker tells of a request. Members come in this order, together or apart. */
export interface Answer {
  readonly id: number
  /** How far the body is. */
  readonly sent?: Progress | undefined
  readonly head?: AnswerHead | undefined
  readonly chunk?: Uint8Array | undefined
  readonly isDone?: boolean | undefined
  readonly error?: WireError | undefined
}

/** Status line and headers. */
interface AnswerHead {
  readonly status: number
  readonly statusText: string
  readonly url: string
  readonly redirected: boolean
  readonly headers: [name: string, value: string][]
}

/** An error, with what structured clones leave out. */
export interface WireError {
  readonly name: string
  readonly message: string
  readonly code?: string | undefined
  readonly cause?: WireError | undefined
  readonly errors?: readonly WireError[] | undefined
}

/** What the worker is started with. */
export interface WorkerData {
  readonly port: WorkerThreads.MessagePort
  /** One number, which grows with each answer. */
  readonly count: SharedArrayBuffer
}
