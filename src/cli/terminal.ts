import { styleText } from 'node:util'

/** The members of `process` that the program uses. */
export type Surroundings = Pick<NodeJS.Process, 'stdin' | 'stdout' | 'stderr' | 'env'>

/** A style of `styleText`. */
export type Style = Parameters<typeof styleText>[0]

/** Where the program reads and writes: colours and drawings for people at a terminal, plain text for everything else. */
export class Terminal {
  readonly stdin: NodeJS.ReadStream
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
  readonly env: NodeJS.ProcessEnv
  /** Whether somebody looks at what is printed. */
  readonly isLookedAt: boolean
  /** Whether somebody can be asked. */
  readonly canAsk: boolean
  /** Whether `--no-color` was given. */
  isPlain = false
  readonly #readerGone = new AbortController()

  constructor({ stdin, stdout, stderr, env }: Surroundings) {
    this.stdin = stdin
    this.stdout = stdout
    this.stderr = stderr
    this.env = env
    this.isLookedAt = this.stdout.isTTY
    this.canAsk = this.stdin.isTTY && this.stderr.isTTY
    this.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
      this.#readerGone.abort()
    })
  }

  /** Aborted when nobody reads any more (`pbts … | head`), which is no failure. */
  get readerGone(): AbortSignal {
    return this.#readerGone.signal
  }

  /** Columns. Terminals that do not tell have 80. */
  get width(): number {
    return this.stdout.columns || 80
  }

  /** Rows. Terminals that do not tell have 24. */
  get height(): number {
    return this.stdout.rows || 24
  }

  /** Prints to standard output: results, and nothing else. */
  print(text: string): void {
    this.stdout.write(`${text}\n`)
  }

  /** Prints to standard error: what is no result. */
  note(text: string): void {
    this.stderr.write(`${text}\n`)
  }

  /** Colours a text for standard output, or for the stream that is named. */
  style(style: Style, text: string, stream: NodeJS.WriteStream = this.stdout): string {
    return this.#hasColours(stream) ? styleText(style, text, { validateStream: false }) : text
  }

  #hasColours(stream: NodeJS.WriteStream): boolean {
    const { NO_COLOR, FORCE_COLOR } = this.env
    if (this.isPlain || NO_COLOR) return false
    if (FORCE_COLOR) return FORCE_COLOR !== '0'
    return stream.isTTY && stream.hasColors()
  }
}
