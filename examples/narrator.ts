import { readFileSync } from 'node:fs'
import { inspect, styleText } from 'node:util'

import { isPocketBaseServerError } from '../src/testing/index.ts'

/** What a narrated program calls. */
export interface Narrator {
  /**
   * Begins a step: prints its title and the lines that follow the call in the program's file, as far as the next empty one. They
   * run once they were printed.
   */
  readonly step: (title: string) => void
  /** Prints what came out of a step. */
  readonly result: (...values: unknown[]) => void
  /** Prints lines between or after the steps. */
  readonly say: (...lines: string[]) => void
}

/**
 * Prints a program while it runs. What is shown as code is read from the program's own file, so it cannot differ from the code that
 * runs. An uncaught error ends the program with exit code 1.
 */
export function narrate(file: string): Narrator {
  const source = readFileSync(file, 'utf8').split('\n')
  let steps = 0
  process.on('uncaughtException', (error) => {
    // A server that cannot be had says what to do about it; a stack would hide that.
    console.error(isPocketBaseServerError(error) ? `\n${error.message}` : error)
    process.exitCode = 1
  })
  print('', ...source.filter((line) => line.includes(`from '../src/`)).map(code))
  return {
    step: (title) => {
      const call = source.indexOf(`step('${title}')`)
      const end = source.indexOf('', call)
      if (call === -1 || end === -1) throw new Error(`${file} has no step '${title}'`)
      steps += 1
      print('', styleText('bold', `${steps}. ${title}`), '')
      print(...source.slice(call + 1, end).map(code))
    },
    result: (...values) => {
      const arrow = styleText('green', '=>')
      print('', ...values.map((value) => `   ${arrow} ${show(value).replaceAll('\n', '\n      ')}`))
    },
    say: (...lines) => {
      print('', ...lines)
    },
  }
}

function code(line: string): string {
  return `   ${styleText('cyan', asUsersWrite(line))}`
}

/** The checkout imports the package's sources; whoever has installed it writes its name. */
function asUsersWrite(line: string): string {
  return line.replace(/'\.\.\/src\/(\w+\/)?index\.ts'/, (_path, folder?: string) =>
    folder ? `'pocketbase-typescript/${folder.slice(0, -1)}'` : `'pocketbase-typescript'`,
  )
}

function show(value: unknown): string {
  if (typeof value === 'string') return value
  return inspect(value, { colors: process.stdout.isTTY && process.stdout.hasColors() })
}

function print(...lines: string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`)
}
