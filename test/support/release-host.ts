import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { zipSync } from 'fflate'

import { platformName } from '../../src/testing/download.ts'

/** What the host answers: a body, a status, or what a function does with the response. */
export type Answer = Uint8Array | string | number | ((response: ServerResponse) => void)

/** Stands in for the host of the official releases. */
export interface ReleaseHost extends AsyncDisposable {
  /** For `POCKETBASE_DOWNLOAD_URL`. */
  readonly url: string
  /** Paths that were asked for, in order. */
  readonly requests: string[]
}

/** Serves a release of one version; `checksums` defaults to the truth about `archive`. */
export async function hostRelease(
  version: string,
  archive: Answer,
  checksums: Answer = checksumLine(version, archive),
): Promise<ReleaseHost> {
  const answers = new Map([
    [`/v${version}/checksums.txt`, checksums],
    [`/v${version}/${archiveName(version)}`, archive],
  ])
  const requests: string[] = []
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    requests.push(path)
    answer(response, answers.get(path) ?? 404)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** A zip as releases have it. Stored, not compressed: the executables are large. */
export function zipOf(files: Record<string, Uint8Array>): Uint8Array {
  return zipSync(files, { level: 0 })
}

/** A line of `checksums.txt`. */
export function checksumLine(version: string, archive: Answer): string {
  const bytes = archive instanceof Uint8Array || typeof archive === 'string' ? archive : ''
  return `${createHash('sha256').update(bytes).digest('hex')}  ${archiveName(version)}\n`
}

export function archiveName(version: string): string {
  return `pocketbase_${version}_${platformName()}.zip`
}

function answer(response: ServerResponse, content: Answer): void {
  if (typeof content === 'function') content(response)
  else if (typeof content === 'number') response.writeHead(content).end()
  else response.writeHead(200, { 'content-length': Buffer.byteLength(content) }).end(content)
}
