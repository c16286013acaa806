import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { unzipSync } from 'fflate'

import { executableName } from './cache.ts'
import { PocketBaseServerError, reasonOf } from './errors.ts'
import { runStep } from './progress.ts'
import type { OnProgress, Step } from './progress.ts'

/** Settings of {@link downloadRelease}. */
export interface DownloadOptions {
  version: string
  /** Where the executable is written to. */
  folder: string
  onProgress: OnProgress
  signal?: AbortSignal | undefined
  /** How long the connection may be silent. Default 10 seconds. */
  silenceMs?: number | undefined
}

const officialReleases = 'https://github.com/pocketbase/pocketbase/releases/download'

/**
 * Downloads the executable from the official releases, or from the mirror in `POCKETBASE_DOWNLOAD_URL`,
 * and compares its SHA-256 with the published one.
 *
 * @returns the executable's path.
 * @throws {@link PocketBaseServerError} `corrupt-download`: not to be answered by trying something else.
 */
export async function downloadRelease(options: DownloadOptions): Promise<string> {
  const file = join(options.folder, executableName())
  await runStep('download', options.onProgress, async (step) => {
    const { zip, url } = await fetchArchive(options, step)
    await writeFile(file, extract(zip, url), { mode: 0o755 })
    const message = `Downloaded PocketBase ${options.version}: ${megabytes(zip.length)} MB in ${step.elapsed()}`
    step.report(message, { done: true })
  })
  return file
}

/** How releases name this system: `linux_amd64`, `darwin_arm64`, `windows_amd64`. */
export function platformName(
  platform: string = process.platform,
  architecture: string = process.arch,
): string {
  const systems: Record<string, string> = { win32: 'windows' }
  const processors: Record<string, string> = { x64: 'amd64', arm: 'armv7', ppc64: 'ppc64le' }
  return `${systems[platform] ?? platform}_${processors[architecture] ?? architecture}`
}

/** The release's zip file, once it is known to be the published one. */
async function fetchArchive(
  options: DownloadOptions,
  step: Step,
): Promise<{ zip: Uint8Array; url: string }> {
  const { version } = options
  const mirror = process.env['POCKETBASE_DOWNLOAD_URL'] || officialReleases
  const base = `${mirror.replace(/\/+$/, '')}/v${version}`
  const archive = `pocketbase_${version}_${platformName()}.zip`
  const url = `${base}/${archive}`
  step.report(`Downloading PocketBase ${version} from ${base}`)

  const checksums = new TextDecoder().decode(await fetchBytes(`${base}/checksums.txt`, options))
  const expected = readChecksum(checksums, archive)
  if (!expected) {
    throw new Error(`${base}/checksums.txt lists no ${archive}: no release for this platform`)
  }

  let shownPercent = -1
  const zip = await fetchBytes(url, options, (receivedBytes, totalBytes) => {
    const percent = totalBytes ? Math.floor((receivedBytes / totalBytes) * 100) : undefined
    if (percent === shownPercent) return
    shownPercent = percent ?? -1
    const share = totalBytes ? ` of ${megabytes(totalBytes)} MB (${percent}%)` : ' MB'
    const message = `Downloading PocketBase ${version}: ${megabytes(receivedBytes)}${share}`
    step.report(message, { receivedBytes, totalBytes, percent })
  })
  verify(zip, expected, url)
  return { zip, url }
}

async function fetchBytes(
  url: string,
  { signal, silenceMs = 10_000 }: DownloadOptions,
  onBytes?: (receivedBytes: number, totalBytes: number | undefined) => void,
): Promise<Uint8Array> {
  const silence = new AbortController()
  const timer = setTimeout(
    () => silence.abort(new Error(`no data for ${silenceMs / 1000} seconds`)),
    silenceMs,
  )
  try {
    const signals = signal ? [signal, silence.signal] : [silence.signal]
    const response = await fetch(url, { signal: AbortSignal.any(signals) })
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`.trim())
    const totalBytes = Number(response.headers.get('content-length')) || undefined
    const chunks: Uint8Array[] = []
    let receivedBytes = 0
    for await (const chunk of response.body ?? []) {
      timer.refresh()
      chunks.push(chunk)
      receivedBytes += chunk.length
      onBytes?.(receivedBytes, totalBytes)
    }
    return Buffer.concat(chunks)
  } catch (error) {
    signal?.throwIfAborted()
    throw new Error(`${url}: ${reasonOf(error)}`, { cause: error })
  } finally {
    clearTimeout(timer)
  }
}

function readChecksum(checksums: string, file: string): string | undefined {
  const line = checksums.split('\n').find((candidate) => candidate.trim().endsWith(` ${file}`))
  return line?.trim().split(/\s+/)[0]?.toLowerCase()
}

function verify(zip: Uint8Array, expected: string, url: string): void {
  const actual = createHash('sha256').update(zip).digest('hex')
  if (actual === expected) return
  throw new PocketBaseServerError(
    'corrupt-download',
    `${url} is not the published file: its SHA-256 is ${actual}, checksums.txt says ${expected}. ` +
      'Try again; if it stays so, a proxy or mirror on the way changes the file.',
  )
}

function extract(zip: Uint8Array, url: string): Uint8Array {
  const wanted = executableName()
  let reason = `it holds no ${wanted}`
  let cause: unknown
  try {
    const content = unzipSync(zip, { filter: (entry) => entry.name === wanted })[wanted]
    if (content) return content
  } catch (error) {
    reason = reasonOf(error)
    cause = error
  }
  throw new PocketBaseServerError('corrupt-download', `${url} cannot be unzipped: ${reason}.`, {
    cause,
  })
}

function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(1)
}
