import { Argument } from 'commander'
import type { Command } from 'commander'

import type { Cli } from '../cli.ts'
import { completionScript, shells } from '../completion.ts'
import type { Shell } from '../completion.ts'

export function register(program: Command, cli: Cli): void {
  program
    .command('completion')
    .summary('print a script that completes commands and options')
    .description(
      'Prints a script that has a shell complete commands, options and their values by the tabulator key.',
    )
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .addHelpText(
      'after',
      `
For this shell alone:   source <(pbts completion bash)
For good, bash:         pbts completion bash > ~/.local/share/bash-completion/completions/pbts
          zsh:          pbts completion zsh > "\${fpath[1]}/_pbts"
          fish:         pbts completion fish > ~/.config/fish/completions/pbts.fish`,
    )
    .action((shell: Shell) => cli.terminal.print(completionScript(program, shell)))
}
