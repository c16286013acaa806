import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import getPort from 'get-port'

import { startWatchdog } from '../../src/testing/watchdog.ts'
import { until } from './until.ts'

/** A running collector. What it receives it writes to a file, over all restarts. */
export interface Collector extends AsyncDisposable {
  /** Its base, as `PB_TRACE_OTLP_ENDPOINT` takes it. */
  readonly url: string
  start(): Promise<void>
  stop(): Promise<void>
  /** All that it has received. */
  spans(): Promise<CollectedSpan[]>
}

/** A span as the collector writes it, with what it is of. */
export interface CollectedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly Attribute[]
  readonly status: { readonly code?: number }
  readonly resource: readonly Attribute[]
  readonly scope: string
}

export interface Attribute {
  readonly key: string
  readonly value: Readonly<Record<string, unknown>>
}

interface Line {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] }
    readonly scopeSpans: readonly {
      readonly scope: { readonly name: string }
      readonly spans: readonly Omit<CollectedSpan, 'resource' | 'scope'>[]
    }[]
  }[]
}

export async function startCollector(executable: string): Promise<Collector> {
  const folder = await mkdtemp(join(tmpdir(), 'collector-'))
  const port = await getPort({ host: '127.0.0.1' })
  const url = `http://127.0.0.1:${port}`
  const [config, output] = [join(folder, 'config.yaml'), join(folder, 'spans.jsonl')]
  await writeFile(
    config,
    `receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:${port}" } } } }
exporters: { file: { path: ${JSON.stringify(output)}, append: true, flush_interval: 50ms } }
service:
  telemetry: { metrics: { level: none } }
  pipelines: { traces: { receivers: [otlp], exporters: [file] } }
`,
  )
  // Ends it when this process is gone, and removes the folder.
  const watchdog = startWatchdog(folder)
  let running: ReturnType<typeof spawn> | undefined
  const stop = async (): Promise<void> => {
    const child = running
    running = undefined
    watchdog.watch(undefined)
    if (child === undefined || child.exitCode !== null) return
    child.kill()
    await once(child, 'exit')
  }
  const collector: Collector = {
    url,
    start: async () => {
      running = spawn(executable, ['--config', config], { stdio: 'ignore' })
      watchdog.watch(running.pid)
      await until('the collector answers', async () => {
        const answer = await fetch(`${url}/v1/traces`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{}',
        }).catch(() => undefined)
        return answer?.ok
      })
    },
    stop,
    spans: async () => {
      if (!existsSync(output)) return []
      const lines = (await readFile(output, 'utf8')).split('\n')
      // The last one may be half written.
      return lines.slice(0, -1).flatMap((line) => spansOf(JSON.parse(line) as Line))
    },
    [Symbol.asyncDispose]: async () => {
      await stop()
      await watchdog.dismiss()
      await rm(folder, { recursive: true, force: true })
    },
  }
  await collector.start()
  return collector
}

function spansOf({ resourceSpans }: Line): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ scope, spans }) =>
      spans.map((span) => ({ ...span, resource: resource.attributes, scope: scope.name })),
    ),
  )
}
