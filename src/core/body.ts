import { formatDate } from './dates.ts'

/** A file that is read while it is sent: `openFile` and `createFile` make them, and every `Blob` is one. */
export interface FileSource {
  /** Default: the name of its field. */
  readonly name?: string | undefined
  /** Its content type. Servers look at the bytes themselves. */
  readonly type?: string | undefined
  /** In bytes. Without it the request is sent in chunks, and progress has no total. */
  readonly size?: number | undefined
  /** Whether {@link stream} works only once: such a call is never sent again. */
  readonly once?: boolean | undefined
  /** Its bytes, from the first one on, whenever it is called. */
  stream(): ReadableStream<Uint8Array> | AsyncIterable<Uint8Array | string>
}

/** A file in React Native, as its pickers give it. */
export interface NativeFile {
  /** Where it is on the device. */
  uri: string
  /** What the server is told. */
  name?: string | undefined
  /** Its content type: without it, some versions of React Native send nothing. */
  type?: string | undefined
}

/** What becomes a file of a record: a file, bytes, or a stream of bytes, which can be sent once. */
export type FileInput =
  | Blob
  | BufferSource
  | FileSource
  | NativeFile
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array | string>

/** A part of a form, with the name of its file where that is not the file's own. */
export type Part = readonly [key: string, value: string | FileSource, fileName?: string]

/** Form data whose files may be streams, which `FormData` does not take. */
export class StreamedForm {
  readonly parts: readonly Part[]

  /** @throws TypeError for a stream that was read already. */
  constructor(parts: readonly Part[]) {
    this.parts = parts
    for (const [key, value] of parts) {
      if (!(value as FileSource).once) continue
      const stream: any = (value as FileSource).stream()
      if (claimed.has(stream) || stream.locked || stream.destroyed) {
        throw new TypeError(`The stream in "${key}" was read already: it can be sent once.`)
      }
      claimed.add(stream)
    }
  }

  get [Symbol.toStringTag](): string {
    return 'FormData'
  }
}

/** Streams that were sent: once read, many look like empty ones. */
const claimed = new WeakSet<object>()

/** A file from text, bytes, or another file. */
export function createFile(name: string, content: BlobPart, type?: string): File
/**
 * A file from a stream: a web stream, a stream of Node's, or any async iterable of bytes. It is read while it is sent, so it can be
 * sent once.
 */
export function createFile(
  name: string,
  content: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array | string>,
  type?: string,
): FileSource
export function createFile(name: string, content: any, type = ''): File | FileSource {
  return isStream(content)
    ? { name, type, once: true, stream: () => content as ReadableStream<Uint8Array> }
    : new File([content], name, { type })
}

/**
 * Turns the body of a call into what hooks may still change: a plain object with a file in it becomes multipart form data,
 * the files as parts, everything else as one JSON part, so that values keep their types.
 */
export function prepareBody(body: any): any {
  // Of another package than `fetch` is.
  if (tagOf(body) === 'FormData' && !(body instanceof FormData)) return new StreamedForm([...body])
  const split = splitFiles(body)
  if (!split) return body
  const { payload, files } = split
  if (files.length === 0) return body
  const json = toJSON(payload)
  if (files.some(([, file]) => !(file instanceof Blob || file.uri))) {
    return new StreamedForm([['@jsonPayload', json], ...files])
  }
  const form = new FormData()
  form.append('@jsonPayload', json)
  for (const [key, file, name] of files) {
    // React Native's takes no names beside its own.
    if (file.uri) form.append(key, file)
    else form.append(key, file, name)
  }
  return form
}

/** Takes the files out of a plain object, each with its key and name; other bodies are left alone. */
export function splitFiles(body: any):
  | {
      payload: { [key: string]: unknown }
      files: [key: string, file: any, fileName: string][]
    }
  | undefined {
  if (!isJSON(body)) return undefined
  const payload: { [key: string]: unknown } = {}
  const files: [key: string, file: any, fileName: string][] = []
  for (const [key, value] of Object.entries<any>(body)) {
    const items = tagOf(value) === 'FileList' ? [...value] : [value].flat()
    const others = items.filter((item) => !isFile(item))
    if (others.length === items.length) payload[key] = value
    else if (others.length > 0) payload[key] = others
    // Names of stored files beside new ones: the names stay assigned, the new ones are appended.
    const target = others.length === 0 || key.includes('+') ? key : `${key}+`
    for (const item of items.filter(isFile)) {
      // In a batch the field is the last part of the key.
      const name = key.replace(/.*\.|\+/g, '')
      const file = isStream(item)
        ? createFile(name, item)
        : isBytes(item)
          ? new Blob([item as BlobPart])
          : item
      files.push([target, file, file.name || name])
    }
  }
  return { payload, files }
}

/** Whether sending a body, as it is prepared, uses something up, so that it cannot be sent again. */
export function isOnce(body: unknown): boolean {
  return (
    isStream(body) ||
    (body instanceof StreamedForm && body.parts.some(([, value]) => (value as FileSource).once))
  )
}

/**
 * Writes plain data as JSON; any other body stays what it is. A `Date` gets the server's format; half a character (a lone
 * surrogate) becomes U+FFFD, as servers store it.
 */
export function toJSON(body: any): any {
  if (!isJSON(body)) return body
  let value = (body as { toJSON?: () => any }).toJSON?.() ?? body
  for (const key in value) {
    if (!(value[key] instanceof Date)) continue
    value = Object.assign(Array.isArray(value) ? [] : {}, value, { [key]: formatDate(value[key]) })
  }
  // Since 0.40 servers refuse the escapes that JSON.stringify writes for such halves.
  return JSON.stringify(value).replace(/\\\\|\\ud[89a-f]../g, (match) =>
    match === '\\\\' ? match : '\ufffd',
  )
}

/** Whether a body is sent as JSON: an object, and of no class that `fetch` knows how to send. */
function isJSON(body: unknown): boolean {
  // React Native's form data looks like any object.
  return /^(Object|Array)$/.test(tagOf(body)) && !(body instanceof FormData)
}

/** Whether a body may hold files: sending it can take any time, and `fetch` knows its content type. */
export function isUpload(body: unknown): boolean {
  return Object(body) === body && !isJSON(body)
}

function isFile(value: any): boolean {
  return (
    isBytes(value) ||
    isStream(value) ||
    typeof value?.stream === 'function' ||
    (!!value?.uri && globalThis.navigator?.product === 'ReactNative')
  )
}

/** Also of another realm: a frame, or a test environment. */
function isBytes(value: unknown): boolean {
  return ArrayBuffer.isView(value) || tagOf(value).endsWith('ArrayBuffer')
}

/** Streams of the web, of Node, and whatever else hands out bytes one after the other. */
function isStream(value: any): boolean {
  return !!value?.getReader || !!value?.[Symbol.asyncIterator]
}

/** `Object`, `Array`, `FormData`, …: what it is, in any realm. */
function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1)
}
