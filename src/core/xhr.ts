import { mergeHeaders } from './headers.ts'
import type { FetchFunction } from './options.ts'
import type { ProgressListener } from './progress.ts'

/** `fetch` by `XMLHttpRequest`, for browsers: nothing else tells there how far an upload is. */
export function fetchByXHR(
  onProgress: ProgressListener,
  fail: (error: Error) => void,
): FetchFunction {
  return (url, init) =>
    new Promise((resolve, reject) => {
      const { method, headers, credentials, signal, body } = init!
      const xhr = new XMLHttpRequest()
      xhr.open(method!, url as string)
      xhr.withCredentials = credentials === 'include'
      for (const [name, value] of Object.entries(mergeHeaders(headers))) {
        xhr.setRequestHeader(name, value)
      }
      xhr.upload.addEventListener('progress', ({ loaded, total }) => {
        try {
          onProgress({ loaded, total })
        } catch (error) {
          fail(error as Error)
        }
      })
      xhr.addEventListener('load', () => {
        const { status, statusText, responseText } = xhr
        const pairs = [...xhr.getAllResponseHeaders().matchAll(/^(\S+?): *(.*?)\r?$/gm)]
        resolve(
          new Response(responseText || null, {
            status,
            statusText,
            headers: pairs.map(([, name, value]): [string, string] => [name!, value!]),
          }),
        )
      })
      xhr.addEventListener('error', () => reject(new TypeError('The request failed.')))
      const stop = (): void => {
        xhr.abort()
        reject(signal!.reason as Error)
      }
      signal!.addEventListener('abort', stop)
      if (signal!.aborted) stop()
      else xhr.send(body as XMLHttpRequestBodyInit)
    })
}
