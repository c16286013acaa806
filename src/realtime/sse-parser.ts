/** One message of a stream of server-sent events. Ids are left out: PocketBase sends the stream's own, not the message's. */
export interface SSEMessage {
  /** `''` where the server named none. */
  event: string
  /** Its lines joined by a line feed. */
  data: string
}

/** Longer than any record; what is longer is refused before it fills the memory. */
const maxLength = 2 ** 25

/**
 * Reads server-sent events from pieces of text that may be cut anywhere.
 *
 * @returns a function that takes the next piece. It throws a RangeError for a line or a message of more than 32 Mi characters.
 */
export function createSSEParser(onMessage: (message: SSEMessage) => void): (chunk: string) => void {
  let rest = ''
  let event = ''
  let data: string | undefined
  let endedWithCR = false

  const takeLine = (line: string): void => {
    if (line === '') {
      if (data !== undefined) onMessage({ event, data })
      event = ''
      data = undefined
      return
    }
    const colon = line.indexOf(':')
    const name = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1))
    if (name === 'data') data = data === undefined ? value : `${data}\n${value}`
    else if (name === 'event') event = value
  }

  return (chunk) => {
    let start = endedWithCR && chunk.startsWith('\n') ? 1 : 0
    if (chunk) endedWithCR = chunk.endsWith('\r')
    const ends = chunk.includes('\r') ? /\r\n?|\n/g : undefined
    for (;;) {
      let end: number
      let next: number
      if (ends) {
        ends.lastIndex = start
        const match = ends.exec(chunk)
        end = match ? match.index : -1
        next = ends.lastIndex
      } else {
        end = chunk.indexOf('\n', start)
        next = end + 1
      }
      if (rest.length + (data?.length ?? 0) > maxLength) {
        throw new RangeError('A realtime message is longer than 32 Mi characters.')
      }
      if (end < 0) {
        rest += chunk.slice(start)
        return
      }
      takeLine(rest + chunk.slice(start, end))
      rest = ''
      start = next
    }
  }
}
