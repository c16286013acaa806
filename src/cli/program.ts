import { Command } from 'commander'

import type { Cli, GlobalOptions } from './cli.ts'
import { version } from '../hooks/index.ts'
import { commands } from './commands.ts'
import { exitCodes, outcomes } from './exit.ts'
import type { Outcome } from './exit.ts'
import { variables } from './settings.ts'

/** What a file in `commands` exports as `register`: it adds its command. */
export type Register = (program: Command, cli: Cli) => void

/** The whole program, of the files in `commands`. */
export function createProgram(cli: Cli): Command {
  const { terminal } = cli
  const program = new Command('pbts')
    .description('A companion of PocketBase servers, for the command line.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help, or that of a command')
    .helpCommand('help [command]', 'print the help of a command')
    .option('--url <url>', 'the server; default: PB_URL')
    .option('--settings <path>', 'a file with settings; default: .env, where there is one')
    .option('--json', 'print JSON, errors too')
    .option('--no-color', 'print no colours; NO_COLOR=1 does the same')
    .configureHelp({ showGlobalOptions: true, styleTitle: (text) => terminal.style('bold', text) })
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      // They are told as all errors are.
      outputError: () => undefined,
    })
    .exitOverride()
    .hook('preAction', (_, command) => {
      cli.options = command.optsWithGlobals<GlobalOptions>()
      terminal.isPlain = cli.options.color === false
    })
  program.addHelpText('after', () => afterHelp(terminal))
  for (const { register } of commands) register(program, cli)
  return program
}

function afterHelp(terminal: Cli['terminal']): string {
  const codes = Object.entries(exitCodes).map(
    ([outcome, code]) => [String(code), outcomes[outcome as Outcome]] as const,
  )
  return `
${terminal.style('bold', 'Settings:')} environment variables, or lines of a .env file
${list(Object.entries(variables))}
  On a terminal you are asked for what is missing; a password does not appear.

${terminal.style('bold', 'Output:')} tables on a terminal, tab-separated lines below their names in a pipe,
  JSON with --json. Results go to standard output, all else to standard error.

${terminal.style('bold', 'Exit codes:')}
${list(codes)}

${terminal.style('bold', 'Examples:')}
  pbts hooks install ./pb_hooks
  pbts analytics --range 30d
  pbts traces list --slower-than 200 --status error --watch
  pbts analytics pages --json | jq '.pages[0]'`
}

function list(entries: readonly (readonly [string, string])[]): string {
  const columns = Math.max(...entries.map(([name]) => name.length)) + 2
  return entries.map(([name, meaning]) => `  ${name.padEnd(columns)}${meaning}`).join('\n')
}
