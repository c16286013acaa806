import { createHash } from 'node:crypto'

/** What the first line of the pack's scripts says. */
export interface Stamp {
  /** The pack's version. */
  readonly version: string
  /** Whether the rest is as it was built. */
  readonly isIntact: boolean
}

/** A script of the pack with a first line by which it can be told from others, and from what people have made of it. */
export function stamped(text: string, version: string): string {
  return `// pocketbase-typescript hooks pack ${version}, sha256 ${digest(text)}\n${text}`
}

/** Undefined for a script that is none of the pack's. */
export function readStamp(script: string): Stamp | undefined {
  const text = unixLines(script)
  const [line = ''] = text.split('\n', 1)
  const [, version, sha256] =
    /^\/\/ pocketbase-typescript hooks pack (\S+), sha256 ([0-9a-f]{64})$/.exec(line) ?? []
  if (version === undefined) return undefined
  return { version, isIntact: digest(text.slice(line.length + 1)) === sha256 }
}

/** Version control may have changed the ends of lines. */
function unixLines(text: string): string {
  return text.replaceAll('\r\n', '\n')
}

function digest(text: string): string {
  return createHash('sha256').update(unixLines(text)).digest('hex')
}
