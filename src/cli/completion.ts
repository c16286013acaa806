import type { Command, Option } from 'commander'

export const shells = ['bash', 'zsh', 'fish'] as const

export type Shell = (typeof shells)[number]

/** What can follow a command. */
interface Place {
  /** The words of the command after `pbts`: `analytics pages`. */
  readonly path: string
  readonly commands: readonly Command[]
  readonly options: readonly Option[]
  /** Values of its first argument. */
  readonly values: readonly string[]
}

/** A script that completes the program's commands and options in a shell. It runs nothing while somebody types. */
export function completionScript(program: Command, shell: Shell): string {
  const places = placesOf(program, [])
  return { bash, zsh, fish }[shell](places)
}

function placesOf(command: Command, path: readonly string[]): Place[] {
  const help = command.createHelp()
  const commands = help.visibleCommands(command)
  const values = command.registeredArguments[0]?.argChoices ?? []
  const options = [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)]
  const byDefault = defaultOf(command)
  if (byDefault) options.unshift(...help.visibleOptions(byDefault))
  return [
    { path: path.join(' '), commands, options, values },
    // `help` is a command without a place of its own.
    ...command.commands.flatMap((child) => placesOf(child, [...path, child.name()])),
  ]
}

/** The command that runs where none is named: its options can stand there too. */
function defaultOf(command: Command): Command | undefined {
  const { _defaultCommandName: name } = command as { _defaultCommandName?: string | null }
  return command.commands.find((child) => child.name() === name)
}

function namesOf({ short, long }: Option): string[] {
  return [short, long].filter((name): name is string => name !== undefined)
}

function wordsOf({ commands, options, values }: Place): string[] {
  return [...commands.map((child) => child.name()), ...values, ...options.flatMap(namesOf)]
}

/** Patterns of a place and an option that takes a value, as in `analytics pages --range`, with commands that complete it. */
function valueCases(
  places: readonly Place[],
  complete: (values: readonly string[]) => string,
): string {
  const patterns = new Map<string, string[]>()
  for (const { path, options } of places) {
    for (const option of options.filter(({ required, optional }) => required || optional)) {
      const command = complete(option.argChoices ?? [])
      const words = namesOf(option).map((name) => `'${path} ${name}'`)
      patterns.set(command, [...(patterns.get(command) ?? []), ...words])
    }
  }
  return [...patterns]
    .map(([command, words]) => `    ${words.join('|')}) ${command}; return ;;`)
    .join('\n')
}

function isKnown(places: readonly Place[]): string {
  return places
    .filter(({ path }) => path !== '')
    .map(({ path }) => `'${path}'`)
    .join('|')
}

function bash(places: readonly Place[]): string {
  return `# Completion of pbts in bash.
_pbts() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} path='' i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${path:+$path }\${COMP_WORDS[i]}" in
      ${isKnown(places)}) path="\${path:+$path }\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$path $before" in
${valueCases(places, bashValues)}
  esac
  case $path in
${places.map((place) => `    '${place.path}') COMPREPLY=($(compgen -W '${wordsOf(place).join(' ')}' -- "$word")) ;;`).join('\n')}
  esac
}
complete -o default -F _pbts pbts
`
}

function bashValues(values: readonly string[]): string {
  const words = values.length > 0 ? `-W '${values.join(' ')}'` : '-o default'
  return `COMPREPLY=($(compgen ${words} -- "$word"))`
}

function zsh(places: readonly Place[]): string {
  const described = ({ commands, options, values }: Place): string =>
    [
      ...commands.map((child) => [child.name(), child.summary() || child.description()]),
      ...values.map((value) => [value, '']),
      ...options.flatMap((option) => namesOf(option).map((name) => [name, option.description])),
    ]
      .map(([name, text]) =>
        quoted(text === '' ? name! : `${name}:${text!.replaceAll(':', '\\:')}`),
      )
      .join(' ')
  return `#compdef pbts
# Completion of pbts in zsh.
_pbts() {
  local place='' i
  local -a words_here
  for ((i = 2; i < CURRENT; i++)); do
    case "\${place:+$place }$words[i]" in
      ${isKnown(places)}) place="\${place:+$place }$words[i]" ;;
    esac
  done
  case "$place $words[CURRENT-1]" in
${valueCases(places, zshValues)}
  esac
  case $place in
${places.map((place) => `    '${place.path}') words_here=(${described(place)}) ;;`).join('\n')}
  esac
  _describe pbts words_here || _files
}
if [ "$funcstack[1]" = _pbts ]; then _pbts "$@"; else compdef _pbts pbts; fi
`
}

function zshValues(values: readonly string[]): string {
  return values.length > 0 ? `compadd -- ${values.join(' ')}` : '_files'
}

function fish(places: readonly Place[]): string {
  const lines = places.flatMap(({ path, commands, options, values }) => {
    const here = `complete -c pbts -n ${quoted(`test "$(__pbts_place)" = "${path}"`)}`
    return [
      ...commands.map(
        (child) =>
          `${here} -a ${child.name()} -d ${quoted(child.summary() || child.description())}`,
      ),
      ...values.map((value) => `${here} -a ${value}`),
      ...options.map((option) => {
        const short = option.short ? ` -s ${option.short.slice(1)}` : ''
        const long = option.long ? ` -l ${option.long.slice(2)}` : ''
        const value =
          option.argChoices && option.argChoices.length > 0
            ? ` -xa ${quoted(option.argChoices.join(' '))}`
            : option.required
              ? ' -r'
              : ''
        return `${here}${short}${long}${value} -d ${quoted(option.description)}`
      }),
    ]
  })
  const known = places
    .filter(({ path }) => path !== '')
    .map(({ path }) => `"${path}"`)
    .join(' ')
  return `# Completion of pbts in fish.
function __pbts_place
  set -l place
  for word in (commandline -opc)[2..-1]
    if contains -- (string join -- ' ' $place $word) ${known}
      set place $place $word
    end
  end
  string join -- ' ' $place
end
${lines.join('\n')}
`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
