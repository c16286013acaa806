import type { ProgressListener } from '../core/progress.ts'

/** On a request: who wants to know how far its body is. */
export const progressKey = Symbol.for('pocketbase-typescript.progress')

/** On a request: what ends its call. */
export const failKey = Symbol.for('pocketbase-typescript.fail')

/** Takes the place of the client's function of this name: bodies become streams in the worker, which reads files by itself. */
export async function streamBody(
  init: object,
  onProgress: ProgressListener | undefined,
  fail: (error: Error) => void,
): Promise<undefined> {
  Object.assign(init, { [progressKey]: onProgress, [failKey]: fail })
}
