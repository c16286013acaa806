import { formatDate } from './dates.ts'

/** Bytes that become a file of a record: what can be a part of multipart form data. */
export type FileInput = Blob | ArrayBuffer | ArrayBufferView

/** A `File` from text or bytes. */
export function createFile(name: string, content: BlobPart, type = ''): File {
  return new File([content], name, { type })
}

/**
 * Turns the body of a call into what `fetch` sends. A plain object with a file in it becomes multipart form data: the files
 * as parts, everything else as one JSON part, so that values keep their types.
 */
export function toFormDataIfNeeded(body: { [key: string]: unknown }): unknown {
  const form = new FormData()
  const payload: { [key: string]: unknown } = {}
  const parts: [key: string, file: FileInput][] = []
  for (const [key, value] of Object.entries(body)) {
    const items = [value].flat()
    const files = items.filter(isFile)
    const others = items.filter((item) => !isFile(item))
    // Names of stored files beside new ones: the names stay assigned, the new ones are appended.
    const target = others.length > 0 ? `${key}+` : key
    if (files.length === 0) payload[key] = value
    else if (target !== key) payload[key] = others
    for (const file of files) parts.push([target, file])
  }
  if (parts.length === 0) return body
  form.append('@jsonPayload', toJSON(payload))
  for (const [key, file] of parts) {
    const blob = file instanceof Blob ? file : new Blob([file as ArrayBufferView<ArrayBuffer>])
    form.append(key, blob, (file as File).name ?? key.replace('+', ''))
  }
  return form
}

/** JSON of a body. A `Date` gets the server's format; half a character (a lone surrogate) becomes U+FFFD, as servers store it. */
export function toJSON(body: any): string {
  let value = body
  for (const key in body) {
    if (!(body[key] instanceof Date)) continue
    if (value === body) value = Array.isArray(body) ? [...body] : { ...body }
    value[key] = formatDate(body[key])
  }
  const json = JSON.stringify(value)
  // Since 0.40 servers refuse the escapes that JSON.stringify writes for such halves.
  if (!json.includes('\\ud')) return json
  return json.replace(/\\\\|\\ud[89a-f]../g, (match) => (match === '\\\\' ? match : '\ufffd'))
}

/** Whether a body is sent as JSON: an object, and of no class that `fetch` knows how to send. */
export function isJSON(body: unknown): boolean {
  const isData = / (Object|Array)\]$/.test(Object.prototype.toString.call(body))
  // React Native's form data looks like any object.
  return isData && !(body instanceof FormData)
}

/** Whether a body may hold files: sending it can take any time, and `fetch` knows its content type. */
export function isUpload(body: unknown): boolean {
  return typeof body === 'object' && body !== null && !isJSON(body)
}

function isFile(value: unknown): value is FileInput {
  return value instanceof Blob || value instanceof ArrayBuffer || ArrayBuffer.isView(value)
}
