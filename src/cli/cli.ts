import { PocketBase, MemoryAuthStore, isClientResponseError } from '../index.ts'
import { nodeFetch } from '../node/index.ts'
import { askFor, askForSecret, askWhether } from './ask.ts'
import { ProgramError, exitCodes, failureOf } from './exit.ts'
import type { Failure } from './exit.ts'
import { readSettings, shownURL } from './settings.ts'
import type { Settings } from './settings.ts'
import type { Table } from './table.ts'
import type { Terminal } from './terminal.ts'
import { harmless, harmlessJSON } from './text.ts'

/** The options that every command has. */
export interface GlobalOptions {
  url?: string
  settings?: string
  json?: boolean
  color?: boolean
}

/** What a command shows: tables, and lines of text for people alone. */
export type View = readonly (Table | string)[]

/** What commands work with: the options, the terminal, the server. */
export class Cli {
  readonly terminal: Terminal
  options: GlobalOptions = {}
  #client: PocketBase | undefined
  readonly #fetch = nodeFetch()
  readonly #interrupted = new AbortController()

  constructor(terminal: Terminal) {
    this.terminal = terminal
  }

  /** Aborted by Ctrl-C where a command has asked for {@link interruptible}, and when nobody reads any more. */
  get signal(): AbortSignal {
    return AbortSignal.any([this.#interrupted.signal, this.terminal.readerGone])
  }

  /** Ctrl-C ends what waits, instead of the program. */
  interruptible(): AbortSignal {
    for (const name of ['SIGINT', 'SIGTERM'] as const) {
      process.once(name, () => this.#interrupted.abort())
    }
    return this.signal
  }

  settings(): Settings {
    return readSettings(this.options.url, this.terminal.env, this.options.settings)
  }

  /** A client, signed in as superuser. Asks for what the settings lack where there is somebody to ask. */
  async connect(): Promise<PocketBase> {
    if (this.#client) return this.#client
    const { url, token, email, password } = this.settings()
    if (url === undefined) {
      throw new ProgramError('usage', 'Which server? No URL is given.', 'Set --url or PB_URL.')
    }
    if (!URL.canParse(url) || !/^https?:/i.test(url)) {
      throw new ProgramError(
        'usage',
        'The URL of the server has to begin with http:// or https://.',
      )
    }
    const pb = new PocketBase(url, {
      authStore: new MemoryAuthStore(),
      autoCancellation: false,
      fetch: this.#fetch,
    })
    if (token === undefined) await this.#signIn(pb, { url, email, password })
    else pb.authStore.save(token)
    this.#client = pb
    return pb
  }

  /** Asks whether to go on, unless `--yes` says so. */
  async confirm(question: string, isSure: boolean | undefined): Promise<void> {
    if (isSure) return
    if (!this.terminal.canAsk) {
      throw new ProgramError('usage', 'There is nobody to ask.', 'Add --yes to go on unasked.')
    }
    if (await askWhether(this.terminal, question)) return
    throw new ProgramError('interrupted', 'Nothing was done.')
  }

  /** Prints a result: as JSON where that is asked for, drawn for people, as tab-separated lines for programs. */
  show(data: unknown, view: () => View): void {
    this.terminal.print(this.render(data, view))
  }

  /** What {@link show} prints. */
  render(data: unknown, view: () => View): string {
    if (this.options.json) return harmlessJSON(data, 2)
    if (this.terminal.isLookedAt) {
      return view()
        .map((part) => (typeof part === 'string' ? part : part.aligned(this.terminal)))
        .join('\n\n')
    }
    return view()
      .flatMap((part) => (typeof part === 'string' ? [] : [part.separatedByTabs()]))
      .join('\n\n')
  }

  /** Says what has been done: a sentence, or with `--json` what it was done to. */
  done(data: unknown, sentences: string): void {
    this.terminal.print(this.options.json ? harmlessJSON(data, 2) : sentences)
  }

  /** Tells a failure on standard error. */
  tell({ outcome, message, hint }: Failure): void {
    const { terminal } = this
    if (this.options.json) {
      const error = { outcome, exitCode: exitCodes[outcome], message, hint: hint || undefined }
      terminal.note(harmlessJSON({ error }))
      return
    }
    terminal.note(`${terminal.style('red', 'pbts:', terminal.stderr)} ${harmless(message)}`)
    if (hint) terminal.note(`      ${harmless(hint)}`)
  }

  /** Lets go of the server. */
  close(): void {
    void this.#client?.close()
    this.#fetch.close()
  }

  async #signIn(pb: PocketBase, { url, ...given }: Settings & { url: string }): Promise<void> {
    const { terminal } = this
    if (!terminal.canAsk && (given.email === undefined || given.password === undefined)) {
      throw new ProgramError(
        'refused',
        'Nobody is signed in.',
        'Set PB_TOKEN, or PB_SUPERUSER_EMAIL and PB_SUPERUSER_PASSWORD, in the environment or in .env.',
      )
    }
    const email =
      given.email ?? (await askFor(terminal, `E-mail of a superuser of ${shownURL(url)}`))
    const password = given.password ?? (await askForSecret(terminal, 'Password'))
    try {
      await pb.collection('_superusers').authWithPassword(email, password)
    } catch (error) {
      throw signInError(error)
    }
  }
}

/** A wrong password is a 400 for the server. */
function signInError(error: unknown): unknown {
  if (!isClientResponseError(error)) return error
  if (error.status === 401) {
    const hint = 'Set PB_TOKEN to a token of a superuser.'
    return new ProgramError('refused', 'This superuser needs a second factor.', hint)
  }
  const { message } = failureOf(error)
  return error.status === 400 ? new ProgramError('refused', message) : error
}
