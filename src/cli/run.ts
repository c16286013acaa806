import { Cli } from './cli.ts'
import { exitCodes, failureOf } from './exit.ts'
import { createProgram } from './program.ts'
import { Terminal } from './terminal.ts'
import type { Surroundings } from './terminal.ts'

/** Runs the program. Resolves with its exit code; failures are told on standard error. */
export async function run(args: readonly string[], around: Surroundings): Promise<number> {
  const terminal = new Terminal(around)
  const cli = new Cli(terminal)
  try {
    await createProgram(cli).parseAsync(args, { from: 'user' })
    return exitCodes.done
  } catch (error) {
    if (terminal.readerGone.aborted) return exitCodes.done
    // What is wrong with the options may be all that is known of them.
    if (args.includes('--json')) cli.options.json = true
    const failure = failureOf(error)
    if (failure.message !== '') cli.tell(failure)
    return exitCodes[failure.outcome]
  } finally {
    cli.close()
  }
}
