import { StreamedForm } from './body.ts'
import type { FileSource, Part } from './body.ts'
import { mergeHeaders } from './headers.ts'
import { metered, readerOf } from './progress.ts'
import type { ByteReader, ProgressListener } from './progress.ts'

/** A body that can be streamed. */
interface Source extends ByteReader {
  type: string
  size: number | undefined
}

/**
 * Makes a stream of a request's body, in place, where files are streams or somebody wants to know how far it is.
 *
 * @returns what lets go of the files that are still open.
 */
export async function streamBody(
  init: RequestInit,
  onProgress: ProgressListener | undefined,
  fail: (error: Error) => void,
): Promise<(() => void) | undefined> {
  const { body }: { body?: any } = init
  // Browsers stream requests over HTTP/2 alone, if at all.
  if ('XMLHttpRequest' in globalThis || 'importScripts' in globalThis) {
    if (body instanceof StreamedForm) init.body = await collected(body.parts)
    return undefined
  }
  const parts: readonly Part[] | undefined = body instanceof FormData ? [...body] : body.parts
  const { type, size, ...reader } = parts ? formSource(parts) : await sourceOf(body)
  init.headers = mergeHeaders(
    { 'Content-Type': type },
    init.headers,
    parts && { 'Content-Type': type },
    size === undefined ? {} : { 'Content-Length': `${size}` },
  )
  init.body = metered(reader, size, onProgress, fail)
  // Else Node's fetch keeps all that it has sent, although it could not send it again for a redirect. Cloudflare refuses the value.
  if (globalThis.navigator?.userAgent !== 'Cloudflare-Workers') {
    init.redirect ??= 'error'
    init.window = null
  }
  return reader.cancel
}

/** Form data as the HTML standard has it. Each file is opened when its turn comes. */
function formSource(parts: readonly Part[]): Source {
  const boundary = `----form${crypto.randomUUID()}`
  const queue: (Uint8Array | { name: string; file: FileSource })[] = []
  const write = (text: string): void => {
    queue.push(new TextEncoder().encode(text))
  }
  for (const [key, value, fileName] of parts) {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(key)}"`
    if (typeof value === 'string') write(`${head}\r\n\r\n${lines(value)}\r\n`)
    else {
      const name = fileName ?? value.name ?? key
      const type = value.type || 'application/octet-stream'
      write(`${head}; filename="${quoted(name)}"\r\nContent-Type: ${type}\r\n\r\n`)
      queue.push({ name, file: value })
      write('\r\n')
    }
  }
  write(`--${boundary}--\r\n`)

  let size: number | undefined = 0
  for (const piece of queue)
    size += ('file' in piece ? piece.file.size : piece.length) ?? Number.NaN
  let reader: ByteReader | undefined
  let left: number | undefined
  let name: string
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    size: size >= 0 ? size : undefined,
    next: async () => {
      for (;;) {
        const bytes = await reader?.next()
        left! -= bytes?.length ?? 0
        // Before the form goes on: a server might store what it has got.
        if (left! < 0 || (reader && !bytes && left))
          throw new Error(`The file "${name}" is not as long as it says.`)
        if (bytes) return bytes
        const piece = queue.shift()
        if (!piece || !('file' in piece)) {
          reader = undefined
          return piece
        }
        name = piece.name
        left = piece.file.size
        reader = readerOf(piece.file.stream())
      }
    },
    cancel: () => reader?.cancel(),
  }
}

/** Any other body. */
async function sourceOf(body: any): Promise<Source> {
  const blob = body.getReader ? undefined : await new Response(body).blob()
  return { type: blob?.type ?? '', size: blob?.size, ...readerOf(blob?.stream() ?? body) }
}

/** The same with whole files. */
async function collected(parts: readonly Part[]): Promise<FormData> {
  const form = new FormData()
  for (const [key, value, fileName] of parts) {
    if (typeof value === 'string') form.append(key, value)
    else {
      const chunks: BlobPart[] = []
      const { next } = readerOf(value.stream())
      for (let bytes; (bytes = await next());) chunks.push(bytes as BlobPart)
      form.append(key, new Blob(chunks, { type: value.type ?? '' }), fileName ?? value.name)
    }
  }
  return form
}

function lines(text: string): string {
  return text.replace(/\r\n?|\n/g, '\r\n')
}

function quoted(name: string): string {
  return name.replace(/[\r\n"]/g, encodeURIComponent)
}
