import { formatDate } from './dates.ts'

/** Bytes that become a file of a record: what can be a part of multipart form data. */
export type FileInput = Blob | BufferSource

/** A `File` from text or bytes. */
export function createFile(name: string, content: BlobPart, type = ''): File {
  return new File([content], name, { type })
}

/**
 * Turns the body of a call into what hooks may still change: a plain object with a file in it becomes multipart form data,
 * the files as parts, everything else as one JSON part, so that values keep their types.
 */
export function prepareBody(body: any): any {
  if (!isJSON(body)) return body
  const form = new FormData()
  const payload: { [key: string]: unknown } = {}
  const parts: [key: string, file: FileInput][] = []
  for (const [key, value] of Object.entries(body)) {
    const items = [value].flat()
    const files = items.filter(isFile)
    const others = items.filter((item) => !isFile(item))
    if (files.length === 0) payload[key] = value
    else if (others.length > 0) payload[key] = others
    // Names of stored files beside new ones: the names stay assigned, the new ones are appended.
    const target = others.length === 0 || key.includes('+') ? key : `${key}+`
    for (const file of files) parts.push([target, file])
  }
  if (parts.length === 0) return body
  form.append('@jsonPayload', toJSON(payload))
  for (const [key, file] of parts) {
    form.append(
      key,
      file instanceof Blob ? file : new Blob([file]),
      (file as File).name || key.replace('+', ''),
    )
  }
  return form
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
  return (
    /t (Object|Array)\]$/.test(Object.prototype.toString.call(body)) && !(body instanceof FormData)
  )
}

/** Whether a body may hold files: sending it can take any time, and `fetch` knows its content type. */
export function isUpload(body: unknown): boolean {
  return Object(body) === body && !isJSON(body)
}

function isFile(value: unknown): value is FileInput {
  return value instanceof Blob || value instanceof ArrayBuffer || ArrayBuffer.isView(value)
}
