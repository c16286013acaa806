import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { transformSync } from 'esbuild'

import type { Cost, Setup, Work } from './client-process.ts'

/** A process of its own, which does some work at a time and says what it took. */
export interface BenchProcess<Task, Result> extends AsyncDisposable {
  run(task: Task): Promise<Result>
}

/** A client in a process of its own. */
export type ClientProcess = BenchProcess<Work, Cost>

/** Starts the process of `client-process.ts`. */
export async function startClient(
  node: string,
  setup: Setup,
  nodeFlags: readonly string[] = [],
): Promise<ClientProcess> {
  return startProcess(node, 'client-process.ts', setup, nodeFlags)
}

/**
 * Starts a process. It gets JavaScript, so that any Node can run it and no compiler is in the process that is measured.
 *
 * @param node - the executable.
 * @param fileName - its program, beside this file.
 * @param setup - what it finds as JSON in its last argument.
 * @param nodeFlags - such as `--expose-gc`.
 */
export async function startProcess<Task extends object, Result>(
  node: string,
  fileName: string,
  setup: object,
  nodeFlags: readonly string[] = [],
): Promise<BenchProcess<Task, Result>> {
  const file = join(import.meta.dirname, fileName)
  const { code } = transformSync(readFileSync(file, 'utf8'), { loader: 'ts', format: 'esm' })
  const child = spawn(
    node,
    [...nodeFlags, '--input-type=module', '--eval', code, JSON.stringify(setup)],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  )
  const ended = once(child, 'exit')
  const answer = async (): Promise<unknown> => {
    const message = await Promise.race([once(child, 'message'), ended.then(() => undefined)])
    if (!message) throw new Error(`A process ended early: ${fileName} ${JSON.stringify(setup)}`)
    return message[0]
  }

  await answer()
  return {
    run: async (task) => {
      child.send(task)
      return (await answer()) as Result
    },
    [Symbol.asyncDispose]: async () => {
      child.kill()
      await ended
    },
  }
}
