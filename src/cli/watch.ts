import { setTimeout as pause } from 'node:timers/promises'

import { InvalidArgumentError, Option } from 'commander'
import type { Command } from 'commander'

import type { Cli, View } from './cli.ts'
import { failureOf } from './exit.ts'
import { harmlessJSON } from './text.ts'

/** The options of a command that can go on showing. */
export interface WatchOptions {
  watch?: boolean
  interval: number
}

/** Adds `--watch` to a command. */
export function withWatch(command: Command): Command {
  return command
    .option('-w, --watch', 'go on until Ctrl-C, and show it anew')
    .addOption(
      new Option('--interval <seconds>', 'how often --watch asks the server')
        .default(5)
        .argParser(seconds),
    )
}

/**
 * Shows what a command has read, once or again and again: on a terminal in its place, in a pipe one after the other, with `--json` as a
 * line each. While the server cannot be reached watching goes on.
 */
export async function showOrWatch<T>(
  cli: Cli,
  { watch, interval }: WatchOptions,
  read: (signal: AbortSignal) => Promise<T>,
  view: (data: T) => View,
): Promise<void> {
  if (!watch) {
    const data = await read(cli.signal)
    cli.show(data, () => view(data))
    return
  }
  const signal = cli.interruptible()
  const screen = new Screen(cli)
  try {
    while (!signal.aborted) {
      screen.draw(await nextFrame(cli, signal, read, view))
      await pause(interval * 1000, undefined, { signal })
    }
  } catch (error) {
    // Ctrl-C is how watching ends.
    if (!signal.aborted) throw error
  } finally {
    screen.leave()
  }
}

async function nextFrame<T>(
  cli: Cli,
  signal: AbortSignal,
  read: (signal: AbortSignal) => Promise<T>,
  view: (data: T) => View,
): Promise<() => string> {
  try {
    const data = await read(signal)
    if (cli.options.json) return () => harmlessJSON(data)
    return () => cli.render(data, () => view(data))
  } catch (error) {
    const failure = failureOf(error)
    if (failure.outcome !== 'unreachable') throw error
    if (!cli.terminal.isLookedAt) {
      cli.tell(failure)
      return () => ''
    }
    return () => cli.terminal.style('red', `The server does not answer: ${failure.message}`)
  }
}

/** A terminal's second screen: the first one comes back with the last frame. */
class Screen {
  readonly #cli: Cli
  readonly #isTerminal: boolean
  #frame: (() => string) | undefined
  readonly #redraw = (): void => this.#paint()

  constructor(cli: Cli) {
    this.#cli = cli
    this.#isTerminal = cli.terminal.isLookedAt && !cli.options.json
    if (!this.#isTerminal) return
    cli.terminal.stdout.write('\u001B[?1049h\u001B[?25l')
    cli.terminal.stdout.on('resize', this.#redraw)
  }

  draw(frame: () => string): void {
    this.#frame = frame
    if (this.#isTerminal) return this.#paint()
    const text = frame()
    if (text !== '') this.#cli.terminal.print(this.#cli.options.json ? text : `${text}\n`)
  }

  leave(): void {
    if (!this.#isTerminal) return
    const { terminal } = this.#cli
    terminal.stdout.off('resize', this.#redraw)
    terminal.stdout.write('\u001B[?25h\u001B[?1049l')
    if (this.#frame) terminal.print(this.#frame())
  }

  #paint(): void {
    const { terminal } = this.#cli
    const lines = this.#frame?.().split('\n') ?? []
    const status = terminal.style('dim', `${new Date().toLocaleTimeString()} · Ctrl-C ends it`)
    const fitting = [...lines.slice(0, terminal.height - 2), '', status]
    // Line by line over what was there, so that nothing flickers.
    const painted = fitting.map((line) => `${line}\u001B[K`).join('\r\n')
    terminal.stdout.write(`\u001B[H${painted}\u001B[J`)
  }
}

function seconds(text: string): number {
  const value = Number(text)
  if (value >= 0.1 && value <= 86_400) return value
  throw new InvalidArgumentError('It is a number of seconds, from 0.1 to 86400.')
}
