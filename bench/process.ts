import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { transformSync } from 'esbuild'

import type { Cost, Setup, Work } from './client-process.ts'

/** A client in a process of its own. */
export interface ClientProcess extends AsyncDisposable {
  run(work: Work): Promise<Cost>
}

/**
 * Starts a client process. It gets JavaScript, so that any Node can run it and no compiler is in the process that is
 * measured.
 *
 * @param node - the executable.
 * @param nodeFlags - such as `--expose-gc`.
 */
export async function startClient(
  node: string,
  setup: Setup,
  nodeFlags: readonly string[] = [],
): Promise<ClientProcess> {
  const file = join(import.meta.dirname, 'client-process.ts')
  const { code } = transformSync(readFileSync(file, 'utf8'), { loader: 'ts', format: 'esm' })
  const child = spawn(
    node,
    [...nodeFlags, '--input-type=module', '--eval', code, JSON.stringify(setup)],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  )
  const ended = once(child, 'exit')
  const answer = async (): Promise<unknown> => {
    const message = await Promise.race([once(child, 'message'), ended.then(() => undefined)])
    if (!message)
      throw new Error(`A client process ended early: ${setup.contestant.module ?? 'fetch alone'}`)
    return message[0]
  }

  await answer()
  return {
    run: async (work) => {
      child.send(work)
      return (await answer()) as Cost
    },
    [Symbol.asyncDispose]: async () => {
      child.kill()
      await ended
    },
  }
}
