import type { ClientResponseError } from './errors.ts'
import { needsSyntax, render } from './filter.ts'
import type { FilterText, Part } from './filter.ts'
import type { Syntax } from './literal.ts'
import { expects } from './options.ts'
import type { FetchFunction, SendOptions } from './options.ts'

/** A server, and how it reads filters. */
export interface Server {
  readonly baseURL: string
  /** By the option `serverVersion`. */
  readonly told?: Syntax | undefined
  /** By its last answer. */
  seen?: Syntax | undefined
  asked?: Promise<Syntax | undefined> | undefined
  askedBy?: FetchFunction | undefined
}

/** Writes filters as the server at hand reads them. */
export class FilterWriter {
  readonly #host: { readonly baseURL: string }
  readonly #send: (path: string, options: SendOptions) => Promise<unknown>
  #server: Server

  constructor(
    host: { readonly baseURL: string },
    version: string | undefined,
    send: (path: string, options: SendOptions) => Promise<unknown>,
  ) {
    this.#host = host
    this.#send = send
    this.#server = { baseURL: host.baseURL, told: syntaxOf(version) }
  }

  /** A filter's text, without asking the server. */
  write(parts: readonly Part[]): string {
    const { told, seen } = this.now()
    try {
      return render(parts, told)
    } catch (error) {
      if (seen) return render(parts, seen)
      throw error
    }
  }

  /** A filter's text as the server reads it; may ask the server. */
  async text({ parts }: FilterText): Promise<string> {
    return this.textFor(this.now(), parts, undefined)
  }

  /** The server at the base URL of this moment. */
  now(): Server {
    const { baseURL } = this.#host
    if (baseURL !== this.#server.baseURL) this.#server = { baseURL }
    return this.#server
  }

  /** A filter's text. What is not right on every version is asked for each time: the server may have been replaced. */
  async textFor(
    server: Server,
    parts: readonly Part[],
    own: FetchFunction | undefined,
  ): Promise<string> {
    try {
      return render(parts, server.told)
    } catch (error) {
      if (server.told || !needsSyntax(parts)) throw error
      const syntax = await this.#ask(server, own)
      // Another server was asked, if the base URL has changed meanwhile.
      return render(parts, server === this.now() ? syntax : undefined)
    }
  }

  /**
   * Servers do not tell their version. But they refuse a text that they read as left open, on a collection that every
   * install has and no guest sees rows of. Any other answer than yes or no tells nothing.
   */
  #ask(server: Server, own: FetchFunction | undefined): Promise<Syntax | undefined> {
    // Calls at once share a question, but not with one whose `fetch` may lead elsewhere.
    if (own === server.askedBy && server.asked) return server.asked
    server.askedBy = own
    return (server.asked = this.#send('/api/collections/_authOrigins/records', {
      query: { perPage: 1, skipTotal: 1, filter: '"\\\\"="\\\\"' },
      requestKey: null,
      fetch: own,
      [expects]: 'list',
    })
      .then(
        (): Syntax => 'new',
        (error: unknown) => {
          const { status, response } = error as ClientResponseError
          if (!status) throw error
          // PocketBase's own errors have `data`.
          return status === 400 && response['data'] ? 'old' : undefined
        },
      )
      .finally(() => {
        server.asked = undefined
      }))
  }

  /** Learns from an answer. Since 0.40 answers have this header and no final newline. A proxy may add the header to an older server's
   * answers: then the newline is there. What answers elsewhere may be another program. */
  learn(server: Server, { headers }: Response, text: string): void {
    const policy = headers?.get?.('cross-origin-opener-policy')
    server.seen = policy === 'same-origin' && text.endsWith('}') ? 'new' : undefined
  }
}

function syntaxOf(version = ''): Syntax | undefined {
  const [, number] = /^v?(\d+\.\d+\.\d+)/.exec(version) ?? []
  if (!number) return undefined
  return number.localeCompare('0.39.9', 'en', { numeric: true }) < 0 ? 'old' : 'new'
}
