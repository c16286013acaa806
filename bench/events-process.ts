/** The process whose CPU is measured: one client (or none: `fetch` alone) with one subscription, and nothing else. */

/** What the process is to be, as JSON in its last argument. */
export interface EventsSetup {
  /** URL of the module whose default export is the client; without one it is `fetch` alone. */
  readonly module?: string
  /** URL of a module whose `EventSource` becomes global: the official client needs one on Node. */
  readonly eventSource?: string
  readonly url: string
  readonly collection: string
}

/** So many events that will come. */
export interface EventsWork {
  readonly count: number
}

interface ClientModule {
  default: new (url: string) => {
    collection(name: string): {
      subscribe(
        topic: string,
        callback: (event: { record: { id: string } }) => void,
      ): Promise<unknown>
    }
  }
}

const setup = JSON.parse(process.argv.at(-1)!) as EventsSetup
let received = 0
let expected = 0
let onAll: (() => void) | undefined

process.on('message', ({ count }: EventsWork) => {
  const cpuBefore = process.cpuUsage()
  expected += count
  onAll = () => {
    const { user, system } = process.cpuUsage(cpuBefore)
    process.send!({ cpuUs: user + system })
  }
  receive(0)
})
await (setup.module ? subscribe(setup.module) : read())
process.send!('ready')

function receive(count: number): void {
  received += count
  if (received < expected) return
  onAll?.()
  onAll = undefined
}

async function subscribe(module: string): Promise<void> {
  if (setup.eventSource) {
    const { EventSource } = (await import(setup.eventSource)) as { EventSource: unknown }
    Object.assign(globalThis, { EventSource })
  }
  const { default: PocketBase } = (await import(module)) as ClientModule
  await new PocketBase(setup.url).collection(setup.collection).subscribe('*', ({ record }) => {
    if (typeof record.id !== 'string') throw new Error('An event without a record.')
    receive(1)
  })
}

/** The same stream, without a client: counts empty lines. */
async function read(): Promise<void> {
  const { body } = await fetch(`${setup.url}/api/realtime`)
  const reader = body!.getReader()
  const { value: first } = await reader.read()
  const clientId = /"clientId":"(\w+)"/.exec(Buffer.from(first!).toString())![1]
  const subscriptions = [`${setup.collection}/*`]
  await fetch(`${setup.url}/api/realtime`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ clientId, subscriptions }),
  })
  const count = async (): Promise<void> => {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) throw new Error('The stream has ended.')
      const bytes = Buffer.from(value.buffer, value.byteOffset, value.length)
      let events = 0
      for (let at = -2; (at = bytes.indexOf('\n\n', at + 2)) >= 0;) events++
      receive(events)
    }
  }
  void count()
}
