import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'

import getPort from 'get-port'

/** Takes rows as ClickHouse's HTTP interface does, and keeps them for it. */
export interface Sink extends AsyncDisposable {
  readonly url: string
  /** What it does with requests from now on. */
  mode: SinkMode
  /** What it has taken, in its order. */
  readonly taken: readonly Insert[]
  /** All requests, those too that it has not taken. */
  readonly requests: number
  /** The most requests that were open at the same time. */
  mostAtOnce: number
  /** Of the last request. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Ends `hold`: takes what is held. */
  release(): void
  /** Refuses connections, as a server that does not run. */
  stop(): Promise<void>
  start(): Promise<void>
}

/**
 * - `take`: all is well;
 * - `lose-answer`: takes the rows and cuts the connection;
 * - `refuse`: 403, with all headers it was sent in the answer;
 * - `hold`: does nothing until `release`;
 * - `refuse-some`: 400 for rows with `poison` in them;
 * - a number: 413 for more rows than that.
 */
type SinkMode = 'take' | 'lose-answer' | 'refuse' | 'hold' | 'refuse-some' | number

export interface Insert {
  /** The statement. */
  readonly query: string
  readonly body: string
}

export async function startSink(): Promise<Sink> {
  const port = await getPort({ host: '127.0.0.1' })
  const taken: Insert[] = []
  let open = 0
  let held: (() => void)[] = []

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    sink.requests += 1
    open += 1
    sink.mostAtOnce = Math.max(sink.mostAtOnce, open)
    response.on('close', () => (open -= 1))
    sink.headers = request.headers
    const body = await text(request)
    const query = new URL(request.url!, sink.url).searchParams.get('query') ?? ''
    const { mode } = sink
    if (mode === 'refuse') {
      response.writeHead(403).end(JSON.stringify(request.headers))
      return
    }
    if (mode === 'refuse-some' && body.includes('poison')) {
      response.writeHead(400).end('Cannot parse')
      return
    }
    if (typeof mode === 'number' && body.split('\n').length > mode) {
      response.writeHead(413).end('Too large')
      return
    }
    if (mode === 'hold') {
      await new Promise<void>((resolve) => {
        held.push(resolve)
      })
    }
    taken.push({ query, body })
    if (mode === 'lose-answer') response.destroy()
    else response.end()
  }
  const listener = (request: IncomingMessage, response: ServerResponse): void =>
    void handle(request, response)
  let server = createServer(listener)
  const sink = {
    url: `http://127.0.0.1:${port}`,
    mode: 'take' as SinkMode,
    taken,
    requests: 0,
    mostAtOnce: 0,
    headers: {} as IncomingMessage['headers'],
    release: () => {
      sink.mode = 'take'
      for (const goOn of held) goOn()
      held = []
    },
    stop: async () => {
      if (!server.listening) return
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
    start: async () => {
      server = createServer(listener).listen(port, '127.0.0.1')
      await once(server, 'listening')
    },
    [Symbol.asyncDispose]: async () => sink.stop(),
  }
  await sink.start()
  return sink
}

/** The rows of inserts. */
export function rowsOf(inserts: readonly Insert[]): Record<string, unknown>[] {
  return inserts.flatMap(({ body }) =>
    body.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>),
  )
}
