import { confirm, isCancel, password, text } from '@clack/prompts'

import { ProgramError } from './exit.ts'
import type { Terminal } from './terminal.ts'

/** Asks for a line. */
export async function askFor(terminal: Terminal, message: string): Promise<string> {
  return answered(await text({ message, ...streams(terminal), validate: isGiven }))
}

/** Asks for a secret. Nothing of it appears, not even its length. */
export async function askForSecret(terminal: Terminal, message: string): Promise<string> {
  return answered(
    await password({
      message: `${message} (not shown)`,
      mask: '',
      ...streams(terminal),
      validate: isGiven,
    }),
  )
}

/** Asks whether to go on. */
export async function askWhether(terminal: Terminal, message: string): Promise<boolean> {
  return answered(await confirm({ message, initialValue: false, ...streams(terminal) }))
}

/** Standard output is for results. */
function streams({ stdin, stderr }: Terminal): {
  input: NodeJS.ReadStream
  output: NodeJS.WriteStream
} {
  return { input: stdin, output: stderr }
}

function isGiven(value: string | undefined): string | undefined {
  return value ? undefined : 'It cannot be empty.'
}

function answered<T>(answer: T): Exclude<T, symbol> {
  if (isCancel(answer)) throw new ProgramError('interrupted', 'Nothing was done.')
  return answer as Exclude<T, symbol>
}
