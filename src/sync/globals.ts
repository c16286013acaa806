/** What the client's code finds in the place of the globals with these names. The build puts it there. */
export { fetch } from './fetch.ts'
export { BlockingPromise as Promise } from './promise.ts'
export {
  BlockingResponse as Response,
  BlockingStream as ReadableStream,
  BlockingTransform as TransformStream,
} from './response.ts'
export { clearInterval, clearTimeout, setInterval, setTimeout } from './timers.ts'
