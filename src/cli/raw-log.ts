import { isClientResponseError } from '../index.ts'
import type { PocketBase } from '../index.ts'
import { ProgramError } from './exit.ts'

/**
 * The events of a day as whole lines of JSON, however many there are. Servers end every answer after five minutes; what is missing then is
 * asked for.
 */
export async function* rawLog(
  pb: PocketBase,
  date: string,
  signal: AbortSignal,
): AsyncGenerator<string, void> {
  const url = pb.analytics.getRawLogDownloadURL(date)
  const headers = { Authorization: pb.authStore.token }
  let after = 0
  for (;;) {
    const begunAt = after
    try {
      const { body } = await pb.files.download(url, { headers, query: { after }, signal })
      for await (const lines of wholeLines(body!)) {
        yield lines
        after = rowOf(lines)
      }
      return
    } catch (error) {
      const isCut = isClientResponseError(error) && error.kind === 'network'
      if (!isCut || after === begunAt) throw withoutPack(error)
    }
  }
}

async function* wholeLines(body: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const bytes of body) {
    const text = rest + decoder.decode(bytes, { stream: true })
    const end = text.lastIndexOf('\n') + 1
    rest = text.slice(end)
    if (end > 0) yield text.slice(0, end)
  }
}

/** The cursor of the last of some lines. */
function rowOf(lines: string): number {
  const last = lines.slice(lines.lastIndexOf('\n', lines.length - 2) + 1)
  return (JSON.parse(last) as { row: number }).row
}

/** The client's services say how to install the pack; this is a download. */
function withoutPack(error: unknown): unknown {
  if (!isClientResponseError(error) || !/^(File not|The requested res)/.test(error.message)) {
    return error
  }
  const hint = 'To install it: npx pbts hooks install <pb_hooks folder>'
  return new ProgramError('missing', 'The server has no hooks pack.', hint)
}
