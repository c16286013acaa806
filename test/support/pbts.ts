import { spawn as spawnProcess } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'

import { spawn as spawnOnTerminal } from '@lydell/node-pty'
import xterm from '@xterm/headless'

/** The built program. */
export const bin: string = join(resolve(import.meta.dirname, '../..'), 'dist/cli/bin.js')

/** How the program was run, besides its arguments. */
export interface RunOptions {
  /** Default: nothing that the program reads, and no colours forced. */
  readonly env?: Record<string, string>
  /** Default: the system's temporary folder, which has no `.env`. */
  readonly cwd?: string
  /** What comes in from another program. */
  readonly input?: string
  /** Arguments for Node itself. */
  readonly nodeArgs?: readonly string[]
}

/** What came of a run. */
export interface Result {
  readonly stdout: string
  readonly stderr: string
  /** Or the signal that ended it. */
  readonly exitCode: number | string
}

/** Runs the program as another program would: with pipes. */
export async function pbts(args: readonly string[], options: RunOptions = {}): Promise<Result> {
  const { nodeArgs = [], input = '' } = options
  const child = spawnProcess(process.execPath, [...nodeArgs, bin, ...args], surroundings(options))
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (data: Buffer) => {
    stdout += data.toString()
  })
  child.stderr.on('data', (data: Buffer) => {
    stderr += data.toString()
  })
  child.stdin.end(input)
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  return { stdout, stderr, exitCode: code ?? signal ?? '' }
}

/** A run on a terminal. */
export interface TerminalRun {
  /** All that the program wrote. */
  readonly written: () => string
  /** What a person sees: the lines of the screen and above it, without blanks at their ends. */
  readonly lines: () => Promise<string[]>
  /** Whether a line was too long for the terminal, at any time of this screen. */
  readonly wrapped: () => Promise<boolean>
  /** Resolves when what a person sees has this in it. */
  readonly sees: (text: string | RegExp) => Promise<void>
  readonly type: (text: string) => void
  readonly resize: (columns: number, rows: number) => void
  readonly ended: Promise<number>
}

/** Runs the program as a person would: on a terminal. */
export function pbtsOnTerminal(
  args: readonly string[],
  { columns = 80, rows = 40, ...options }: RunOptions & { columns?: number; rows?: number } = {},
): TerminalRun {
  const { cwd, env } = surroundings(options)
  const child = spawnOnTerminal(process.execPath, [bin, ...args], {
    cols: columns,
    rows,
    cwd,
    env: { ...env, TERM: 'xterm-256color' },
  })
  const screen = new xterm.Terminal({
    cols: columns,
    rows,
    scrollback: 1000,
    allowProposedApi: true,
  })
  let written = ''
  child.onData((data) => {
    written += data
    screen.write(data)
  })
  const ended = new Promise<number>((done) => {
    child.onExit(({ exitCode }) => done(exitCode))
  })
  const settled = async (): Promise<void> =>
    new Promise((done) => {
      screen.write('', done)
    })
  const rowsOfScreen = async (): Promise<{ text: string; isWrapped: boolean }[]> => {
    await settled()
    const { active } = screen.buffer
    return Array.from({ length: active.length }, (_, index) => {
      const line = active.getLine(index)
      return { text: line?.translateToString(true) ?? '', isWrapped: line?.isWrapped ?? false }
    })
  }
  const lines = async (): Promise<string[]> => (await rowsOfScreen()).map(({ text }) => text)
  return {
    written: () => written,
    lines,
    wrapped: async () => (await rowsOfScreen()).some(({ isWrapped }) => isWrapped),
    sees: async (text) => {
      const endsAt = Date.now() + 15_000
      for (;;) {
        const seen = (await lines()).join('\n')
        if (typeof text === 'string' ? seen.includes(text) : text.test(seen)) return
        if (Date.now() > endsAt)
          throw new Error(`Not seen: ${text.toString()}, but:\n${seen.trim()}`)
        await new Promise((done) => {
          setTimeout(done, 20)
        })
      }
    },
    type: (text) => child.write(text),
    resize: (cols, newRows) => {
      screen.resize(cols, newRows)
      child.resize(cols, newRows)
    },
    ended,
  }
}

function surroundings({ env, cwd }: RunOptions): { env: Record<string, string>; cwd: string } {
  const own = Object.entries(process.env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !/^(PB_|NO_COLOR$|FORCE_COLOR$|CI$|COLUMNS$|LINES$)/.test(entry[0]),
  )
  return { env: { ...Object.fromEntries(own), ...env }, cwd: cwd ?? '/tmp' }
}
