import { nodeCookies, serverClient } from 'pocketbase-typescript/ssr'
import type { ServerClient } from 'pocketbase-typescript/ssr'

declare module 'h3' {
  interface H3EventContext {
    pb: ServerClient
  }
}

const url = process.env['POCKETBASE_URL'] ?? 'http://127.0.0.1:8090'

export default defineEventHandler((event) => {
  event.context.pb = serverClient(url, nodeCookies(event.node.req, event.node.res))
})
